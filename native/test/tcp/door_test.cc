#include "core/tcp/door.h"

#include <optional>
#include <utility>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// A server with one place, which another thread takes at the worst of times: when this one has found it free.
struct Porch final : cotcp::Door::Host {
  std::unique_ptr<EventLoop> loop = makeLoop();
  std::shared_ptr<Quota> quota = std::make_shared<Quota>(Quota::Limits{1, Quota::kUnlimited, false});
  UniqueFd listener = listenOn(loopback());
  InetAddress address = VALUE_OF(sockets::localAddress(listener.get()));
  std::vector<Newcomer> newcomers;
  Quota::Ticket ofAnother;
  bool isTaken = false;
  int woken = 0;
  std::optional<cotcp::Door> door;

  Porch() {
    door.emplace(
        *loop, std::move(listener), quota, [this] { ++woken; }, *this);
    VALUE_OF(door->open());
    door->setWanted(true);
  }
  bool canAdmit() override {
    if (!std::exchange(isTaken, true)) {
      auto place = quota->enter(*InetAddress::parse("127.0.0.9", 1000));
      REQUIRE(place.has_value());
      ofAnother = std::move(*place);
    }
    return true;
  }
  void onNewcomer(Newcomer newcomer) override { newcomers.push_back(std::move(newcomer)); }
  void onDoorTrouble(int, int, bool) override {}
  bool untilHeld() {
    for (int turns = 0; turns < 500 && !door->holdsPeer(); ++turns) loop->turn(20);
    return door->holdsPeer();
  }
};

TEST("a peer whose place another thread has taken is let in when there is room, ahead of those who came later") {
  Porch scene;
  const auto first = connectPeer(scene.address);
  REQUIRE(scene.untilHeld());
  const auto second = connectPeer(scene.address);
  CHECK(settleDown(*scene.loop));
  CHECK(scene.newcomers.empty());
  scene.ofAnother.reset();
  CHECK_EQUAL(scene.woken, 1);
  scene.door->onRoom();
  CHECK(!scene.door->holdsPeer());
  REQUIRE(scene.newcomers.size() == 1);
  CHECK_EQUAL(scene.newcomers[0].peer.port(), VALUE_OF(sockets::localAddress(first.get())).port());
}

TEST("a peer that still waits for its place when the door goes sees a reset, not a clean end") {
  Porch scene;
  const auto peer = connectPeer(scene.address);
  REQUIRE(scene.untilHeld());
  scene.door.reset();
  CHECK_EQUAL(hearAll(peer.get()).ending, ECONNRESET);
}

}  // namespace
