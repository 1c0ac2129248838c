// What the poller on poll(2) alone does; what both pollers do is in poller_test.cc.
#include <fcntl.h>

#include <algorithm>
#include <random>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

using Endpoints = std::vector<std::unique_ptr<Endpoint>>;

std::unique_ptr<EventLoop> makePollLoop() { return makeLoop(createPollPoller); }

Endpoints makeEndpoints(EventLoop& loop, size_t count, Trigger trigger = Trigger::kLevel) {
  Endpoints endpoints;
  for (size_t i = 0; i < count; ++i) endpoints.push_back(std::make_unique<Endpoint>(loop, trigger));
  return endpoints;
}

// Each endpoint that has something to read hears of it, once in a turn, and no other does.
void checkThatEachHears(EventLoop& loop, const Endpoints& endpoints) {
  for (size_t i = 0; i < endpoints.size(); ++i) {
    for (const auto& endpoint : endpoints) endpoint->eventCount = 0;
    endpoints[i]->sockets.peerWrites();
    loop.turn(0);
    for (size_t other = 0; other < endpoints.size(); ++other) {
      CHECK_EQUAL(endpoints[other]->eventCount, other == i ? 1 : 0);
    }
    endpoints[i]->sockets.read();
  }
}

TEST("it has no descriptor that another loop could watch") { CHECK_EQUAL(makePollLoop()->descriptor(), -1); }

TEST("the last one takes the place of the first, of one in the middle, and of itself") {
  for (const ptrdiff_t removed : {0, 2, 4}) {
    const auto loop = makePollLoop();
    auto endpoints = makeEndpoints(*loop, 5);
    endpoints.erase(endpoints.begin() + removed);
    checkThatEachHears(*loop, endpoints);
  }
}

TEST("whatever is removed and added in whatever order, each hears of its own events") {
  const auto loop = makePollLoop();
  std::mt19937 random(4);
  Endpoints endpoints;
  for (int round = 0; round < 300; ++round) {
    if (endpoints.size() < 2 || (endpoints.size() < 12 && random() % 2 == 0)) {
      endpoints.push_back(std::make_unique<Endpoint>(*loop, Trigger::kLevel));
    } else {
      endpoints.erase(endpoints.begin() + static_cast<ptrdiff_t>(random() % endpoints.size()));
    }
    if (round % 10 == 0) checkThatEachHears(*loop, endpoints);
  }
}

TEST(
    "one that removes itself, its neighbours or the last during dispatch leaves the others of the batch their events") {
  for (size_t removed = 0; removed < 6; ++removed) {
    for (size_t remover = 0; remover < 6; ++remover) {
      const auto loop = makePollLoop();
      auto endpoints = makeEndpoints(*loop, 6);
      std::vector<int> heard(6);
      for (size_t i = 0; i < 6; ++i) {
        endpoints[i]->sockets.peerWrites();
        endpoints[i]->onEvents = [&, i](Events) {
          ++heard[i];
          if (i == remover) endpoints[removed].reset();
        };
      }
      loop->turn(0);
      // One that goes before its turn has come hears nothing.
      for (size_t i = 0; i < 6; ++i) CHECK_EQUAL(heard[i], i == removed && remover < removed ? 0 : 1);
      std::erase(endpoints, nullptr);
      for (const auto& endpoint : endpoints) endpoint->sockets.read();
      checkThatEachHears(*loop, endpoints);
    }
  }
}

TEST("a channel that a handler adds during dispatch hears from the next wait on") {
  const auto loop = makePollLoop();
  Endpoint first(*loop, Trigger::kLevel);
  std::unique_ptr<Endpoint> second;
  first.onEvents = [&](Events) {
    second = std::make_unique<Endpoint>(*loop, Trigger::kLevel);
    second->sockets.peerWrites();
  };
  first.sockets.peerWrites();
  loop->turn(0);
  REQUIRE(second != nullptr);
  CHECK_EQUAL(second->eventCount, 0);
  loop->turn(0);
  CHECK_EQUAL(second->eventCount, 1);
}

