// What limits in time ask of native code: how long nothing has moved, whether the peer takes anything, and who is blocked.
#include <thread>

#include "port_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr size_t kMuchAtOnce = 8 * 1024 * 1024;
constexpr auto kPause = std::chrono::milliseconds(20);

TEST("transfers are timed from the first question on, received and sent") {
  PortScene scene;
  TcpConnection& connection = scene.port->connection();
  CHECK_EQUAL(connection.idleTime(), 0);
  std::this_thread::sleep_for(kPause);
  CHECK_EQUAL(connection.idleTime(), 0);
  connection.timeTransfers();
  std::this_thread::sleep_for(kPause);
  const Nanoseconds first = connection.idleTime();
  CHECK(first >= 20 * kMillisecond);
  // Asked for again it goes on.
  connection.timeTransfers();
  CHECK(connection.idleTime() >= first);
  Nanoseconds before = monotonicNow();
  CHECK_EQUAL(scene.port->write(bytesOf("hello"), false), 5);
  CHECK(connection.idleTime() <= monotonicNow() - before);
  std::this_thread::sleep_for(kPause);
  CHECK(connection.idleTime() >= 20 * kMillisecond);
  before = monotonicNow();
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(scene.turnUntil([&] { return scene.port->receive() > 0; }));
  CHECK(connection.idleTime() <= monotonicNow() - before);
}

TEST("a peer that takes something changes bytesTaken, also while nothing more fits into the kernel") {
  PortScene scene;
  scene.port->writePosted(patternOf(kMuchAtOnce));
  CHECK(scene.isAtRest());
  const int64_t taken = scene.port->connection().bytesTaken();
  CHECK_EQUAL(scene.port->connection().bytesTaken(), taken);
  Heard heard;
  CHECK(scene.turnUntil([&] {
    hear(scene.peer.get(), heard);
    return scene.port->connection().bytesTaken() > taken;
  }));
}

TEST("that a connection is blocked is told once, after the time that JavaScript wants") {
  PortScene scene;
  scene.port->writePosted(patternOf(kMuchAtOnce));
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
  scene.memory.control(layout::kSweepMs) = 10;
  const Nanoseconds before = monotonicNow();
  scene.port->writePosted(bytesOf("x"));
  CHECK_EQUAL(scene.memory.control(layout::kSweepArmed), 1);
  scene.port->writePosted(bytesOf("y"));
  CHECK(scene.turnUntilTold(1));
  CHECK(monotonicNow() - before >= 10 * kMillisecond);
  CHECK(scene.told[0].is(Kind::kTimer));
  CHECK_EQUAL(scene.told[0].id.slot, BlockedWatch::kTimerSlot);
  // It is armed until JavaScript says otherwise.
  scene.port->writePosted(bytesOf("z"));
  std::this_thread::sleep_for(kPause);
  CHECK(scene.isAtRest());
  scene.memory.control(layout::kSweepArmed) = 0;
  scene.port->hold();
  CHECK_EQUAL(scene.memory.control(layout::kSweepArmed), 1);
  CHECK(scene.turnUntilTold(2));
}

TEST("that a connection is blocked waits for room in the ring") {
  PortScene scene;
  scene.memory.control(layout::kSweepMs) = 1;
  scene.port->writePosted(patternOf(kMuchAtOnce));
  std::this_thread::sleep_for(kPause);
  scene.turnWithoutRoom();
  CHECK(scene.told.empty());
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kTimer));
}

}  // namespace
