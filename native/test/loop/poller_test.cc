#include "core/loop/poller.h"

#include <sys/time.h>

#include <csignal>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("a level is told as long as it lasts, and only for reading") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop, Trigger::kLevel);
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 0);
  endpoint.sockets.peerWrites();
  loop->turn(0);
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 2);
  CHECK_EQUAL(endpoint.lastEvents, Events{kReadable});
  endpoint.sockets.read();
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 2);
}

TEST("the peer's FIN and the hang-up of both halves are told apart") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  settleDown(*loop);
  ::shutdown(endpoint.sockets.theirs.get(), SHUT_WR);
  loop->turn(0);
  CHECK_EQUAL(endpoint.lastEvents & (kReadable | kPeerFin | kHangUp), Events{kReadable | kPeerFin});
  endpoint.sockets.theirs.reset();
  loop->turn(0);
  CHECK((endpoint.lastEvents & kHangUp) != 0);
}

TEST("a reset is told as an error") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  settleDown(*loop);
  REQUIRE(::send(endpoint.sockets.ours.get(), "x", 1, 0) == 1);
  endpoint.sockets.theirs.reset();  // with a byte unread: a unix socket tells ECONNRESET
  loop->turn(0);
  CHECK((endpoint.lastEvents & kError) != 0);
}

TEST("a stale id finds nobody, nor does an id by default") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  const ChannelId id = endpoint.channel.id();
  CHECK(loop->poller().find(id) == &endpoint.channel);
  CHECK(loop->poller().find({}) == nullptr);
  CHECK(loop->poller().find({.slot = 1'000'000, .generation = 1}) == nullptr);
  endpoint.channel.close();
  CHECK(loop->poller().find(id) == nullptr);
  CHECK(endpoint.channel.id() == ChannelId{});
}

TEST("a freed slot is given again only from the next wait on, and under another generation") {
  const auto loop = makeLoop();
  Endpoint first(*loop);
  const ChannelId old = first.channel.id();
  first.channel.close();
  Endpoint second(*loop);
  CHECK(second.channel.id().slot != old.slot);
  loop->turn(0);
  Endpoint third(*loop);
  CHECK_EQUAL(third.channel.id().slot, old.slot);
  CHECK(third.channel.id().generation != old.generation);
  CHECK(loop->poller().find(old) == nullptr);
}

TEST("a callback that closes 15 of a batch of 30 and opens 15 with their descriptors has none of these hear of it") {
  const auto loop = makeLoop();
  for (int round = 0; round < 300; ++round) {
    std::vector<std::unique_ptr<Endpoint>> old;
    for (int i = 0; i < 30; ++i) old.push_back(std::make_unique<Endpoint>(*loop));
    settleDown(*loop);

    std::vector<std::unique_ptr<Endpoint>> fresh;
    bool replaced = false;
    int heardByOld = 0;
    for (auto& endpoint : old) {
      endpoint->sockets.peerWrites();
      endpoint->onEvents = [&, self = endpoint.get()](Events) {
        ++heardByOld;
        if (std::exchange(replaced, true)) return;
        std::vector<int> freed;
        int closed = 0;
        for (auto& other : old) {
          if (closed == 15 || other.get() == self) continue;
          freed.push_back(other->sockets.ours.get());
          other.reset();
          ++closed;
        }
        for (int i = 0; i < 15; ++i) fresh.push_back(std::make_unique<Endpoint>(*loop));
        int sameNumbers = 0;
        for (const auto& endpoint2 : fresh) {
          for (const int fd : freed) sameNumbers += endpoint2->sockets.ours.get() == fd ? 1 : 0;
        }
        CHECK(sameNumbers > 0);  // else this test would prove nothing
      };
    }
    loop->turn(0);
    CHECK_EQUAL(heardByOld, 15);
    for (const auto& endpoint : fresh) CHECK_EQUAL(endpoint->eventCount, 0);
    loop->turn(0);
    for (const auto& endpoint : fresh) CHECK_EQUAL(endpoint->lastEvents, Events{kWritable});
  }
}

TEST("a handler may destroy itself") {
  const auto loop = makeLoop();
  auto endpoint = std::make_unique<Endpoint>(*loop);
  endpoint->onEvents = [&](Events) { endpoint.reset(); };
  loop->turn(0);
  CHECK(!endpoint);
  loop->turn(0);
}

TEST("each of two handlers may destroy the other, and one of them hears") {
  const auto loop = makeLoop();
  auto a = std::make_unique<Endpoint>(*loop);
  auto b = std::make_unique<Endpoint>(*loop);
  int heard = 0;
  a->onEvents = [&](Events) {
    ++heard;
    b.reset();
  };
  b->onEvents = [&](Events) {
    ++heard;
    a.reset();
  };
  loop->turn(0);
  CHECK_EQUAL(heard, 1);
  CHECK(!a != !b);
}

TEST("a wait that a signal interrupts is a batch without events") {
  const auto poller = VALUE_OF(testPoller()());
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval soon{{0, 1000}, {0, 1000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
  CHECK(poller->wait(-1).empty());  // returns at all: only the signal can end it
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
}

}  // namespace
