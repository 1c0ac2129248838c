// The physical limit: a bare single-threaded epoll echo server, level-triggered, that knows nothing but recv and send.
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace {

constexpr int kBacklog = 4096;
constexpr int kEventsPerWait = 512;
constexpr int kUsageExit = 2;
constexpr size_t kDefaultBufferBytes = 64 * 1024;
constexpr double kMaxBufferBytes = 16 * 1024 * 1024;
constexpr double kMaxBurnMs = 10'000;
constexpr double kNanosPerMilli = 1e6;

constexpr char kHelp[] =
    "Bare epoll echo server on 127.0.0.1, the yardstick of the benchmark.\n"
    "\n"
    "  bench_epoll_echo [--port N] [--buffer BYTES] [--burn MS]\n"
    "\n"
    "  --port N        0 to 65535; 0 (default) lets the kernel choose\n"
    "  --buffer BYTES  of one recv (default 65536)\n"
    "  --burn MS       CPU time burnt per recv (default 0)\n";

struct Options {
  uint16_t port = 0;
  size_t bufferBytes = kDefaultBufferBytes;
  double burnMs = 0;
};

using Bytes = std::unique_ptr<char[]>;

// While the kernel takes no more, a connection holds what is left, in the buffer that it was received in.
struct Connection {
  Bytes pending;
  size_t offset = 0;
  size_t end = 0;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

double parseNumber(const char* name, double min, double max) {
  char* end = nullptr;
  const double value = std::strtod(optarg, &end);
  if (end == optarg || *end != '\0' || !(value >= min && value <= max)) {
    std::fprintf(stderr, "bench_epoll_echo: --%s takes %.15g to %.15g, not '%s'\n", name, min, max, optarg);
    std::exit(kUsageExit);
  }
  return value;
}

Options parseOptions(int argc, char** argv) {
  const option names[] = {{"port", required_argument, nullptr, 'p'},
                          {"buffer", required_argument, nullptr, 'b'},
                          {"burn", required_argument, nullptr, 'u'},
                          {"help", no_argument, nullptr, 'h'},
                          {nullptr, 0, nullptr, 0}};
  Options options;
  for (int key; (key = getopt_long(argc, argv, "", names, nullptr)) != -1;) {
    switch (key) {
      case 'p':
        options.port = static_cast<uint16_t>(parseNumber("port", 0, UINT16_MAX));
        break;
      case 'b':
        options.bufferBytes = static_cast<size_t>(parseNumber("buffer", 1, kMaxBufferBytes));
        break;
      case 'u':
        options.burnMs = parseNumber("burn", 0, kMaxBurnMs);
        break;
      case 'h':
        std::fputs(kHelp, stdout);
        std::exit(0);
      default:
        std::exit(kUsageExit);
    }
  }
  return options;
}

double nowMs() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_nsec) / kNanosPerMilli;
}

void burn(double ms) {
  for (const double end = nowMs() + ms; nowMs() < end;) continue;
}

class EchoServer {
 public:
  explicit EchoServer(const Options& options) : options_(options), buffer_(takeBuffer()) {}

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
  std::vector<Bytes> spare_;
  Bytes buffer_;
  std::vector<Connection> connections_;  // by descriptor
  int epoll_ = -1;
  int listener_ = -1;
};

Bytes EchoServer::takeBuffer() {
  if (spare_.empty()) return std::make_unique_for_overwrite<char[]>(options_.bufferBytes);
  Bytes buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void EchoServer::giveBack(Bytes buffer) {
  if (buffer) spare_.push_back(std::move(buffer));
}

void EchoServer::watch(int operation, int fd, uint32_t events) {
  epoll_event event{events, {.fd = fd}};
  if (epoll_ctl(epoll_, operation, fd, &event) != 0) die("epoll_ctl");
}

void EchoServer::listen() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (epoll_ < 0 || listener_ < 0) die("socket");
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0) die("bind");
  if (::listen(listener_, kBacklog) != 0) die("listen");
  ::getsockname(listener_, generic, &length);
  watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  std::printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
  std::fflush(stdout);
}

void EchoServer::acceptOne() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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
  if (options_.burnMs > 0) burn(options_.burnMs);
  ssize_t sent = ::send(fd, buffer_.get(), static_cast<size_t>(count), MSG_NOSIGNAL);
  if (sent == count) return;
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

void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parseOptions(argc, argv);
  raiseDescriptorLimit();
  EchoServer server(options);
  server.listen();
  server.run();
}
