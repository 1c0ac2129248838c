#include "core/tcp/connector.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <functional>
#include <optional>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// One attempt, and what it was told.
class Attempt final : public Connector::Observer {
 public:
  Attempt(EventLoop& loop, UniqueFd socket, const InetAddress& peer)
      : connector(std::make_unique<Connector>(loop, std::move(socket), peer, *this)) {}
  Attempt(EventLoop& loop, const InetAddress& peer)
      : Attempt(loop, VALUE_OF(sockets::createStream(peer.family())), peer) {}

  void onConnected(UniqueFd fd) override {
    ++told;
    connected = std::move(fd);
    if (destroys) connector.reset();
  }
  void onFailed(const IoError& error) override {
    ++told;
    failed = error;
    if (destroys) connector.reset();
  }

  int told = 0;
  bool destroys = false;
  UniqueFd connected;
  std::optional<IoError> failed;
  std::unique_ptr<Connector> connector;
};

// An address of the loopback at which nobody listens, held so that nobody will.
struct Nobody {
  UniqueFd holder = VALUE_OF(sockets::createStream(AF_INET));
  InetAddress address;

  Nobody() {
    VALUE_OF(sockets::bind(holder.get(), loopback()));
    address = VALUE_OF(sockets::localAddress(holder.get()));
  }
};

// A listener that answers no more: its backlog is full.
struct Silent {
  UniqueFd listener = listenOn(loopback(), 0);
  InetAddress address = VALUE_OF(sockets::localAddress(listener.get()));
  std::vector<UniqueFd> waiting;

  Silent() {
    waiting.push_back(connectPeer(address));
    for (int i = 0; i < 4; ++i) waiting.push_back(startPeer(address));
  }
};

TEST("a listener that answers makes a connection, told once and with nothing left behind") {
  for (const bool unixPath : {false, true}) {
    const auto loop = makeLoop();
    const auto listener = listenOn(unixPath ? abstractPath("connector") : loopback());
    const auto address = VALUE_OF(sockets::localAddress(listener.get()));
    Attempt attempt(*loop, address);
    CHECK(attempt.connector->start(kSecond));
    CHECK_EQUAL(attempt.told, 0);  // never from inside the call
    CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
    CHECK(settleDown(*loop));
    CHECK_EQUAL(attempt.told, 1);
    REQUIRE(static_cast<bool>(attempt.connected));
    CHECK(unixPath || VALUE_OF(sockets::peerAddress(attempt.connected.get())).sameEndpoint(address));
    CHECK_EQUAL(loop->timers().size(), 0u);
  }
}

TEST("a port at which nobody listens is refused") {
  const auto loop = makeLoop();
  const Nobody nobody;
  const size_t before = openDescriptors();
  Attempt attempt(*loop, nobody.address);
  const auto started = attempt.connector->start(kSecond);
  if (started) {
    CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
    CHECK_EQUAL(attempt.told, 1);
    REQUIRE(attempt.failed.has_value());
  }
  const IoError error = started ? *attempt.failed : started.error();
  CHECK_EQUAL(error.code, ECONNREFUSED);
  CHECK_EQUAL(std::string(error.syscall), "connect");
  attempt.connector.reset();
  CHECK_EQUAL(openDescriptors(), before);
  CHECK_EQUAL(loop->timers().size(), 0u);
}

TEST("what fails at once is told by start and by nothing else") {
  const auto loop = makeLoop();
  const auto missing = *InetAddress::unixPath("/nowhere/cotcp-" + std::to_string(::getpid()));
  const auto full = listenOn(abstractPath("full"), 0);
  const auto fullAddress = VALUE_OF(sockets::localAddress(full.get()));
  const auto waiting = connectPeer(fullAddress);
  const struct {
    InetAddress address;
    int code;
  } rows[] = {{missing, ENOENT}, {abstractPath("nobody"), ECONNREFUSED}, {fullAddress, EAGAIN}};
  for (const auto& row : rows) {
    Attempt attempt(*loop, row.address);
    const auto started = attempt.connector->start(kSecond);
    CHECK(!started && started.error().code == row.code);
    CHECK(settleDown(*loop));
    CHECK_EQUAL(attempt.told, 0);
    CHECK_EQUAL(loop->timers().size(), 0u);
  }
}

