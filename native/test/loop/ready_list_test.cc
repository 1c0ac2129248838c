#include "core/loop/ready_list.h"

#include <string>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

struct Served {
  std::string order;
  std::vector<std::unique_ptr<Endpoint>> endpoints;

  Served(EventLoop& loop, std::string_view names) {
    for (const char name : names) {
      endpoints.push_back(std::make_unique<Endpoint>(loop));
      endpoints.back()->onTurn = [this, name] { order += name; };
    }
    settleDown(loop);
  }
  Channel& operator[](size_t index) { return endpoints[index]->channel; }
};

TEST("channels are served in the order of asking, each once") {
  const auto loop = makeLoop();
  Served served(*loop, "abc");
  loop->enlist(served[2]);
  loop->enlist(served[0]);
  loop->enlist(served[2]);
  loop->enlist(served[1]);
  loop->enlist(served[0]);
  loop->turn(0);
  CHECK_EQUAL(served.order, "cab");
  loop->turn(0);
  CHECK_EQUAL(served.order, "cab");
}

TEST("who asks in its own turn is served in the next, behind those who asked before") {
  const auto loop = makeLoop();
  Served served(*loop, "ab");
  for (size_t i = 0; i < 2; ++i) {
    served.endpoints[i]->onTurn = [&, i] {
      served.order += "ab"[i];
      loop->enlist(served[i]);
    };
  }
  loop->enlist(served[1]);
  loop->enlist(served[0]);
  for (int turn = 0; turn < 3; ++turn) loop->turn(0);
  CHECK_EQUAL(served.order, "bababa");
}

TEST("who asks in handleEvents or in a task waits for the next turn") {
  const auto loop = makeLoop();
  Served served(*loop, "ab");
  served.endpoints[0]->onEvents = [&](Events) { loop->enlist(served[0]); };
  served.endpoints[0]->sockets.peerWrites();
  loop->queueInLoop([&] { loop->enlist(served[1]); });
  loop->turn(0);
  CHECK_EQUAL(served.order, "");
  loop->turn(0);
  CHECK_EQUAL(served.order, "ab");
}

TEST("who waits and asks again is served once") {
  const auto loop = makeLoop();
  Served served(*loop, "ab");
  served.endpoints[0]->onTurn = [&] {
    served.order += 'a';
    loop->enlist(served[1]);  // b's turn is this one
  };
  loop->enlist(served[0]);
  loop->enlist(served[1]);
  loop->turn(0);
  loop->turn(0);
  CHECK_EQUAL(served.order, "ab");
}

TEST("a channel that is destroyed or closed on the list is passed over") {
  const auto loop = makeLoop();
  Served served(*loop, "abcd");
  for (size_t i = 0; i < 4; ++i) loop->enlist(served[i]);
  served.endpoints[1].reset();
  served[2].close();
  loop->turn(0);
  CHECK_EQUAL(served.order, "ad");
}

TEST("a handler may destroy itself and others in its turn") {
  const auto loop = makeLoop();
  Served served(*loop, "abc");
  served.endpoints[0]->onTurn = [&] {
    served.order += 'a';
    served.endpoints[1].reset();
    auto self = std::move(served.endpoints[0]);  // goes when this function returns, its std::function with it
  };
  for (size_t i = 0; i < 3; ++i) loop->enlist(served[i]);
  loop->turn(0);
  CHECK_EQUAL(served.order, "ac");
}

TEST("a channel opened again has no turn left from before") {
  const auto loop = makeLoop();
  Served served(*loop, "a");
  loop->enlist(served[0]);
  served[0].close();
  VALUE_OF(served[0].open());
  loop->turn(0);
  CHECK_EQUAL(served.order, "");
  loop->enlist(served[0]);
  loop->turn(0);
  CHECK_EQUAL(served.order, "a");
}

TEST("a slot that is given again does not inherit a turn") {
  const auto loop = makeLoop();
  Served served(*loop, "a");
  const uint32_t slot = served[0].id().slot;
  loop->enlist(served[0]);
  served.endpoints.clear();
  loop->poller().wait(0);  // from here on the slot is free, and the list still names it
  const Endpoint next(*loop);
  CHECK_EQUAL(next.channel.id().slot, slot);
  loop->turn(0);
  CHECK_EQUAL(next.turnCount, 0);
}

TEST("a closed channel is not enlisted") {
  const auto loop = makeLoop();
  Served served(*loop, "a");
  served[0].close();
  loop->enlist(served[0]);
  CHECK(!isAwake(*loop));
}

}  // namespace
