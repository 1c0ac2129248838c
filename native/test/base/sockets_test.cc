#include "core/base/sockets.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "test/harness.h"

namespace {

using namespace cotcp;
using namespace std::string_literals;

template <typename T>
bool failedWith(const Result<T>& result, std::string_view syscall, int code) {
  return !result && result.error().syscall == syscall && result.error().code == code;
}

void waitFor(int fd, short events) {
  pollfd entry{fd, events, 0};
  REQUIRE(::poll(&entry, 1, 10'000) == 1);
}

int optionOf(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof(value);
  REQUIRE(::getsockopt(fd, level, name, &value, &length) == 0);
  return value;
}

std::atomic<int> signalsSeen = 0;

struct Pair {
  UniqueFd listener;
  UniqueFd client;
  UniqueFd server;
  InetAddress peer;

  explicit Pair(const InetAddress& address) {
    listener = VALUE_OF(sockets::createStream(address.family()));
    VALUE_OF(sockets::bind(listener.get(), address));
    VALUE_OF(sockets::listen(listener.get(), 8));
    client = VALUE_OF(sockets::createStream(address.family()));
    const auto connected = sockets::connect(client.get(), VALUE_OF(sockets::localAddress(listener.get())));
    REQUIRE(connected || connected.error().code == EINPROGRESS);
    waitFor(listener.get(), POLLIN);
    server = VALUE_OF(sockets::accept(listener.get(), peer));
    waitFor(client.get(), POLLOUT);
  }
};

InetAddress loopback(uint16_t port = 0) { return *InetAddress::parse("127.0.0.1", port); }

std::vector<uint8_t> octetsOf(std::string_view text) { return {text.begin(), text.end()}; }

TEST("every descriptor is non-blocking and closed in a child") {
  const Pair pair(loopback());
  for (const int fd : {pair.listener.get(), pair.client.get(), pair.server.get()}) {
    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST("both ends agree about their addresses") {
  const Pair pair(loopback());
  const auto clientLocal = VALUE_OF(sockets::localAddress(pair.client.get()));
  const auto serverLocal = VALUE_OF(sockets::localAddress(pair.server.get()));
  CHECK(pair.peer.sameEndpoint(clientLocal));
  CHECK(VALUE_OF(sockets::peerAddress(pair.server.get())).sameEndpoint(clientLocal));
  CHECK(VALUE_OF(sockets::peerAddress(pair.client.get())).sameEndpoint(serverLocal));
  CHECK(serverLocal.port() != 0);
  CHECK_EQUAL(clientLocal.address(), "127.0.0.1");
}

TEST("an abstract unix listener is known by its name and its peer has none") {
  const std::string name = "\0cotcp-sockets-test-"s + std::to_string(::getpid());
  const Pair pair(*InetAddress::unixPath(name));
  CHECK_EQUAL(VALUE_OF(sockets::peerAddress(pair.client.get())).path(), name);
  CHECK(pair.peer.shownFamily() == AddressFamily::kUnix);
  CHECK_EQUAL(pair.peer.path(), "");
}

TEST("bytes go both ways, and 0 is told after the peer has shut down") {
  const Pair pair(loopback());
  std::array<uint8_t, 16> into{};
  CHECK(failedWith(sockets::receive(pair.server.get(), into), "recv", EAGAIN));
  CHECK_EQUAL(VALUE_OF(sockets::send(pair.client.get(), octetsOf("ping"))), 4u);
  waitFor(pair.server.get(), POLLIN);
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.server.get(), into)), 4u);
  CHECK_EQUAL(std::string(into.begin(), into.begin() + 4), "ping");

  VALUE_OF(sockets::shutdownWrite(pair.client.get()));
  waitFor(pair.server.get(), POLLIN);
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.server.get(), into)), 0u);
  CHECK_EQUAL(VALUE_OF(sockets::send(pair.server.get(), octetsOf("pong"))), 4u);
  waitFor(pair.client.get(), POLLIN);
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.client.get(), into)), 4u);
}

TEST("unread bytes are counted until they are received, the end is none of them") {
  const Pair pair(loopback());
  std::array<uint8_t, 3> into{};
  CHECK_EQUAL(VALUE_OF(sockets::unread(pair.server.get())), 0u);
  CHECK_EQUAL(VALUE_OF(sockets::send(pair.client.get(), octetsOf("ping"))), 4u);
  VALUE_OF(sockets::shutdownWrite(pair.client.get()));
  waitFor(pair.server.get(), POLLIN);
  CHECK_EQUAL(VALUE_OF(sockets::unread(pair.server.get())), 4u);
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.server.get(), into)), 3u);
  CHECK_EQUAL(VALUE_OF(sockets::unread(pair.server.get())), 1u);
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.server.get(), into)), 1u);
  CHECK_EQUAL(VALUE_OF(sockets::unread(pair.server.get())), 0u);
}

