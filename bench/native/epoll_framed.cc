// The physical limit of a server of frames: bare, single-threaded, level-triggered epoll. A frame is a length of four
// bytes, big-endian, and so many bytes. Each frame is taken apart and answered by a frame of the same body; the answers
// to all frames of one recv leave in one send.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "bare/burn.h"
#include "bare/options.h"
#include "bare/sockets.h"

namespace {

constexpr int kEventsPerWait = 512;
constexpr size_t kHeaderBytes = 4;
constexpr size_t kMaxBodyBytes = 1024 * 1024;

constexpr char kHelp[] =
    "Bare epoll server on 127.0.0.1 that answers each frame (a length of four bytes, big-endian, and a body of 1 byte\n"
    "to 1 MiB) with the same frame: the yardstick of the benchmark of frames.\n"
    "\n"
    "  bench_epoll_framed [--port N] [--buffer BYTES] [--burn MS]\n"
    "\n"
    "  --port N        0 to 65535; 0 (default) lets the kernel choose\n"
    "  --buffer BYTES  of one recv (default 65536)\n"
    "  --burn MS       CPU time burnt per frame (default 0)\n";

// Most of the time both are empty: whole frames came, and the kernel took the answers.
struct Connection {
  std::vector<char> begun;    // the start of a frame whose end has not come
  std::vector<char> pending;  // answers that the kernel has not taken; nothing is read meanwhile
};

uint32_t lengthAt(const char* bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return __builtin_bswap32(value);
}

class FrameServer {
 public:
  explicit FrameServer(const bare::Options& options) : options_(options) {}

  void listen();
  [[noreturn]] void run();

 private:
  void acceptOne();
  void onReadable(int fd);
  void onWritable(int fd);
  bool answerFrames(std::span<const char> input, size_t& taken);
  void append(const char* body, uint32_t length);
  void end(int fd);

  const bare::Options options_;
  std::vector<char> input_;
  std::vector<char> output_;             // of the connection whose turn it is
  std::vector<Connection> connections_;  // by descriptor
  int epoll_ = -1;
  int listener_ = -1;
};

void FrameServer::listen() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) bare::die("epoll_create1");
  listener_ = bare::listenOnLoopback(options_.port);
  bare::watch(epoll_, EPOLL_CTL_ADD, listener_, EPOLLIN);
}

void FrameServer::acceptOne() {
  const int fd = bare::acceptFrom(listener_);
  if (fd < 0) return;
  if (connections_.size() <= static_cast<size_t>(fd)) connections_.resize(static_cast<size_t>(fd) + 1);
  connections_[static_cast<size_t>(fd)] = Connection();
  bare::watch(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN);
}

void FrameServer::end(int fd) {
  connections_[static_cast<size_t>(fd)] = Connection();
  ::close(fd);
}

void FrameServer::append(const char* body, uint32_t length) {
  const uint32_t header = __builtin_bswap32(length);
  const auto* bytes = reinterpret_cast<const char*>(&header);
  output_.insert(output_.end(), bytes, bytes + kHeaderBytes);
  output_.insert(output_.end(), body, body + length);
}

// False for what is no frame.
bool FrameServer::answerFrames(std::span<const char> input, size_t& taken) {
  for (taken = 0; input.size() - taken >= kHeaderBytes;) {
    const uint32_t length = lengthAt(input.data() + taken);
    if (length == 0 || length > kMaxBodyBytes) return false;
    if (input.size() - taken - kHeaderBytes < length) break;
    if (options_.burnMs > 0) bare::burn(options_.burnMs);
    append(input.data() + taken + kHeaderBytes, length);
    taken += kHeaderBytes + length;
  }
  return true;
}

void FrameServer::onReadable(int fd) {
  Connection& connection = connections_[static_cast<size_t>(fd)];
  const size_t before = connection.begun.size();
  if (input_.size() < before + options_.bufferBytes) input_.resize(before + options_.bufferBytes);
  const ssize_t count = ::recv(fd, input_.data() + before, options_.bufferBytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return end(fd);
  if (before > 0) std::memcpy(input_.data(), connection.begun.data(), before);
  const std::span<const char> input(input_.data(), before + static_cast<size_t>(count));
  output_.clear();
  size_t taken = 0;
  if (!answerFrames(input, taken)) return end(fd);
  const auto rest = input.subspan(taken);
  connection.begun.assign(rest.begin(), rest.end());
  if (output_.empty()) return;
  const ssize_t sent = ::send(fd, output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return end(fd);
  const size_t offset = sent < 0 ? 0 : static_cast<size_t>(sent);
  if (offset == output_.size()) return;
  connection.pending.assign(output_.begin() + static_cast<ptrdiff_t>(offset), output_.end());
  bare::watch(epoll_, EPOLL_CTL_MOD, fd, EPOLLOUT);
}

void FrameServer::onWritable(int fd) {
  std::vector<char>& pending = connections_[static_cast<size_t>(fd)].pending;
  const ssize_t sent = ::send(fd, pending.data(), pending.size(), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (sent < 0) return end(fd);
  pending.erase(pending.begin(), pending.begin() + sent);
  if (pending.empty()) bare::watch(epoll_, EPOLL_CTL_MOD, fd, EPOLLIN);
}

void FrameServer::run() {
  std::vector<epoll_event> events(kEventsPerWait);
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), kEventsPerWait, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener_) {
        acceptOne();
      } else if (!connections_[static_cast<size_t>(fd)].pending.empty()) {
        onWritable(fd);
      } else {
        onReadable(fd);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bare::Options options = bare::parseOptions(argc, argv, kHelp);
  bare::raiseDescriptorLimit();
  FrameServer server(options);
  server.listen();
  server.run();
}