TEST("a batch has no limit: a hundred that are ready are told in one wait") {
  const auto loop = makePollLoop();
  const auto endpoints = makeEndpoints(*loop, 100);
  for (const auto& endpoint : endpoints) endpoint->sockets.peerWrites();
  CHECK_EQUAL(loop->poller().wait(0).size(), 100u);
}

// An endpoint that does not forget by itself what it has heard.
struct Stubborn {
  std::unique_ptr<EventLoop> loop = makePollLoop();
  Endpoint endpoint{*loop};

  Stubborn() { want(0); }
  void want(Events events) {
    endpoint.channel.setInterest(kReadable | kWritable | kHangUp, false);
    endpoint.channel.setInterest(events, true);
  }
  // What the next wait tells, 0 for nothing.
  Events told() {
    const auto events = loop->poller().wait(0);
    REQUIRE(events.size() <= 1);
    return events.empty() ? 0 : events[0].events;
  }
};

TEST("what is of interest is told as long as it lasts, and nothing else") {
  Stubborn one;
  one.endpoint.sockets.peerWrites();
  CHECK_EQUAL(one.told(), Events{0});
  one.want(kReadable);
  for (int i = 0; i < 2; ++i) CHECK_EQUAL(one.told(), Events{kReadable});
  one.want(kWritable);
  for (int i = 0; i < 2; ++i) CHECK_EQUAL(one.told(), Events{kWritable});
  one.want(kReadable | kWritable);
  CHECK_EQUAL(one.told(), Events{kReadable | kWritable});
  one.endpoint.sockets.read();
  CHECK_EQUAL(one.told(), Events{kWritable});
  one.want(0);
  CHECK_EQUAL(one.told(), Events{0});
}

TEST("the peer's FIN is told to who is interested in input, and to no one else") {
  Stubborn one;
  ::shutdown(one.endpoint.sockets.theirs.get(), SHUT_WR);
  one.want(kWritable | kHangUp);
  CHECK_EQUAL(one.told(), Events{kWritable});
  one.want(kReadable);
  CHECK_EQUAL(one.told(), Events{kReadable | kPeerFin});
}

TEST("a hang-up is told with any interest, and with none it keeps nobody busy") {
  Stubborn one;
  one.want(kHangUp);
  CHECK_EQUAL(one.told(), Events{0});
  one.endpoint.sockets.theirs.reset();
  for (const Events interest : {kHangUp, kReadable, kWritable}) {
    one.want(interest);
    CHECK((one.told() & kHangUp) != 0);
  }
  one.want(0);
  CHECK_EQUAL(one.told(), Events{0});
}

TEST("an interest that changes during dispatch holds from the next wait on, also of another channel") {
  const auto loop = makePollLoop();
  Endpoint a(*loop, Trigger::kLevel);
  Endpoint b(*loop, Trigger::kLevel);
  for (Endpoint* endpoint : {&a, &b}) endpoint->sockets.peerWrites();
  a.onEvents = [&](Events) {
    a.channel.setInterest(kReadable, false);
    b.channel.setInterest(kReadable, false);
  };
  loop->turn(0);
  // b's event was fetched before.
  CHECK_EQUAL(a.eventCount, 1);
  CHECK_EQUAL(b.eventCount, 1);
  loop->turn(0);
  CHECK_EQUAL(b.eventCount, 1);
  b.channel.setInterest(kReadable, true);
  loop->turn(0);
  CHECK_EQUAL(a.eventCount, 1);
  CHECK_EQUAL(b.eventCount, 2);
}

TEST("a descriptor that was closed before its channel is told as an error") {
  Stubborn one;
  one.want(kReadable);
  const int fd = one.endpoint.sockets.ours.release();
  ::close(fd);
  CHECK_EQUAL(one.told(), Events{kError});
  one.endpoint.channel.close();
  CHECK_EQUAL(one.told(), Events{0});
}

}  // namespace