TEST("a receive into no room is an error and not the end of the stream") {
  const Pair pair(loopback());
  CHECK(failedWith(sockets::receive(pair.server.get(), {}), "recv", EINVAL));
}

TEST("a send into a full socket tells EAGAIN and how much went before") {
  const Pair pair(loopback());
  const std::vector<uint8_t> block(1024 * 1024);
  for (int i = 0; i < 1000; ++i) {
    const auto sent = sockets::send(pair.client.get(), block);
    if (sent) continue;
    CHECK(failedWith(sent, "send", EAGAIN));
    return;
  }
  CHECK(!"the socket never became full");
}

TEST("a send after shutdown tells EPIPE and raises no SIGPIPE") {
  ::signal(SIGPIPE, SIG_DFL);
  const Pair pair(loopback());
  VALUE_OF(sockets::shutdownWrite(pair.client.get()));
  CHECK(failedWith(sockets::send(pair.client.get(), octetsOf("x")), "send", EPIPE));
}

TEST("a refused connect is found by takeError once") {
  const auto unused = VALUE_OF(sockets::createStream(AF_INET));
  VALUE_OF(sockets::bind(unused.get(), loopback()));
  const auto client = VALUE_OF(sockets::createStream(AF_INET));
  const auto connected = sockets::connect(client.get(), VALUE_OF(sockets::localAddress(unused.get())));
  REQUIRE(!connected);
  if (connected.error().code == ECONNREFUSED) return;  // the loopback may answer at once
  CHECK_EQUAL(connected.error().code, EINPROGRESS);
  waitFor(client.get(), POLLOUT);
  CHECK_EQUAL(VALUE_OF(sockets::takeError(client.get())), ECONNREFUSED);
  CHECK_EQUAL(VALUE_OF(sockets::takeError(client.get())), 0);
}

TEST("takeError that cannot ask is an error, never no error") {
  CHECK(failedWith(sockets::takeError(-1), "getsockopt", EBADF));
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(failedWith(sockets::takeError(file.get()), "getsockopt", ENOTSOCK));
}

TEST("setResetOnClose ends the connection in a reset, and not when it is off again") {
  for (const bool on : {true, false}) {
    Pair pair(loopback());
    VALUE_OF(sockets::setResetOnClose(pair.client.get(), true));
    VALUE_OF(sockets::setResetOnClose(pair.client.get(), on));
    pair.client.reset();
    waitFor(pair.server.get(), POLLIN);
    std::array<uint8_t, 16> into{};
    const auto received = sockets::receive(pair.server.get(), into);
    if (on) {
      CHECK(failedWith(received, "recv", ECONNRESET));
    } else {
      CHECK_EQUAL(VALUE_OF(received), 0u);
    }
  }
}

TEST("the options reach the kernel") {
  const auto v4 = VALUE_OF(sockets::createStream(AF_INET));
  const auto v6 = VALUE_OF(sockets::createStream(AF_INET6));
  for (const bool on : {true, false}) {
    VALUE_OF(sockets::setReuseAddress(v4.get(), on));
    VALUE_OF(sockets::setReusePort(v4.get(), on));
    VALUE_OF(sockets::setNoDelay(v4.get(), on));
    VALUE_OF(sockets::setBindAddressNoPort(v4.get(), on));
    VALUE_OF(sockets::setBindAddressNoPort(v6.get(), on));
    VALUE_OF(sockets::setIpv6Only(v6.get(), on));
    CHECK_EQUAL(optionOf(v4.get(), SOL_SOCKET, SO_REUSEADDR) != 0, on);
    CHECK_EQUAL(optionOf(v4.get(), SOL_SOCKET, SO_REUSEPORT) != 0, on);
    CHECK_EQUAL(optionOf(v4.get(), IPPROTO_TCP, TCP_NODELAY) != 0, on);
    CHECK_EQUAL(optionOf(v4.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) != 0, on);
    CHECK_EQUAL(optionOf(v6.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) != 0, on);
    CHECK_EQUAL(optionOf(v6.get(), IPPROTO_IPV6, IPV6_V6ONLY) != 0, on);
  }
}

