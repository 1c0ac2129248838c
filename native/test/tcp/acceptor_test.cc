#include "acceptor_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

struct Door {
  std::unique_ptr<EventLoop> loop = makeLoop();
  UniqueFd listener = listenOn(loopback());
  InetAddress address = VALUE_OF(sockets::localAddress(listener.get()));
  Taking door{*loop, std::move(listener)};

  std::vector<UniqueFd> callers(size_t count) const {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < count; ++i) peers.push_back(connectPeer(address));
    return peers;
  }
  // Every turn that anything asks for.
  void rest() { CHECK(settleDown(*loop)); }
};

TEST("without demand peers stay in the backlog, and the loop at rest") {
  Door scene;
  const auto callers = scene.callers(5);
  scene.rest();
  CHECK(scene.door.taken.empty());
  CHECK(!isAwake(*scene.loop));
}

TEST("a demand for n takes exactly n, and the next demand those who waited") {
  Door scene;
  const auto callers = scene.callers(5);
  scene.rest();
  scene.door.acceptor.setDemand(2);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 2u);
  const auto more = scene.callers(2);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 2u);
  scene.door.acceptor.setDemand(1);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 3u);
  scene.door.acceptor.setDemand(Acceptor::kUnlimited);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 7u);
  const auto last = scene.callers(1);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 8u);
}

TEST("peers are told with their addresses, in the order of their coming") {
  Door scene;
  scene.door.acceptor.setDemand(Acceptor::kUnlimited);
  const auto callers = scene.callers(10);
  scene.rest();
  REQUIRE(scene.door.peers.size() == 10);
  for (size_t i = 0; i < 10; ++i) {
    CHECK(scene.door.peers[i].sameEndpoint(VALUE_OF(sockets::localAddress(callers[i].get()))));
  }
}

TEST("one turn takes 16 peers at the most, and the next go on") {
  Door scene;
  const auto callers = scene.callers(50);
  scene.rest();
  scene.door.acceptor.setDemand(Acceptor::kUnlimited);
  for (const size_t expected : {16u, 32u, 48u, 50u}) {
    scene.loop->turn(0);
    CHECK_EQUAL(scene.door.taken.size(), expected);
  }
  scene.rest();
  CHECK(scene.door.troubles.empty());
}

TEST("an observer that cannot take now is asked again in the next turn") {
  Door scene;
  scene.door.acceptor.setDemand(Acceptor::kUnlimited);
  scene.door.ready = false;
  const auto callers = scene.callers(3);
  for (int turns = 0; turns < 5; ++turns) scene.loop->turn(0);
  CHECK(scene.door.taken.empty());
  CHECK(isAwake(*scene.loop));
  scene.door.ready = true;
  scene.loop->turn(0);
  CHECK_EQUAL(scene.door.taken.size(), 3u);
}

TEST("peers that are gone before they are taken end by themselves and cost the listener nothing") {
  const size_t before = openDescriptors();
  {
    Door scene;
    for (auto& caller : scene.callers(100)) resetPeer(caller);
    const auto alive = scene.callers(1);
    scene.door.acceptor.setDemand(Acceptor::kUnlimited);
    scene.rest();
    REQUIRE(!scene.door.taken.empty());
    CHECK(scene.door.troubles.empty());
    for (size_t i = 0; i + 1 < scene.door.taken.size(); ++i) {
      CHECK_EQUAL(hearAll(scene.door.taken[i].get()).ending, ECONNRESET);
    }
    sendAll(alive[0].get(), bytesOf("x"));
    waitFor(scene.door.taken.back().get(), POLLIN);
    Bytes byte(1);
    CHECK_EQUAL(VALUE_OF(sockets::receive(scene.door.taken.back().get(), byte)), 1u);
  }
  CHECK_EQUAL(openDescriptors(), before);
}

TEST("acceptNow takes one peer whatever the demand, and says EAGAIN if nobody waits") {
  Door scene;
  const auto callers = scene.callers(2);
  InetAddress peer;
  for (size_t i = 0; i < 2; ++i) {
    const auto fd = VALUE_OF(scene.door.acceptor.acceptNow(peer));
    CHECK(peer.sameEndpoint(VALUE_OF(sockets::localAddress(callers[i].get()))));
  }
  const auto none = scene.door.acceptor.acceptNow(peer);
  CHECK(!none && none.error().code == EAGAIN);
  const auto later = scene.callers(1);
  scene.door.acceptor.setDemand(1);
  scene.rest();
  CHECK_EQUAL(scene.door.taken.size(), 1u);
}

TEST("an acceptor that is destroyed gives back its descriptors and resets who waits") {
  const auto loop = makeLoop();
  const size_t before = openDescriptors();
  UniqueFd caller;
  {
    auto listener = listenOn(loopback());
    const auto address = VALUE_OF(sockets::localAddress(listener.get()));
    Taking door(*loop, std::move(listener));
    door.acceptor.setDemand(Acceptor::kUnlimited);
    caller = connectPeer(address);
  }
  CHECK_EQUAL(openDescriptors(), before + 1);
  CHECK_EQUAL(hearAll(caller.get()).ending, ECONNRESET);
  CHECK(settleDown(*loop));
}

}  // namespace
