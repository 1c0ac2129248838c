// Out of descriptors: peers are refused by RST, accepting pauses, and goes on when descriptors are free again.
#include <fcntl.h>
#include <sys/resource.h>

#include <optional>

#include "acceptor_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr rlim_t kLimit = 256;

// The descriptors of a process that may have few. Only in a child: the limit stays.
class Scarcity {
 public:
  Scarcity() {
    const rlimit limit{kLimit, kLimit};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  void takeAll() {
    for (;;) {
      UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!fd) break;
      taken_.push_back(std::move(fd));
    }
    REQUIRE(errno == EMFILE && !taken_.empty());
  }
  void giveBack(size_t count) {
    REQUIRE(count <= taken_.size());
    taken_.resize(taken_.size() - count);
  }

 private:
  std::vector<UniqueFd> taken_;
};

struct Exhausted {
  Scarcity scarcity;
  std::unique_ptr<EventLoop> loop = makeLoop();
  UniqueFd listener = listenOn(loopback());
  InetAddress address = VALUE_OF(sockets::localAddress(listener.get()));
  std::vector<UniqueFd> callers;
  std::optional<Taking> door;

  explicit Exhausted(size_t count, bool withSpare = true) {
    rehearse();
    for (size_t i = 0; i < count; ++i) callers.push_back(connectPeer(address));
    if (withSpare) door.emplace(*loop, std::move(listener));
    scarcity.takeAll();
    if (!withSpare) door.emplace(*loop, std::move(listener));
    door->acceptor.setDemand(Acceptor::kUnlimited);
  }
  // UBSan looks at an object through a pipe when it meets the type first: that has to be while there are descriptors.
  void rehearse() {
    auto stage = listenOn(loopback());
    const auto peer = connectPeer(stage.get());
    Taking rehearsal(*loop, std::move(stage));
    rehearsal.acceptor.setDemand(1);
    pass(kMillisecond);
    CHECK(turnUntil(*loop, [&] { return rehearsal.taken.size() == 1; }));
  }
  // Turns until so much time has passed: a fact of the same loop's timers, so that a busy machine changes nothing.
  void pass(Nanoseconds time) {
    bool passed = false;
    loop->timers().runAt(monotonicNow() + time, [&] { passed = true; });
    while (!passed) loop->turn(kPatience);
  }
};

TEST("out of descriptors, those who wait get a reset, told once") {
  inChild([] {
    Exhausted scene(30);
    scene.loop->turn(0);
    CHECK(scene.door->taken.empty());
    REQUIRE(scene.door->troubles.size() == 1);
    CHECK_EQUAL(scene.door->troubles[0].error, EMFILE);
    CHECK_EQUAL(scene.door->troubles[0].refused, 30);
    CHECK(scene.door->troubles[0].paused);
    for (const auto& caller : scene.callers) CHECK_EQUAL(hearAll(caller.get()).ending, ECONNRESET);
  });
}

TEST("more peers than a turn refuses are refused by and by") {
  inChild([] {
    Exhausted scene(150);
    CHECK(turnUntil(*scene.loop, [&] { return scene.door->refused() == 150; }));
    CHECK(scene.door->taken.empty());
    CHECK_EQUAL(scene.door->troubles.size(), 3u);
    for (const auto& caller : scene.callers) CHECK_EQUAL(hearAll(caller.get()).ending, ECONNRESET);
  });
}

TEST("within 100 ms of descriptors being free again peers are taken") {
  for (const bool withSpare : {true, false}) {
    inChild([withSpare] {
      Exhausted scene(30, withSpare);
      scene.pass(350 * kMillisecond);  // long enough for the longest back-off
      CHECK(scene.door->taken.empty());
      CHECK_EQUAL(scene.door->refused(), withSpare ? 30 : 0);
      scene.scarcity.giveBack(40);
      if (withSpare) scene.callers.push_back(connectPeer(scene.address));
      scene.pass(100 * kMillisecond);
      CHECK_EQUAL(scene.door->taken.size(), withSpare ? 1u : 30u);
    });
  }
}

TEST("without a spare descriptor accepting only pauses, tells so at each pause, and does not spin") {
  inChild([] {
    Exhausted scene(30, false);
    const uint64_t before = scene.loop->iterations();
    scene.pass(500 * kMillisecond);
    // Pauses of 10, 20, 40 and from then on 80 ms.
    CHECK(scene.door->troubles.size() <= 10);
    CHECK(scene.loop->iterations() - before <= 30);
    for (const auto& trouble : scene.door->troubles) {
      CHECK(trouble.error == EMFILE && trouble.refused == 0 && trouble.paused);
    }
    for (const auto& caller : scene.callers) CHECK(!isReady(caller.get(), POLLIN));
  });
}

TEST("a spare that could not be had at first is had later") {
  inChild([] {
    Exhausted scene(1, false);
    scene.pass(50 * kMillisecond);
    scene.scarcity.giveBack(2);  // one for the spare, one for the peer
    scene.pass(100 * kMillisecond);
    CHECK_EQUAL(scene.door->taken.size(), 1u);
    scene.scarcity.giveBack(1);
    scene.callers.push_back(connectPeer(scene.address));
    CHECK(turnUntil(*scene.loop, [&] { return scene.door->refused() == 1; }));
    CHECK_EQUAL(hearAll(scene.callers.back().get()).ending, ECONNRESET);
  });
}

TEST("the last descriptor taken by the last peer is no trouble") {
  inChild([] {
    Exhausted scene(1);
    scene.scarcity.giveBack(1);
    CHECK(settleDown(*scene.loop));
    CHECK_EQUAL(scene.door->taken.size(), 1u);
    CHECK(scene.door->troubles.empty());
    CHECK_EQUAL(scene.loop->timers().size(), 0u);
  });
}

TEST("an acceptor that is destroyed while it pauses leaves no timer behind") {
  inChild([] {
    Exhausted scene(3, false);
    scene.loop->turn(0);
    CHECK_EQUAL(scene.door->troubles.size(), 1u);
    CHECK_EQUAL(scene.loop->timers().size(), 1u);
    scene.door.reset();
    CHECK_EQUAL(scene.loop->timers().size(), 0u);
    scene.pass(50 * kMillisecond);
  });
}

TEST("connections that live are served while accepting pauses") {
  inChild([] {
    Exhausted scene(1);
    scene.scarcity.giveBack(1);
    CHECK(settleDown(*scene.loop));
    REQUIRE(scene.door->taken.size() == 1);
    scene.scarcity.giveBack(1);
    scene.callers.push_back(connectPeer(scene.address));
    CHECK(turnUntil(*scene.loop, [&] { return scene.door->refused() == 1; }));
    sendAll(scene.callers[0].get(), bytesOf("x"));
    waitFor(scene.door->taken[0].get(), POLLIN);
  });
}

}  // namespace