TEST("a socket is full when so many bytes are unsent, and takes more when they have gone") {
  const auto listener = VALUE_OF(sockets::createStream(AF_INET));
  VALUE_OF(sockets::setUnsentLimit(listener.get(), 64 * 1024));
  VALUE_OF(sockets::bind(listener.get(), loopback()));
  VALUE_OF(sockets::listen(listener.get(), 1));
  const auto client = VALUE_OF(sockets::createStream(AF_INET));
  (void)sockets::connect(client.get(), VALUE_OF(sockets::localAddress(listener.get())));
  pollfd readable{listener.get(), POLLIN, 0};
  REQUIRE(::poll(&readable, 1, 5000) == 1);
  InetAddress peer;
  const auto server = VALUE_OF(sockets::accept(listener.get(), peer));
  CHECK_EQUAL(optionOf(server.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT), 64 * 1024);

  const std::vector<uint8_t> bytes(16 * 1024);
  size_t taken = 0;
  for (auto sent = sockets::send(server.get(), bytes); sent; sent = sockets::send(server.get(), bytes)) taken += *sent;
  pollfd writable{server.get(), POLLOUT, 0};
  CHECK_EQUAL(::poll(&writable, 1, 0), 0);
  // The peer's window, and what is unsent behind it; a buffer without the limit takes megabytes.
  CHECK(taken < 1024 * 1024);

  std::vector<uint8_t> sink(64 * 1024);
  for (size_t read = 0; read < taken;) {
    pollfd arrived{client.get(), POLLIN, 0};
    REQUIRE(::poll(&arrived, 1, 5000) == 1);
    read += VALUE_OF(sockets::receive(client.get(), sink));
  }
  CHECK_EQUAL(::poll(&writable, 1, 5000), 1);
}

TEST("keep-alive sets what is asked for and leaves the rest to the kernel") {
  const auto fd = VALUE_OF(sockets::createStream(AF_INET));
  const int interval = optionOf(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL);
  VALUE_OF(sockets::setKeepAlive(fd.get(), {.enabled = true, .initialDelaySeconds = 42, .count = 3}));
  CHECK_EQUAL(optionOf(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  CHECK_EQUAL(optionOf(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE), 42);
  CHECK_EQUAL(optionOf(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL), interval);
  CHECK_EQUAL(optionOf(fd.get(), IPPROTO_TCP, TCP_KEEPCNT), 3);
  VALUE_OF(sockets::setKeepAlive(fd.get(), {.enabled = false}));
  CHECK_EQUAL(optionOf(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  CHECK(failedWith(sockets::setKeepAlive(fd.get(), {.initialDelaySeconds = -1}), "setsockopt", EINVAL));
}

TEST("every call names itself when it fails") {
  InetAddress peer;
  CHECK(failedWith(sockets::createStream(-1), "socket", EAFNOSUPPORT));
  CHECK(failedWith(sockets::bind(-1, loopback()), "bind", EBADF));
  CHECK(failedWith(sockets::listen(-1, 1), "listen", EBADF));
  CHECK(failedWith(sockets::accept(-1, peer), "accept", EBADF));
  CHECK(failedWith(sockets::connect(-1, loopback()), "connect", EBADF));
  CHECK(failedWith(sockets::shutdownWrite(-1), "shutdown", EBADF));
  CHECK(failedWith(sockets::unread(-1), "ioctl", EBADF));
  CHECK(failedWith(sockets::localAddress(-1), "getsockname", EBADF));
  CHECK(failedWith(sockets::peerAddress(-1), "getpeername", EBADF));
  CHECK(failedWith(sockets::setNoDelay(-1, true), "setsockopt", EBADF));
}

TEST("an accept without a peer tells EAGAIN") {
  const auto listener = VALUE_OF(sockets::createStream(AF_INET));
  VALUE_OF(sockets::bind(listener.get(), loopback()));
  VALUE_OF(sockets::listen(listener.get(), 1));
  InetAddress peer;
  CHECK(failedWith(sockets::accept(listener.get(), peer), "accept", EAGAIN));
}

TEST("signals that interrupt receive never show") {
  struct sigaction action {};
  action.sa_handler = [](int) { ++signalsSeen; };
  ::sigaction(SIGALRM, &action, nullptr);  // without SA_RESTART

  const Pair pair(loopback());
  ::fcntl(pair.server.get(), F_SETFL, 0);  // blocking: only a call that sleeps is interrupted
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
  std::thread sender([&pair] {
    while (signalsSeen < 20) std::this_thread::yield();
    sockets::send(pair.client.get(), octetsOf("late"));
  });
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);

  const itimerval often{{0, 500}, {0, 500}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  std::array<uint8_t, 16> into{};
  CHECK_EQUAL(VALUE_OF(sockets::receive(pair.server.get(), into)), 4u);
  CHECK(signalsSeen >= 20);
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  sender.join();
}

}  // namespace
