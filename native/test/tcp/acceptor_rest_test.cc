#include "acceptor_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr Nanoseconds kRest = 30 * kMillisecond;

struct Resting {
  std::unique_ptr<EventLoop> loop = makeLoop();
  UniqueFd listener = listenOn(loopback());
  InetAddress address = VALUE_OF(sockets::localAddress(listener.get()));
  std::unique_ptr<Taking> door = std::make_unique<Taking>(*loop, std::move(listener));

  Resting() {
    door->rest = kRest;
    door->acceptor.setDemand(Acceptor::kUnlimited);
  }
  std::vector<UniqueFd> callers(size_t count) const {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < count; ++i) peers.push_back(connectPeer(address));
    return peers;
  }
  bool untilTaken(size_t count) {
    for (int turns = 0; turns < 500 && door->taken.size() < count; ++turns) loop->turn(20);
    return door->taken.size() == count;
  }
};

TEST("who comes during a rest is taken when it is over, not before, and together with the others") {
  Resting scene;
  const auto first = scene.callers(1);
  const Nanoseconds start = monotonicNow();
  REQUIRE(scene.untilTaken(1));
  const int rounds = scene.door->rounds;
  const auto more = scene.callers(5);
  CHECK(scene.untilTaken(6));
  CHECK(monotonicNow() - start >= kRest);
  CHECK_EQUAL(scene.door->rounds, rounds + 1);
  CHECK(scene.door->troubles.empty());
}

TEST("there is no rest while more wait than a turn takes") {
  Resting scene;
  CHECK(settleDown(*scene.loop));
  const auto callers = scene.callers(20);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.door->taken.size(), 16u);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.door->taken.size(), 20u);
}

TEST("a rest that nobody comes in ends, and the next peer is taken") {
  Resting scene;
  const auto first = scene.callers(1);
  REQUIRE(scene.untilTaken(1));
  for (int turns = 0; turns < 500 && scene.loop->timers().size() > 0; ++turns) scene.loop->turn(20);
  CHECK(settleDown(*scene.loop));
  CHECK_EQUAL(scene.loop->timers().size(), 0u);
  const auto second = scene.callers(1);
  CHECK(scene.untilTaken(2));
}

TEST("without demand at the end of a rest peers stay in the backlog until there is some") {
  Resting scene;
  const auto first = scene.callers(1);
  REQUIRE(scene.untilTaken(1));
  scene.door->acceptor.setDemand(0);
  const auto second = scene.callers(1);
  for (int turns = 0; turns < 500 && scene.loop->timers().size() > 0; ++turns) scene.loop->turn(20);
  CHECK_EQUAL(scene.door->taken.size(), 1u);
  scene.door->acceptor.setDemand(Acceptor::kUnlimited);
  CHECK(scene.untilTaken(2));
}

TEST("an acceptor that is destroyed while it rests leaves no timer behind") {
  Resting scene;
  const auto first = scene.callers(1);
  REQUIRE(scene.untilTaken(1));
  CHECK_EQUAL(scene.loop->timers().size(), 1u);
  scene.door.reset();
  CHECK_EQUAL(scene.loop->timers().size(), 0u);
  CHECK(settleDown(*scene.loop));
}

}  // namespace
