// The reading half of a ConnectionPort: wishes, flags, completions, and what is told before an end.
#include "port_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("who wants data gets the bytes with the completion, once") {
  PortScene scene;
  scene.want(layout::kWantData);
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].kind == Kind::kData);
  CHECK_EQUAL(scene.told[0].id.slot, scene.id.slot);
  CHECK_EQUAL(scene.told[0].id.generation, scene.id.generation);
  CHECK(scene.told[0].bytes == bytesOf("hello"));
  CHECK_EQUAL(scene.flag(layout::kFlagWantRead), layout::kWantNothing);
  CHECK_EQUAL(scene.flag(layout::kFlagReadable), 0);
  sendAll(scene.peer.get(), bytesOf("again"));
  CHECK(scene.isAtRest());
  CHECK_EQUAL(scene.flag(layout::kFlagReadable), 1);
}

TEST("who wants readiness is told so, and the bytes stay in the kernel") {
  PortScene scene;
  scene.want(layout::kWantReadiness);
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kReadable));
  CHECK_EQUAL(scene.flag(layout::kFlagWantRead), layout::kWantNothing);
  CHECK_EQUAL(scene.flag(layout::kFlagReadable), 1);
  CHECK(scene.isAtRest());
  Bytes view(16);
  CHECK_EQUAL(scene.port->receiveInto(view), 5);
  CHECK_EQUAL(scene.flag(layout::kFlagReadable), 0);
}

TEST("who wants nothing is told nothing but the flag") {
  PortScene scene;
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
  CHECK_EQUAL(scene.flag(layout::kFlagReadable), 1);
  CHECK_EQUAL(scene.port->receive(), 5);
  CHECK(scene.received(5) == bytesOf("hello"));
}

TEST("the peer's end is data of no length, and sticky") {
  PortScene scene;
  scene.want(layout::kWantData);
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].kind == Kind::kData);
  CHECK_EQUAL(scene.told[0].c, 0);
  CHECK_EQUAL(scene.port->receive(), 0);
  Bytes view(16);
  CHECK_EQUAL(scene.port->receiveInto(view), 0);
  CHECK(scene.isAtRest());
}

TEST("a direct receive says EAGAIN if there is nothing, and ENOBUFS if there is no area for it") {
  PortScene scene;
  CHECK_EQUAL(scene.port->receive(), -EAGAIN);
  Bytes view(16);
  CHECK_EQUAL(scene.port->receiveInto(view), -EAGAIN);
  sendAll(scene.peer.get(), bytesOf("hello"));
  for (size_t index = 0; index < layout::kSlabs; ++index) scene.area.map(index, {});
  CHECK_EQUAL(scene.port->receive(), -ENOBUFS);
  scene.script.provide(scene.memory, scene.area);
  waitFor(scene.fd, POLLIN);
  CHECK_EQUAL(scene.port->receive(), 5);
}

TEST("a reader waits for the next turn while the ring is full, the budget spent or the areas used up") {
  for (int obstacle = 0; obstacle < 3; ++obstacle) {
    for (const auto wish : {layout::kWantData, layout::kWantReadiness}) {
      PortScene scene;
      scene.want(wish);
      sendAll(scene.peer.get(), bytesOf("hello"));
      waitFor(scene.fd, POLLIN);
      if (obstacle == 2 && wish == layout::kWantReadiness) continue;  // needs no area
      if (obstacle == 0) scene.turnWithoutRoom();
      if (obstacle == 1) scene.turnWithoutBudget();
      if (obstacle == 2) {
        scene.beginTurn();
        for (size_t index = 0; index < layout::kSlabs; ++index) scene.area.map(index, {});
        scene.endTurn();
      }
      CHECK(scene.told.empty());
      CHECK_EQUAL(scene.flag(layout::kFlagWantRead), wish);
      CHECK(isAwake(*scene.loop));
      scene.turn();
      REQUIRE(scene.told.size() == 1);
      CHECK(scene.told[0].kind == (wish == layout::kWantData ? Kind::kData : Kind::kReadable));
      CHECK(scene.isAtRest());
    }
  }
}

