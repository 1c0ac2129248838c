#include "core/base/buffer.h"

#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace cotcp {

namespace {

constexpr size_t kExtraBytes = 64 * 1024;

std::optional<size_t> find(std::span<const uint8_t> bytes, std::string_view what, size_t from) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t at = text.find(what, from);
  if (at == std::string_view::npos) return std::nullopt;
  return at;
}

}  // namespace

void Buffer::swap(Buffer& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(capacity_, other.capacity_);
  std::swap(reader_, other.reader_);
  std::swap(writer_, other.writer_);
}

size_t Buffer::readableBytes() const { return writer_ - reader_; }

// Without memory the indices stand behind the end.
size_t Buffer::writableBytes() const { return capacity_ > writer_ ? capacity_ - writer_ : 0; }

size_t Buffer::prependableBytes() const { return reader_; }

std::span<const uint8_t> Buffer::peek() const {
  if (!bytes_) return {};
  return {bytes_.get() + reader_, readableBytes()};
}

void Buffer::retrieve(size_t count) {
  assert(count <= readableBytes());
  if (count < readableBytes()) {
    reader_ += count;
  } else {
    retrieveAll();
  }
}

void Buffer::retrieveAll() {
  reader_ = kPrependBytes;
  writer_ = kPrependBytes;
}

void Buffer::append(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  makeRoom(bytes.size());
  std::memcpy(bytes_.get() + writer_, bytes.data(), bytes.size());
  writer_ += bytes.size();
}

void Buffer::append(std::string_view text) { append({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }

void Buffer::prepend(std::span<const uint8_t> bytes) {
  assert(bytes.size() <= prependableBytes());
  if (bytes.empty()) return;
  if (!bytes_) moveTo(kPrependBytes + kInitialBytes);
  reader_ -= bytes.size();
  std::memcpy(bytes_.get() + reader_, bytes.data(), bytes.size());
}

std::optional<size_t> Buffer::findCRLF(size_t from) const { return find(peek(), "\r\n", from); }

std::optional<size_t> Buffer::findEOL(size_t from) const { return find(peek(), "\n", from); }

void Buffer::shrink() {
  if (readableBytes() == 0) {
    bytes_.reset();
    capacity_ = 0;
    retrieveAll();
  } else if (capacity_ > kPrependBytes + readableBytes()) {
    moveTo(kPrependBytes + readableBytes());
  }
}

Result<size_t> Buffer::readFrom(int fd) {
  uint8_t extra[kExtraBytes];
  const size_t writable = writableBytes();
  iovec parts[2] = {{writable > 0 ? bytes_.get() + writer_ : nullptr, writable}, {extra, sizeof(extra)}};
  for (;;) {
    const ssize_t result = ::readv(fd, parts, 2);
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) return std::unexpected(IoError{"readv", errno});
    const auto count = static_cast<size_t>(result);
    writer_ += std::min(count, writable);
    if (count > writable) append(std::span(extra, count - writable));
    return count;
  }
}

void Buffer::makeRoom(size_t count) {
  if (writableBytes() >= count) return;
  const size_t needed = kPrependBytes + readableBytes() + count;
  if (needed <= capacity_) {
    std::memmove(bytes_.get() + kPrependBytes, bytes_.get() + reader_, readableBytes());
    writer_ = kPrependBytes + readableBytes();
    reader_ = kPrependBytes;
  } else {
    moveTo(std::max({needed, 2 * capacity_, kPrependBytes + kInitialBytes}));
  }
}

void Buffer::moveTo(size_t capacity) {
  auto bytes = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  const size_t readable = readableBytes();
  if (readable > 0) std::memcpy(bytes.get() + kPrependBytes, bytes_.get() + reader_, readable);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
  reader_ = kPrependBytes;
  writer_ = kPrependBytes + readable;
}

}  // namespace cotcp
