#include "core/base/buffer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>

#include "core/base/unique_fd.h"
#include "test/harness.h"

namespace {

using cotcp::Buffer;
using cotcp::UniqueFd;
using namespace std::string_literals;

std::string textOf(const Buffer& buffer) {
  const auto bytes = buffer.peek();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<uint8_t> bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

// Text in which every position can be told from its neighbours.
std::string pattern(size_t size) {
  static std::string text;
  static std::minstd_rand random(7);
  while (text.size() < size) text += static_cast<char>('a' + random() % 26);
  return text.substr(0, size);
}

struct Pipe {
  UniqueFd readEnd;
  UniqueFd writeEnd;
  Pipe() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
    readEnd.reset(fds[0]);
    writeEnd.reset(fds[1]);
    REQUIRE(::fcntl(writeEnd.get(), F_SETPIPE_SZ, 256 * 1024) > 0);
  }
  void write(const std::string& text) const {
    REQUIRE(::write(writeEnd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

TEST("a new buffer holds nothing and takes no memory") {
  const Buffer buffer;
  CHECK_EQUAL(buffer.readableBytes(), 0u);
  CHECK_EQUAL(buffer.writableBytes(), 0u);
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
  CHECK(buffer.peek().empty());
  CHECK(!buffer.findCRLF());
  CHECK(!buffer.findEOL());
}

TEST("the first byte brings the initial room") {
  Buffer buffer;
  buffer.append("x"s);
  CHECK_EQUAL(buffer.readableBytes(), 1u);
  CHECK_EQUAL(buffer.writableBytes(), Buffer::kInitialBytes - 1);
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
}

TEST("appending nothing to an empty buffer takes no memory") {
  Buffer buffer;
  buffer.append(std::string_view());
  buffer.prepend({});
  CHECK_EQUAL(buffer.writableBytes(), 0u);
}

TEST("what is appended is read in order, piece by piece") {
  Buffer buffer;
  const std::string text = pattern(200);
  buffer.append(text);
  buffer.retrieve(50);
  CHECK_EQUAL(textOf(buffer), text.substr(50));
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes + 50);
  buffer.append("tail"s);
  CHECK_EQUAL(textOf(buffer), text.substr(50) + "tail");
  buffer.retrieve(154);
  CHECK_EQUAL(buffer.readableBytes(), 0u);
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
}

TEST("a buffer grows when the text does not fit, and keeps it") {
  Buffer buffer;
  const std::string text = pattern(400);
  buffer.append(text);
  buffer.retrieve(50);
  const std::string more = pattern(10 * Buffer::kInitialBytes);
  buffer.append(more);
  CHECK_EQUAL(textOf(buffer), text.substr(50) + more);
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
}

TEST("a buffer moves its data to the front before it grows") {
  Buffer buffer;
  const std::string text = pattern(800);
  buffer.append(text);
  buffer.retrieve(500);
  CHECK_EQUAL(buffer.writableBytes(), Buffer::kInitialBytes - 800);
  buffer.append(text.substr(0, 300));
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
  CHECK_EQUAL(buffer.writableBytes(), Buffer::kInitialBytes - 600);
  CHECK_EQUAL(textOf(buffer), text.substr(500) + text.substr(0, 300));
}

TEST("appending a million bytes one by one copies each a bounded number of times") {
  Buffer buffer;
  size_t growths = 0;
  const uint8_t* before = nullptr;
  for (int i = 0; i < 1'000'000; ++i) {
    buffer.append("x"s);
    if (buffer.peek().data() != before) ++growths;
    before = buffer.peek().data();
  }
  CHECK_EQUAL(buffer.readableBytes(), 1'000'000u);
  CHECK(growths <= 12);
}

TEST("a header is prepended before the text") {
  Buffer buffer;
  buffer.append("body"s);
  buffer.prepend(bytesOf("head"));
  CHECK_EQUAL(textOf(buffer), "headbody");
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes - 4);
  buffer.prepend(bytesOf("1234"));
  CHECK_EQUAL(textOf(buffer), "1234headbody");
  CHECK_EQUAL(buffer.prependableBytes(), 0u);
  buffer.append(pattern(2000));
  CHECK_EQUAL(textOf(buffer), "1234headbody" + pattern(2000));
}

TEST("a header is prepended to an empty buffer") {
  Buffer buffer;
  buffer.prepend(bytesOf("header78"));
  CHECK_EQUAL(textOf(buffer), "header78");
}

TEST("a line end is found from the reader index on") {
  Buffer buffer;
  buffer.append("first\nsecond\r\nthird\r"s);
  CHECK_EQUAL(buffer.findEOL().value_or(99), 5u);
  CHECK_EQUAL(buffer.findEOL(6).value_or(99), 13u);
  CHECK_EQUAL(buffer.findCRLF().value_or(99), 12u);
  CHECK(!buffer.findCRLF(13));
  buffer.retrieve(6);
  CHECK_EQUAL(buffer.findEOL().value_or(99), 7u);
  CHECK_EQUAL(buffer.findCRLF().value_or(99), 6u);
  CHECK(!buffer.findEOL(14));
  CHECK(!buffer.findEOL(1'000'000));
  buffer.append("\n"s);
  CHECK_EQUAL(buffer.findCRLF(7).value_or(99), 13u);
}

TEST("no line end is found in 100 kB without one") {
  Buffer buffer;
  buffer.append(std::string(100'000, 'x'));
  CHECK(!buffer.findEOL());
  CHECK(!buffer.findEOL(90'000));
  CHECK(!buffer.findCRLF());
}

TEST("shrink gives back what the text does not need") {
  Buffer buffer;
  buffer.append(pattern(100'000));
  buffer.retrieve(99'990);
  buffer.shrink();
  CHECK_EQUAL(textOf(buffer), pattern(100'000).substr(99'990));
  CHECK_EQUAL(buffer.writableBytes(), 0u);
  CHECK_EQUAL(buffer.prependableBytes(), Buffer::kPrependBytes);
  buffer.append("more"s);
  CHECK_EQUAL(textOf(buffer), pattern(100'000).substr(99'990) + "more");
}

TEST("shrink of an empty buffer keeps nothing") {
  Buffer buffer;
  buffer.append("x"s);
  buffer.retrieveAll();
  buffer.shrink();
  CHECK_EQUAL(buffer.writableBytes(), 0u);
  buffer.append("y"s);
  CHECK_EQUAL(textOf(buffer), "y");
}

TEST("a moved buffer takes its bytes along and leaves an empty one") {
  Buffer from;
  from.append("bytes"s);
  from.retrieve(1);
  Buffer to(std::move(from));
  CHECK_EQUAL(textOf(to), "ytes");
  CHECK_EQUAL(from.readableBytes(), 0u);
  from.append("again"s);
  to = std::move(from);
  CHECK_EQUAL(textOf(to), "again");
  CHECK_EQUAL(from.readableBytes(), 0u);
  CHECK_EQUAL(from.prependableBytes(), Buffer::kPrependBytes);
}

TEST("readFrom takes into the tail what fits, and the rest by the stack") {
  for (const size_t size : {size_t{1}, size_t{1023}, size_t{1024}, size_t{1025}, size_t{60'000}}) {
    const Pipe pipe;
    Buffer buffer;
    buffer.append("before"s);
    pipe.write(pattern(size));
    CHECK_EQUAL(VALUE_OF(buffer.readFrom(pipe.readEnd.get())), size);
    CHECK_EQUAL(textOf(buffer), "before" + pattern(size));
  }
}

TEST("one readFrom of an empty buffer takes up to 64 KiB") {
  const Pipe pipe;
  Buffer buffer;
  const std::string text = pattern(100'000);
  pipe.write(text);
  CHECK_EQUAL(VALUE_OF(buffer.readFrom(pipe.readEnd.get())), 65'536u);
  while (buffer.readableBytes() < text.size()) VALUE_OF(buffer.readFrom(pipe.readEnd.get()));
  CHECK_EQUAL(textOf(buffer), text);
}

TEST("readFrom tells the end of the stream as 0, and the errno of what failed") {
  Pipe pipe;
  Buffer buffer;
  const auto empty = buffer.readFrom(pipe.readEnd.get());
  CHECK(!empty && empty.error().code == EAGAIN && empty.error().syscall == "readv"s);
  pipe.writeEnd.reset();
  CHECK_EQUAL(VALUE_OF(buffer.readFrom(pipe.readEnd.get())), 0u);
  const auto closed = buffer.readFrom(-1);
  CHECK(!closed && closed.error().code == EBADF);
  CHECK_EQUAL(buffer.readableBytes(), 0u);
}

TEST("random appends, prepends, retrieves and shrinks keep the bytes of a model") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Buffer buffer;
    std::string model;
    for (int step = 0; step < 2000; ++step) {
      const auto dice = random() % 10;
      if (dice < 5) {
        const std::string text = pattern(random() % 3000);
        buffer.append(text);
        model += text;
      } else if (dice < 8) {
        const size_t count = random() % (model.size() + 1);
        buffer.retrieve(count);
        model.erase(0, count);
      } else if (dice < 9) {
        const std::string text = pattern(std::min(buffer.prependableBytes(), size_t{random() % 9}));
        buffer.prepend(bytesOf(text));
        model.insert(0, text);
      } else {
        buffer.shrink();
      }
      if (textOf(buffer) != model) {
        cotcp::test::reportFailure(__FILE__, __LINE__,
                                   "seed " + std::to_string(seed) + " step " + std::to_string(step));
        return;
      }
    }
  }
}

}  // namespace