TEST("what is received is spent from the turn's budget") {
  PortScene scene;
  sendAll(scene.peer.get(), Bytes(20'000));
  waitFor(scene.fd, POLLIN);
  const int32_t before = scene.memory.control(layout::kCreditBytes);
  const auto first = scene.port->receive();
  Bytes view(20'000);
  const auto second = first < 20'000 ? scene.port->receiveInto(view) : 0;
  CHECK_EQUAL(before - scene.memory.control(layout::kCreditBytes), first + second);
}

TEST("a connection that keeps filling its receives gets bigger ones, one that does not smaller ones") {
  Bench bench;
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  const UniqueFd peer(fds[1]);
  const int size = 512 * 1024;
  REQUIRE(::setsockopt(peer.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
  ConnectionPort port(bench.context, *bench.slots.reserve(), UniqueFd(fds[0]), {}, false);
  VALUE_OF(port.open());
  REQUIRE(fill(peer.get()) > 3 * 64 * 1024);
  CHECK_EQUAL(port.receive(), 64 * 1024);
  CHECK_EQUAL(port.receive(), 128 * 1024);
  while (port.receive() > 0) bench.beginTurn();
  for (int i = 0; i < 8; ++i) {
    sendAll(peer.get(), bytesOf("x"));
    CHECK_EQUAL(port.receive(), 1);
  }
  fill(peer.get());
  CHECK_EQUAL(port.receive(), 64 * 1024);
}

// So many bytes and then a reset, all of which has arrived.
void sendAndReset(PortScene& scene, size_t count) {
  sendAll(scene.peer.get(), patternOf(count));
  resetPeer(scene.peer);
  waitFor(scene.fd, POLLERR);
}

TEST("everything that had arrived is told before the error, whether a reader waits or not") {
  for (const auto wish : {layout::kWantNothing, layout::kWantData, layout::kWantReadiness}) {
    PortScene scene;
    scene.want(wish);
    sendAndReset(scene, 60'000);
    CHECK(scene.turnUntil([&] { return !scene.told.empty() && scene.told.back().kind == Kind::kEnded; }));
    CHECK(scene.told.back().is(Kind::kEnded, ECONNRESET, 0));
    CHECK(scene.toldBytes() == patternOf(60'000));
    for (const Told& one : scene.told) CHECK(one.kind != Kind::kData || one.c > 0);  // no end before the error
    CHECK(scene.isAtRest());
  }
}

TEST("what had arrived waits for room, budget and area like all else, and the end behind it") {
  PortScene scene;
  sendAndReset(scene, 60'000);
  scene.turnWithoutRoom();
  scene.turnWithoutBudget();
  scene.beginTurn();
  for (size_t index = 0; index < layout::kSlabs; ++index) scene.area.map(index, {});
  scene.endTurn();
  CHECK(scene.told.empty());
  CHECK(scene.turnUntilTold(2));
  CHECK(scene.toldBytes() == patternOf(60'000));
  CHECK(scene.told.back().is(Kind::kEnded, ECONNRESET, 0));
  CHECK(scene.isAtRest());
}

TEST("a direct receive that meets the error says so each time, and the end is told once") {
  PortScene scene;
  sendAndReset(scene, 1000);
  CHECK_EQUAL(scene.port->receive(), 1000);
  Bytes view(16);
  CHECK_EQUAL(scene.port->receive(), -ECONNRESET);
  CHECK_EQUAL(scene.port->receiveInto(view), -ECONNRESET);
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kEnded, ECONNRESET, 0));
  CHECK_EQUAL(scene.port->receive(), -ECONNRESET);
  CHECK(scene.isAtRest());
}

TEST("a FIN with a reset right behind it is told as bytes, end and error, and a sender that waits does not hang") {
  PortScene scene;
  CHECK(fill(scene.fd) > 0);
  CHECK_EQUAL(scene.port->write(Bytes(1), false), 0);
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 1);
  sendAll(scene.peer.get(), patternOf(1000));
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  scene.peer.reset();  // with our bytes unread: RST
  waitFor(scene.fd, POLLERR);
  CHECK(scene.turnUntil([&] { return !scene.told.empty() && scene.told.back().kind == Kind::kEnded; }));
  REQUIRE(scene.told.size() == 3);
  CHECK(scene.told[0].bytes == patternOf(1000));
  CHECK(scene.told[1].kind == Kind::kData && scene.told[1].c == 0);
  CHECK(scene.told[2].a == EPIPE || scene.told[2].a == ECONNRESET);
  CHECK(scene.isAtRest());
}

}  // namespace