TEST("an attempt that nobody answers ends at its deadline, and its descriptor is closed") {
  const auto loop = makeLoop();
  const Silent silent;
  const size_t before = openDescriptors();
  Attempt attempt(*loop, silent.address);
  const Nanoseconds start = monotonicNow();
  CHECK(attempt.connector->start(30 * kMillisecond));
  CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
  CHECK(monotonicNow() - start >= 30 * kMillisecond);
  REQUIRE(attempt.failed.has_value());
  CHECK_EQUAL(attempt.failed->code, ETIMEDOUT);
  CHECK_EQUAL(openDescriptors(), before);
  CHECK(settleDown(*loop));
  CHECK_EQUAL(attempt.told, 1);
}

TEST("an attempt that is destroyed while it is pending tells nothing and leaves nothing") {
  const auto loop = makeLoop();
  const Silent silent;
  const auto listener = listenOn(loopback());
  const size_t before = openDescriptors();
  for (const InetAddress& address : {silent.address, VALUE_OF(sockets::localAddress(listener.get()))}) {
    Attempt attempt(*loop, address);
    CHECK(attempt.connector->start(kSecond));
    CHECK_EQUAL(loop->timers().size(), 1u);
    attempt.connector.reset();
    CHECK_EQUAL(loop->timers().size(), 0u);
    CHECK_EQUAL(openDescriptors(), before);
    CHECK(settleDown(*loop));
    CHECK_EQUAL(attempt.told, 0);
  }
}

TEST("the observer may destroy the attempt, however it ends") {
  const auto loop = makeLoop();
  const Silent silent;
  const Nobody nobody;
  const auto listener = listenOn(loopback());
  for (const InetAddress& address : {silent.address, nobody.address, VALUE_OF(sockets::localAddress(listener.get()))}) {
    Attempt attempt(*loop, address);
    attempt.destroys = true;
    if (!attempt.connector->start(20 * kMillisecond)) continue;
    CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
    CHECK(settleDown(*loop));
    CHECK_EQUAL(attempt.told, 1);
  }
}

TEST("a socket that has met itself is refused") {
  const auto loop = makeLoop();
  auto socket = VALUE_OF(sockets::createStream(AF_INET));
  VALUE_OF(sockets::bind(socket.get(), loopback()));
  const auto itself = VALUE_OF(sockets::localAddress(socket.get()));
  Attempt attempt(*loop, std::move(socket), itself);
  CHECK(attempt.connector->start(kSecond));
  CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
  REQUIRE(attempt.failed.has_value());
  CHECK_EQUAL(attempt.failed->code, ECONNREFUSED);
  // Whoever is to listen there can: no TIME_WAIT holds the port (no SO_REUSEADDR here).
  listenOn(itself);
}

// false: this machine permits no namespace of one's own.
bool enterNetworkOfFourPorts() {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const auto socket = VALUE_OF(sockets::createStream(AF_INET));
  ifreq request{};
  std::string("lo").copy(request.ifr_name, IFNAMSIZ);
  REQUIRE(::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0);
  request.ifr_flags |= IFF_UP;
  REQUIRE(::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
  const UniqueFd range(::open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC));
  const std::string_view ports = "40000 40003";
  return range && ::write(range.get(), ports.data(), ports.size()) == static_cast<ssize_t>(ports.size());
}

TEST("where the kernel often chooses the wanted port itself, none of 200 attempts takes itself for a peer") {
  inChild([] {
    if (!enterNetworkOfFourPorts()) {
      std::fprintf(stderr, "    skipped: unshare is not permitted here\n");
      return;
    }
    const auto loop = makeLoop();
    const auto address = loopback(40000);
    const size_t before = openDescriptors();
    int refused = 0;
    int withSelf = 0;
    for (int i = 0; i < 200; ++i) {
      auto socket = VALUE_OF(sockets::createStream(AF_INET));
      const int fd = socket.get();
      Attempt attempt(*loop, std::move(socket), address);
      const auto started = attempt.connector->start(kSecond);
      if (started) {
        const auto local = sockets::localAddress(fd);
        if (local && local->sameEndpoint(address)) ++withSelf;
        CHECK(turnUntil(*loop, [&] { return attempt.told > 0; }));
      }
      CHECK(!attempt.connected);
      const int code = !started ? started.error().code : attempt.failed ? attempt.failed->code : 0;
      if (code == ECONNREFUSED) ++refused;
    }
    CHECK_EQUAL(refused, 200);
    CHECK(withSelf > 0);  // or else this has tried nothing
    std::fprintf(stderr, "    %d of 200 met themselves\n", withSelf);
    CHECK_EQUAL(openDescriptors(), before);
  });
}

}  // namespace
