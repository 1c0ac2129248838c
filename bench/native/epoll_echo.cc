// The physical limit: a bare single-threaded epoll echo server, level-triggered, that knows nothing but recv and send.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "bare/burn.h"
#include "bare/options.h"
#include "bare/sockets.h"

namespace {

constexpr int kEventsPerWait = 512;

constexpr char kHelp[] =
    "Bare epoll echo server on 127.0.0.1, the yardstick of the benchmark.\n"
    "\n"
    "  bench_epoll_echo [--port N] [--buffer BYTES] [--buffers N] [--burn MS]\n"
    "\n"
    "  --port N        0 to 65535; 0 (default) lets the kernel choose\n"
    "  --buffer BYTES  of one recv (default 65536)\n"
    "  --buffers N     of them are used in turn, 1 to 65536 (default 1): with many, each recv is into memory that the\n"
    "                  cache does not hold, as where a chunk is its reader's for good\n"
    "  --burn MS       CPU time burnt per recv (default 0)\n";

constexpr size_t kMaxBuffers = 65'536;

using bare::Options;
using Bytes = std::unique_ptr<char[]>;

// While the kernel takes no more, a connection holds what is left, in the buffer that it was received in.
struct Connection {
  Bytes pending;
  size_t offset = 0;
  size_t end = 0;
};

class EchoServer {
 public:
  explicit EchoServer(const Options& options);

  void listen();
  [[noreturn]] void run();

 private:
  Bytes takeBuffer();
  void giveBack(Bytes buffer);
  void acceptOne();
  void onReadable(int fd);
  void onWritable(int fd);
  void watch(int operation, int fd, uint32_t events);
  void end(int fd);

  const Options options_;
  // Kept: memory fresh from the kernel at each partial write would be measured instead of the writes.
  std::queue<Bytes> spare_;
  Bytes buffer_;
  std::vector<Connection> connections_;  // by descriptor
  int epoll_ = -1;
  int listener_ = -1;
};

EchoServer::EchoServer(const Options& options) : options_(options) {
  for (size_t made = 0; made < options_.buffers; ++made) {
    spare_.push(std::make_unique_for_overwrite<char[]>(options_.bufferBytes));
  }
  buffer_ = takeBuffer();
}

Bytes EchoServer::takeBuffer() {
  if (spare_.empty()) return std::make_unique_for_overwrite<char[]>(options_.bufferBytes);
  Bytes buffer = std::move(spare_.front());
  spare_.pop();
  return buffer;
}

void EchoServer::giveBack(Bytes buffer) {
  if (buffer) spare_.push(std::move(buffer));
}

void EchoServer::watch(int operation, int fd, uint32_t events) { bare::watch(epoll_, operation, fd, events); }

void EchoServer::listen() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) bare::die("epoll_create1");
  listener_ = bare::listenOnLoopback(options_.port);
  watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
}

void EchoServer::acceptOne() {
  const int fd = bare::acceptFrom(listener_);
  if (fd < 0) return;
  if (connections_.size() <= static_cast<size_t>(fd)) connections_.resize(static_cast<size_t>(fd) + 1);
  connections_[static_cast<size_t>(fd)] = Connection();
  watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

void EchoServer::end(int fd) {
  giveBack(std::move(connections_[static_cast<size_t>(fd)].pending));
  ::close(fd);
}

void EchoServer::onReadable(int fd) {
  const ssize_t count = ::recv(fd, buffer_.get(), options_.bufferBytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return end(fd);
  if (options_.burnMs > 0) bare::burn(options_.burnMs);
  ssize_t sent = ::send(fd, buffer_.get(), static_cast<size_t>(count), MSG_NOSIGNAL);
  if (sent == count) {
    if (options_.buffers > 1) {
      giveBack(std::move(buffer_));
      buffer_ = takeBuffer();
    }
    return;
  }
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return end(fd);
  Connection& connection = connections_[static_cast<size_t>(fd)];
  connection.pending = std::exchange(buffer_, takeBuffer());
  connection.offset = static_cast<size_t>(sent < 0 ? 0 : sent);
  connection.end = static_cast<size_t>(count);
  watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

void EchoServer::onWritable(int fd) {
  Connection& connection = connections_[static_cast<size_t>(fd)];
  const char* rest = connection.pending.get() + connection.offset;
  const ssize_t sent = ::send(fd, rest, connection.end - connection.offset, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (sent < 0) return end(fd);
  connection.offset += static_cast<size_t>(sent);
  if (connection.offset < connection.end) return;
  giveBack(std::move(connection.pending));
  watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

void EchoServer::run() {
  std::vector<epoll_event> events(kEventsPerWait);
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), kEventsPerWait, -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      const int fd = event.data.fd;
      if (fd == listener_) {
        acceptOne();
      } else if (connections_[static_cast<size_t>(fd)].pending) {
        onWritable(fd);
      } else {
        onReadable(fd);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = bare::parseOptions(argc, argv, kHelp, kMaxBuffers);
  bare::raiseDescriptorLimit();
  EchoServer server(options);
  server.listen();
  server.run();
}
