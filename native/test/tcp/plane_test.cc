#include "core/tcp/plane.h"

#include <linux/tcp.h>
#include <netinet/in.h>

#include "plane_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

int optionOf(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &length) == 0);
  return value;
}

TEST("a plane that listens and connects makes two connections of one") {
  const size_t before = openDescriptors();
  {
    PlaneScene scene;
    const SlotId door = scene.listen(loopback());
    scene.plane.acceptor(door.slot, door.generation)->acceptor().setDemand(1);
    ConnectSettings settings;
    settings.peer = scene.addressOf(door);
    const SlotId client = VALUE_OF(scene.plane.connect(settings));
    CHECK(scene.connection(client) == nullptr);
    CHECK(scene.turnUntilTold(2));
    REQUIRE(scene.connection(client) != nullptr);
    const auto accepted =
        std::find_if(scene.told.begin(), scene.told.end(), [](const Told& one) { return one.kind == Kind::kAccepted; });
    REQUIRE(accepted != scene.told.end());
    const SlotId server{static_cast<uint32_t>(accepted->a), static_cast<uint32_t>(accepted->b)};
    for (const SlotId id : {client, server}) {
      const int fd = scene.connection(id)->connection().fd();
      CHECK_EQUAL(optionOf(fd, IPPROTO_TCP, TCP_NODELAY), 1);
      CHECK_EQUAL(optionOf(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
      CHECK(!isResetArmed(fd));
    }
    CHECK(scene.plane.acceptor(client.slot, client.generation) == nullptr);
    CHECK(scene.connection(door) == nullptr);
  }
  CHECK_EQUAL(openDescriptors(), before);
}

TEST("settings reach both sides: no delay off, resetUnlessClosed, local address") {
  PlaneScene scene;
  SocketSettings socket;
  socket.noDelay = false;
  socket.resetUnlessClosed = true;
  ListenSettings listening;
  listening.address = loopback();
  listening.backlog = 8;
  listening.socket = socket;
  const SlotId door = VALUE_OF(scene.plane.listen(listening));
  scene.plane.acceptor(door.slot, door.generation)->acceptor().setDemand(1);
  ConnectSettings connecting;
  connecting.peer = scene.addressOf(door);
  connecting.local = InetAddress::parse("127.0.0.2", 0);
  connecting.socket = socket;
  const SlotId client = VALUE_OF(scene.plane.connect(connecting));
  CHECK(scene.turnUntilTold(2));
  for (const Told& one : scene.told) {
    const SlotId id =
        one.kind == Kind::kConnected ? client : SlotId{static_cast<uint32_t>(one.a), static_cast<uint32_t>(one.b)};
    REQUIRE(scene.connection(id) != nullptr);
    auto& connection = scene.connection(id)->connection();
    CHECK_EQUAL(optionOf(connection.fd(), IPPROTO_TCP, TCP_NODELAY), 0);
    CHECK(isResetArmed(connection.fd()));
    const auto& client2 = id.slot == client.slot ? connection.endpoints().local : connection.endpoints().peer;
    CHECK_EQUAL(client2.address(), "127.0.0.2");
  }
}

TEST("what fails leaves no descriptor and no slot behind") {
  PlaneScene scene;
  const SlotId door = scene.listen(loopback());
  const size_t before = openDescriptors();
  ListenSettings taken;
  taken.address = scene.addressOf(door);
  ConnectSettings missing;
  missing.peer = *InetAddress::unixPath("/nowhere/cotcp");
  ConnectSettings foreign;
  foreign.peer = taken.address;
  foreign.local = InetAddress::parse("192.0.2.1", 0);
  for (int i = 0; i < 10; ++i) {
    const auto listened = scene.plane.listen(taken);
    CHECK(!listened && listened.error().code == EADDRINUSE && std::string(listened.error().syscall) == "bind");
    const auto connected = scene.plane.connect(missing);
    CHECK(!connected && connected.error().code == ENOENT);
    const auto bound = scene.plane.connect(foreign);
    CHECK(!bound && bound.error().code == EADDRNOTAVAIL);
    scene.turn();
  }
  CHECK_EQUAL(openDescriptors(), before);
  const SlotId next = scene.listen(loopback());
  CHECK(next.slot <= 2);
}

TEST("a released slot is given again from the next turn on, and its old name finds nobody") {
  PlaneScene scene;
  const SlotId first = scene.listen(loopback());
  scene.release(first);
  CHECK(scene.plane.acceptor(first.slot, first.generation) == nullptr);
  scene.release(first);  // stale: nothing
  const SlotId second = scene.listen(loopback());
  CHECK(second.slot != first.slot);
  scene.turn();
  const SlotId third = scene.listen(loopback());
  CHECK_EQUAL(third.slot, first.slot);
  CHECK(third.generation != first.generation);
  scene.release(first);
  CHECK(scene.plane.acceptor(third.slot, third.generation) != nullptr);
}

TEST("where there are many connections, the kernel keeps less for each of the next ones") {
  PlaneScene scene;
  const SlotId door = scene.listen(loopback());
  scene.plane.acceptor(door.slot, door.generation)->acceptor().setDemand(200);
  const InetAddress address = scene.addressOf(door);
  std::vector<UniqueFd> clients;
  for (int count = 0; count < 140; ++count) {
    clients.push_back(VALUE_OF(sockets::createStream(AF_INET)));
    (void)sockets::connect(clients.back().get(), address);
  }
  REQUIRE(scene.turnUntilTold(140));
  const auto limitOf = [&](const Told& one) {
    auto* port = scene.connection({static_cast<uint32_t>(one.a), static_cast<uint32_t>(one.b)});
    return optionOf(port->connection().fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT);
  };
  CHECK(limitOf(scene.told.front()) != 256 * 1024);
  CHECK(limitOf(scene.told[120]) != 256 * 1024);
  CHECK_EQUAL(limitOf(scene.told[139]), 256 * 1024);
}

TEST("a turn has a number and a budget of its own") {
  PlaneScene scene;
  SharedMemory& memory = scene.plane.memory();
  const int32_t number = memory.control(layout::kTurn);
  memory.control(layout::kCreditBytes) = -5;
  scene.turn();
  CHECK_EQUAL(memory.control(layout::kTurn), number + 1);
  CHECK_EQUAL(memory.control(layout::kCreditBytes), TurnBudget::kTurnBytes);
  memory.control(layout::kTurn) = 0x3fffffff;
  scene.turn();
  CHECK_EQUAL(memory.control(layout::kTurn), 0);
}

TEST("the control word says how many completions JavaScript is in, and 0 outside") {
  PlaneScene scene;
  scene.plane.startTimer(0);
  scene.plane.startTimer(0);
  while (scene.told.empty()) scene.enterBatch(10);
  CHECK_EQUAL(static_cast<size_t>(scene.plane.memory().control(layout::kBatch)), scene.told.size());
  scene.plane.leaveBatch();
  CHECK_EQUAL(scene.plane.memory().control(layout::kBatch), 0);
}

TEST("who waits in JavaScript for a turn counts for the batch, and gets turns until nobody waits") {
  PlaneScene scene;
  while (isAwake(*scene.loop)) scene.turn();
  scene.plane.memory().control(layout::kWaiters) = 3;
  scene.plane.leaveBatch();
  CHECK(isAwake(*scene.loop));
  scene.turn();
  CHECK(scene.plane.isWaitedFor());
  CHECK_EQUAL(scene.plane.memory().control(layout::kBatch), 3);
  CHECK(!isAwake(*scene.loop));
  scene.plane.leaveBatch();
  CHECK(isAwake(*scene.loop));
  scene.turn();
  scene.plane.memory().control(layout::kWaiters) = 0;
  scene.plane.leaveBatch();
  CHECK(!scene.plane.isWaitedFor());
  CHECK(!isAwake(*scene.loop));
}

TEST("a timer is told under its own id, never early, and not if it was cancelled") {
  PlaneScene scene;
  const Nanoseconds start = monotonicNow();
  const TimerId kept = scene.plane.startTimer(20 * kMillisecond);
  const TimerId cancelled = scene.plane.startTimer(10 * kMillisecond);
  CHECK(scene.plane.cancelTimer(cancelled));
  CHECK(!scene.plane.cancelTimer(cancelled));
  CHECK(scene.turnUntilTold(1));
  CHECK(monotonicNow() - start >= 20 * kMillisecond);
  REQUIRE(scene.told.size() == 1);
  CHECK(scene.told[0].kind == Kind::kTimer);
  CHECK_EQUAL(scene.told[0].id.slot, kept.slot);
  CHECK_EQUAL(scene.told[0].id.generation, kept.generation);
  CHECK(!scene.plane.cancelTimer(kept));
}

TEST("more timers than the ring has room for are all told, once each and in their order") {
  PlaneScene scene;
  constexpr size_t kTimers = 20'000;
  std::vector<TimerId> timers;
  for (size_t i = 0; i < kTimers; ++i) timers.push_back(scene.plane.startTimer(0));
  while (scene.told.size() < kTimers) {
    const size_t count = scene.turn(10);
    CHECK(count <= layout::kCompletions);
    if (scene.told.size() > 0 && count == 0) break;
    // Those that are armed meanwhile are behind those that are due.
    if (timers.size() < kTimers + 5 && count > 0) timers.push_back(scene.plane.startTimer(0));
  }
  CHECK(scene.turnUntilTold(timers.size()));
  REQUIRE(scene.told.size() == timers.size());
  size_t misplaced = 0;
  for (size_t i = 0; i < timers.size(); ++i) {
    if (scene.told[i].id.slot != timers[i].slot || scene.told[i].id.generation != timers[i].generation) ++misplaced;
  }
  CHECK_EQUAL(misplaced, 0u);
  CHECK(settleDown(*scene.loop));
}

}  // namespace
