// Nobody is kept busy by what nobody wants, and hears of it again once it is wanted: what keeps a level-triggered poller from
// spinning.
#include <optional>

#include "acceptor_fixture.h"
#include "connection_fixture.h"
#include "core/tcp/connector.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr Nanoseconds kAWhile = 30 * kMillisecond;
// What is there is told, each kind of it perhaps in a turn of its own, and the timer has a turn.
constexpr uint64_t kFewTurns = 5;

// Turns for a while, each as long as there is nothing to do; a poller that spins makes thousands.
bool isCalm(EventLoop& loop) {
  const uint64_t before = loop.iterations();
  bool over = false;
  loop.timers().runAt(monotonicNow() + kAWhile, [&] { over = true; });
  while (!over) loop.turn(kPatience);
  return loop.iterations() - before <= kFewTurns;
}

TEST("an idle connection keeps nobody busy, and hears of the first byte") {
  Scene scene;
  CHECK(isCalm(*scene.loop));
  sendAll(scene.peer.get(), bytesOf("x"));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable == 1; }));
}

TEST("bytes that nobody reads keep nobody busy; who reads them all hears of the next") {
  Scene scene;
  sendAll(scene.peer.get(), patternOf(5000));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable >= 1; }));
  CHECK(isCalm(*scene.loop));
  Bytes bytes;
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kWait);
  CHECK_EQUAL(bytes.size(), 5000u);
  CHECK(isCalm(*scene.loop));
  const int before = scene.ours.readable;
  sendAll(scene.peer.get(), bytesOf("x"));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable > before; }));
}

TEST("bytes of which only a part is read keep nobody busy, and the connection stays readable") {
  Scene scene;
  sendAll(scene.peer.get(), patternOf(5000));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable >= 1; }));
  Bytes part(100);
  CHECK_EQUAL(scene.connection().read(part).count, 100u);
  CHECK(isCalm(*scene.loop));
  CHECK(scene.connection().isReadable());
}

TEST("output that the peer does not take keeps nobody busy, and goes on when it does") {
  Scene scene;
  const auto bytes = patternOf(8 * 1024 * 1024);
  CHECK(scene.connection().writeOrQueue(bytes));
  CHECK(scene.connection().outputBytes() > 0);
  CHECK(isCalm(*scene.loop));
  const int before = scene.ours.writable;
  Heard heard;
  CHECK(turnUntil(*scene.loop, [&] {
    hear(scene.peer.get(), heard);
    return heard.bytes.size() == bytes.size();
  }));
  CHECK(heard.bytes == bytes);
  CHECK(scene.ours.writable > before);
  CHECK(isCalm(*scene.loop));
}

TEST("a writer whose bytes the kernel did not take hears when it takes them, and keeps nobody busy until then") {
  Scene scene;
  const int before = scene.ours.writable;
  const Bytes bytes(64 * 1024);
  while (VALUE_OF(scene.connection().write(bytes, true)) > 0) {
  }
  CHECK(isCalm(*scene.loop));
  CHECK_EQUAL(scene.ours.writable, before);
  Heard heard;
  CHECK(turnUntil(*scene.loop, [&] {
    hear(scene.peer.get(), heard);
    return scene.ours.writable > before;
  }));
  CHECK(isCalm(*scene.loop));
}

TEST("a FIN that nobody reads keeps nobody busy, before and behind bytes") {
  for (const size_t bytes : {size_t{0}, size_t{1000}}) {
    Scene scene;
    sendAll(scene.peer.get(), patternOf(bytes));
    VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
    CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable >= 1; }));
    CHECK(isCalm(*scene.loop));
    Bytes into;
    CHECK(scene.ours.readInto(into) == Received::Kind::kEnd);
    CHECK_EQUAL(into.size(), bytes);
    CHECK(isCalm(*scene.loop));
  }
}

TEST("a connection with both halves ended keeps nobody busy, whoever was first") {
  for (const bool oursFirst : {true, false}) {
    Scene scene;
    if (oursFirst) scene.connection().shutdown();
    VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
    waitFor(scene.fd, POLLRDHUP);
    if (!oursFirst) scene.connection().shutdown();
    CHECK(isCalm(*scene.loop));
    Bytes bytes;
    CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
    CHECK(isCalm(*scene.loop));
  }
}

