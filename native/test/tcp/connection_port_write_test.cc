// The writing half of a ConnectionPort, and its endings.
#include "port_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr size_t kMuch = 8 * 1024 * 1024;

TEST("a write that the kernel takes leaves the connection unblocked") {
  PortScene scene;
  CHECK_EQUAL(scene.port->write(bytesOf("hello"), false), 5);
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 0);
  CHECK_EQUAL(TurnBudget::kTurnBytes - scene.memory.control(layout::kCreditBytes), 5);
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
}

TEST("a write that the kernel does not take whole blocks, and kWritable tells when it goes on") {
  PortScene scene;
  const Bytes all = patternOf(kMuch);
  auto sent = static_cast<size_t>(scene.port->write(all, false));
  CHECK(sent > 0 && sent < kMuch);
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 1);
  CHECK(isResetArmed(scene.fd));
  CHECK(scene.isAtRest());
  Heard heard;
  CHECK(scene.turnUntil([&] {
    hear(scene.peer.get(), heard);
    if (scene.told.empty()) return false;
    CHECK(scene.told[0].is(Kind::kWritable));
    CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 0);
    scene.told.clear();
    sent += static_cast<size_t>(scene.port->write(std::span(all).subspan(sent), false));
    return sent == kMuch;
  }));
  CHECK(!isResetArmed(scene.fd));
  CHECK(scene.turnUntil([&] {
    hear(scene.peer.get(), heard);
    return heard.bytes.size() == kMuch;
  }));
  CHECK(heard.bytes == all);
}

TEST("what is posted goes out whole and in order, and senders are blocked until it has") {
  PortScene scene;
  const Bytes all = patternOf(kMuch);
  for (size_t at = 0; at < kMuch; at += kMuch / 16) scene.port->writePosted(std::span(all).subspan(at, kMuch / 16));
  CHECK(scene.port->connection().outputBytes() > 0);
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 1);
  Heard heard;
  CHECK(scene.turnUntil([&] {
    hear(scene.peer.get(), heard);
    return heard.bytes.size() == kMuch;
  }));
  CHECK(heard.bytes == all);
  REQUIRE(scene.told.size() == 1);
  CHECK(scene.told[0].is(Kind::kWritable));
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 0);
}

TEST("bytes posted before a sender's turn leave the reset armed") {
  PortScene scene;
  scene.port->hold();
  scene.port->writePosted(bytesOf("posted before"));
  CHECK(isResetArmed(scene.fd));
  CHECK_EQUAL(scene.port->write({}, false), 0);
  CHECK(!isResetArmed(scene.fd));
}

TEST("an event that finds the ring full tells kWritable later") {
  PortScene scene;
  scene.port->write(Bytes(kMuch), true);
  CHECK(scene.isAtRest());
  for (Heard heard; !isAwake(*scene.loop);) {
    waitFor(scene.peer.get(), POLLIN);
    hear(scene.peer.get(), heard);
  }
  for (int turns = 0; turns < 2; ++turns) {
    scene.turnWithoutRoom();
    CHECK(scene.told.empty());
    CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 1);
  }
  scene.turn();
  REQUIRE(scene.told.size() == 1);
  CHECK(scene.told[0].is(Kind::kWritable));
  CHECK_EQUAL(scene.flag(layout::kFlagBlocked), 0);
}

TEST("a write or a post to a peer that is gone ends the connection, told once") {
  for (const bool posted : {false, true}) {
    PortScene scene;
    resetPeer(scene.peer);
    waitFor(scene.fd, POLLERR);
    if (posted) {
      scene.port->writePosted(bytesOf("x"));
    } else {
      CHECK_EQUAL(scene.port->write(bytesOf("x"), false), -ECONNRESET);
      CHECK_EQUAL(scene.port->write(bytesOf("x"), false), -ECONNRESET);
    }
    CHECK(scene.turnUntilTold(1));
    CHECK(scene.told[0].is(Kind::kEnded, ECONNRESET, 1));
    CHECK(scene.isAtRest());
  }
}

TEST("a close is told at the peer's FIN, in good order, once") {
  PortScene scene;
  scene.want(layout::kWantData);
  CHECK(!scene.port->close());
  sendAll(scene.peer.get(), bytesOf("dropped"));
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
  scene.peer.reset();
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kEnded, 0, 0));
  CHECK(scene.isAtRest());
}

TEST("the end of a close waits for room in the ring") {
  PortScene scene;
  CHECK(!scene.port->close());
  scene.peer.reset();
  waitFor(scene.fd, POLLRDHUP);
  scene.turnWithoutRoom();
  scene.turnWithoutRoom();
  CHECK(scene.told.empty());
  scene.turn();
  REQUIRE(scene.told.size() == 1);
  CHECK(scene.told[0].is(Kind::kEnded, 0, 0));
  CHECK(scene.isAtRest());
}

TEST("a connection released with completions still to come is told of no more") {
  PortScene scene;
  scene.want(layout::kWantData);
  sendAll(scene.peer.get(), bytesOf("hello"));
  waitFor(scene.fd, POLLIN);
  scene.slots.release(scene.id);
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
}

TEST("a new connection finds the flags of its slot cleared") {
  Bench bench;
  const SlotId id = *bench.slots.reserve();
  for (const layout::Flag flag : {layout::kFlagReadable, layout::kFlagWantRead, layout::kFlagBlocked}) {
    bench.memory.flag(id.slot, flag) = 1;
  }
  TcpPair pair;
  const ConnectionPort port(bench.context, id, std::move(pair.ours), {}, false);
  for (const layout::Flag flag : {layout::kFlagReadable, layout::kFlagWantRead, layout::kFlagBlocked}) {
    CHECK_EQUAL(bench.memory.flag(id.slot, flag), 0);
  }
}

}  // namespace
