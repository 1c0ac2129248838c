#include "core/tcp/acceptor_port.h"

#include "port_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

struct DoorScene : Bench {
  InetAddress address;
  SlotId id;
  AcceptorPort* port;

  explicit DoorScene(size_t capacity = 64, bool resetUnlessClosed = false) : Bench(capacity) {
    auto listener = listenOn(loopback());
    if (resetUnlessClosed) VALUE_OF(sockets::setResetOnClose(listener.get(), true));
    address = VALUE_OF(sockets::localAddress(listener.get()));
    id = *slots.reserve();
    auto owned = std::make_unique<AcceptorPort>(context, id, std::move(listener), resetUnlessClosed);
    port = owned.get();
    VALUE_OF(port->open());
    slots.set(id, std::move(owned));
  }
  ConnectionPort* connectionOf(const Told& accepted) {
    Port* found = slots.find(static_cast<uint32_t>(accepted.a), static_cast<uint32_t>(accepted.b));
    return found != nullptr && found->kind() == PortKind::kConnection ? static_cast<ConnectionPort*>(found) : nullptr;
  }
};

TEST("a peer becomes a connection with a slot of its own and both its addresses") {
  DoorScene scene;
  scene.port->acceptor().setDemand(Acceptor::kUnlimited);
  const auto peer = connectPeer(scene.address);
  CHECK(scene.turnUntilTold(1));
  REQUIRE(scene.told.size() == 1 && scene.told[0].kind == Kind::kAccepted);
  CHECK_EQUAL(scene.told[0].id.slot, scene.id.slot);
  ConnectionPort* port = scene.connectionOf(scene.told[0]);
  REQUIRE(port != nullptr);
  const auto& endpoints = port->connection().endpoints();
  CHECK(endpoints.local.sameEndpoint(scene.address));
  CHECK(endpoints.peer.sameEndpoint(VALUE_OF(sockets::localAddress(peer.get()))));
  CHECK_EQUAL(port->write(bytesOf("hi"), false), 2);
  waitFor(peer.get(), POLLIN);
}

TEST("bytes that came before the accept are told after it") {
  DoorScene scene;
  const auto peer = connectPeer(scene.address);
  sendAll(peer.get(), bytesOf("early"));
  scene.port->acceptor().setDemand(1);
  CHECK(scene.turnUntilTold(1));
  const auto slot = static_cast<uint32_t>(scene.told[0].a);
  scene.memory.flag(slot, layout::kFlagWantRead) = layout::kWantData;
  CHECK(scene.turnUntilTold(2));
  CHECK(scene.told[1].bytes == bytesOf("early"));
}

TEST("while the ring is full nobody is taken, and all are afterwards") {
  DoorScene scene;
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connectPeer(scene.address));
  scene.port->acceptor().setDemand(Acceptor::kUnlimited);
  scene.turnWithoutRoom();
  scene.turnWithoutRoom();
  CHECK(scene.told.empty());
  scene.turn();
  CHECK_EQUAL(scene.told.size(), 3u);
}

TEST("a turn tells no more peers than the ring has room for") {
  DoorScene scene;
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 40; ++i) peers.push_back(connectPeer(scene.address));
  scene.port->acceptor().setDemand(Acceptor::kUnlimited);
  scene.beginTurn();
  while (scene.completions.size() < layout::kCompletions - 10) scene.completions.push({0, 0}, Kind::kTimer);
  scene.endTurn(0, scene.completions.size());
  CHECK(scene.completions.size() <= layout::kCompletions);
  CHECK(!scene.told.empty() && scene.told.size() <= 10);
  CHECK(scene.turnUntilTold(40));
  CHECK(scene.isAtRest());
  CHECK_EQUAL(scene.told.size(), 40u);
}

TEST("a peer for whom there is no slot is reset and told") {
  DoorScene scene(2);  // the listener and one more
  scene.port->acceptor().setDemand(Acceptor::kUnlimited);
  const auto first = connectPeer(scene.address);
  CHECK(scene.turnUntilTold(1));
  const auto second = connectPeer(scene.address);
  CHECK(scene.turnUntilTold(2));
  CHECK(scene.told[1].is(Kind::kAcceptTrouble, ENFILE, 1));
  CHECK_EQUAL(scene.told[1].c, 0);
  CHECK_EQUAL(hearAll(second.get()).ending, ECONNRESET);
  scene.slots.release({static_cast<uint32_t>(scene.told[0].a), static_cast<uint32_t>(scene.told[0].b)});
  scene.turn();
  const auto third = connectPeer(scene.address);
  CHECK(scene.turnUntilTold(3));
  CHECK(scene.told[2].kind == Kind::kAccepted);
}

TEST("acceptNow makes a connection at once, without a completion") {
  DoorScene scene;
  CHECK(scene.port->acceptNow().error().code == EAGAIN);
  const auto peer = connectPeer(scene.address);
  const SlotId id = VALUE_OF(scene.port->acceptNow());
  CHECK(scene.slots.find(id) != nullptr);
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
}

TEST("resetUnlessClosed is the listener's option: a taken peer has it from the first") {
  DoorScene scene(64, true);
  const auto peer = connectPeer(scene.address);
  const SlotId id = VALUE_OF(scene.port->acceptNow());
  auto* port = static_cast<ConnectionPort*>(scene.slots.find(id));
  CHECK(isResetArmed(port->connection().fd()));
  scene.slots.release(id);
  CHECK_EQUAL(hearAll(peer.get()).ending, ECONNRESET);
}

}  // namespace
