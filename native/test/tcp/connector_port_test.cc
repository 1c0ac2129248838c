#include "core/tcp/connector_port.h"

#include "port_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

struct AttemptScene : Bench {
  SlotId id;
  ConnectorPort* port;

  explicit AttemptScene(const InetAddress& peer) {
    id = *slots.reserve();
    auto owned =
        std::make_unique<ConnectorPort>(context, id, VALUE_OF(sockets::createStream(peer.family())), peer, false);
    port = owned.get();
    slots.set(id, std::move(owned));
  }
  ConnectionPort* connection() {
    Port* found = slots.find(id);
    return found != nullptr && found->kind() == PortKind::kConnection ? static_cast<ConnectionPort*>(found) : nullptr;
  }
};

InetAddress refusedAddress(UniqueFd& holder) {
  holder = VALUE_OF(sockets::createStream(AF_INET));
  VALUE_OF(sockets::bind(holder.get(), loopback()));
  return VALUE_OF(sockets::localAddress(holder.get()));
}

TEST("a connector that has connected is a connection under the same slot") {
  const auto listener = listenOn(loopback());
  const auto address = VALUE_OF(sockets::localAddress(listener.get()));
  AttemptScene scene(address);
  CHECK(scene.port->start(std::nullopt));
  CHECK(scene.connection() == nullptr);
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kConnected));
  CHECK_EQUAL(scene.told[0].id.slot, scene.id.slot);
  CHECK_EQUAL(scene.told[0].id.generation, scene.id.generation);
  REQUIRE(scene.connection() != nullptr);
  InetAddress peer;
  const auto accepted = VALUE_OF(sockets::accept(listener.get(), peer));
  const auto& endpoints = scene.connection()->connection().endpoints();
  CHECK(endpoints.peer.sameEndpoint(address));
  CHECK(endpoints.local.sameEndpoint(peer));
  scene.memory.flag(scene.id.slot, layout::kFlagWantRead) = layout::kWantData;
  sendAll(accepted.get(), bytesOf("hello"));
  CHECK(scene.turnUntilTold(2));
  CHECK(scene.told[1].bytes == bytesOf("hello"));
}

TEST("a refused connect is told with its errno and the name of the call") {
  UniqueFd holder;
  AttemptScene scene(refusedAddress(holder));
  if (!scene.port->start(std::nullopt)) return;
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told[0].is(Kind::kConnectFailed, ECONNREFUSED, syscallIndex("connect")));
  CHECK(scene.isAtRest());
  CHECK(scene.connection() == nullptr);
}

TEST("what a connect came to waits for room in the ring") {
  for (const bool refused : {false, true}) {
    UniqueFd holder;
    const auto listener = listenOn(loopback());
    AttemptScene scene(refused ? refusedAddress(holder) : VALUE_OF(sockets::localAddress(listener.get())));
    if (!scene.port->start(std::nullopt)) continue;
    for (int turns = 0; turns < 10; ++turns) scene.turnWithoutRoom();
    CHECK(scene.told.empty());
    scene.turn();
    REQUIRE(scene.told.size() == 1);
    CHECK(scene.told[0].kind == (refused ? Kind::kConnectFailed : Kind::kConnected));
    CHECK(scene.isAtRest());
  }
}

TEST("a connect that is released before it is told is not told, its slot's next owner is left alone") {
  const auto listener = listenOn(loopback());
  AttemptScene scene(VALUE_OF(sockets::localAddress(listener.get())));
  const size_t before = openDescriptors();
  CHECK(scene.port->start(std::nullopt));
  for (int turns = 0; turns < 10; ++turns) scene.turnWithoutRoom();
  scene.slots.release(scene.id);
  CHECK_EQUAL(openDescriptors(), before - 1);
  CHECK(scene.isAtRest());
  CHECK(scene.told.empty());
}

TEST("system calls are numbered as JavaScript names them") {
  const char* const names[] = {"read", "write", "connect", "accept"};
  for (int32_t index = 0; index < 4; ++index) CHECK_EQUAL(syscallIndex(names[index]), index);
  CHECK_EQUAL(syscallIndex("recv"), 0);
  CHECK_EQUAL(syscallIndex("send"), 1);
  CHECK_EQUAL(syscallIndex("shutdown"), 1);
}

}  // namespace