TEST("a reset is told although nobody reads and nothing is queued, and keeps nobody busy") {
  Scene scene;
  sendAll(scene.peer.get(), patternOf(1000));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable >= 1; }));
  CHECK(isCalm(*scene.loop));
  resetPeer(scene.peer);
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.broken >= 1; }));
  CHECK(isCalm(*scene.loop));
}

TEST("urgent data keeps nobody busy, read or not") {
  Scene scene;
  REQUIRE(::send(scene.peer.get(), "!", 1, MSG_OOB | MSG_NOSIGNAL) == 1);
  waitFor(scene.fd, POLLPRI);
  CHECK(isCalm(*scene.loop));
  Bytes bytes;
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kWait);
  CHECK(isCalm(*scene.loop));
  const int before = scene.ours.readable;
  sendAll(scene.peer.get(), bytesOf("x"));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable > before; }));
}

TEST("a close that waits for the peer keeps nobody busy, with output queued or not") {
  for (const size_t bytes : {size_t{0}, size_t{8} * 1024 * 1024}) {
    Scene scene;
    CHECK(scene.connection().writeOrQueue(patternOf(bytes)));
    CHECK(!scene.connection().close());
    CHECK(isCalm(*scene.loop));
    Heard heard;
    CHECK(turnUntil(*scene.loop, [&] {
      hear(scene.peer.get(), heard);
      return heard.ending == 0;
    }));
    CHECK_EQUAL(heard.bytes.size(), bytes);
    scene.peer.reset();
    CHECK(turnUntil(*scene.loop, [&] { return scene.ours.closed >= 1; }));
    CHECK(isCalm(*scene.loop));
  }
}

TEST("peers that nobody wants keep nobody busy, before the first demand and after the last") {
  const auto loop = makeLoop();
  auto listener = listenOn(loopback());
  const auto address = VALUE_OF(sockets::localAddress(listener.get()));
  Taking door(*loop, std::move(listener));
  std::vector<UniqueFd> callers;
  for (int i = 0; i < 3; ++i) callers.push_back(connectPeer(address));
  CHECK(isCalm(*loop));
  for (size_t taken = 1; taken <= 2; ++taken) {
    door.acceptor.setDemand(1);
    CHECK(turnUntil(*loop, [&] { return door.taken.size() == taken; }));
    CHECK(isCalm(*loop));
    CHECK_EQUAL(door.taken.size(), taken);
  }
  door.acceptor.setDemand(Acceptor::kUnlimited);
  CHECK(turnUntil(*loop, [&] { return door.taken.size() == 3; }));
  CHECK(isCalm(*loop));
  callers.push_back(connectPeer(address));
  CHECK(turnUntil(*loop, [&] { return door.taken.size() == 4; }));
  door.acceptor.setDemand(0);
  callers.push_back(connectPeer(address));
  CHECK(isCalm(*loop));
  CHECK_EQUAL(door.taken.size(), 4u);
}

class Outcome final : public Connector::Observer {
 public:
  void onConnected(UniqueFd) override { ++told; }
  void onFailed(const IoError& failed) override {
    ++told;
    error = failed.code;
  }
  int told = 0;
  int error = 0;
};

TEST("an attempt to connect that nobody answers keeps nobody busy until its time is over") {
  const auto loop = makeLoop();
  // A listener whose backlog is full.
  const auto listener = listenOn(loopback(), 0);
  const auto address = VALUE_OF(sockets::localAddress(listener.get()));
  std::vector<UniqueFd> waiting;
  waiting.push_back(connectPeer(address));
  for (int i = 0; i < 4; ++i) waiting.push_back(startPeer(address));
  Outcome outcome;
  Connector connector(*loop, VALUE_OF(sockets::createStream(AF_INET)), address, outcome);
  CHECK(connector.start(10 * kMillisecond));
  CHECK(isCalm(*loop));
  CHECK_EQUAL(outcome.told, 1);
  CHECK_EQUAL(outcome.error, ETIMEDOUT);
  CHECK(isCalm(*loop));
}

}  // namespace
