// What epoll alone does; what both pollers do is in poller_test.cc.
#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// A channel that is driven by hand: the poller alone, without a loop around it.
struct Silent final : ChannelHandler {
  void handleEvents(Events) override {}
};

TEST("the epoll descriptor is closed in a child") {
  const auto poller = VALUE_OF(createEpollPoller());
  CHECK((::fcntl(poller->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST("an edge is told once, and again when more comes") {
  const auto loop = makeLoop(createEpollPoller);
  Endpoint endpoint(*loop);
  loop->turn(0);
  CHECK_EQUAL(endpoint.lastEvents, Events{kWritable});
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 1);

  endpoint.sockets.peerWrites();
  loop->turn(0);
  CHECK_EQUAL(endpoint.lastEvents, Events{kReadable | kWritable});
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 2);

  endpoint.sockets.peerWrites();
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 3);
}

TEST("a descriptor that epoll refuses is told, and costs no slot") {
  const auto loop = makeLoop(createEpollPoller);
  Silent handler;
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  REQUIRE(static_cast<bool>(file));
  Channel channel(*loop, file.get(), handler, Trigger::kLevel);
  const Endpoint before(*loop);
  for (int i = 0; i < 3; ++i) {
    const auto opened = channel.open();
    CHECK(!opened && opened.error().code == EPERM && std::string_view(opened.error().syscall) == "epoll_ctl");
    CHECK(!channel.isOpen());
  }
  const Endpoint after(*loop);
  CHECK_EQUAL(after.channel.id().slot, before.channel.id().slot + 1);
}

TEST("a duplicate of a descriptor does not keep a closed channel registered") {
  const auto loop = makeLoop(createEpollPoller);
  auto endpoint = std::make_unique<Endpoint>(*loop, Trigger::kLevel);
  const UniqueFd duplicate(::fcntl(endpoint->sockets.ours.get(), F_DUPFD_CLOEXEC, 0));
  const UniqueFd peer(::fcntl(endpoint->sockets.theirs.get(), F_DUPFD_CLOEXEC, 0));
  endpoint.reset();
  REQUIRE(::send(peer.get(), "x", 1, 0) == 1);
  CHECK(!isAwake(*loop));
}

TEST("events of a descriptor that was closed before its channel, and lives on in a duplicate, are nobody's") {
  const auto loop = makeLoop(createEpollPoller);
  SocketPair sockets;
  const UniqueFd duplicate(::fcntl(sockets.ours.get(), F_DUPFD_CLOEXEC, 0));
  Silent handler;
  auto channel = std::make_unique<Channel>(*loop, sockets.ours.get(), handler, Trigger::kEdge);
  VALUE_OF(channel->open());
  sockets.ours.reset();
  channel.reset();
  sockets.peerWrites();
  CHECK(loop->poller().wait(0).empty());
}

TEST("more than 32 ready channels are all told, over several waits, in the order in which they became ready") {
  const auto loop = makeLoop(createEpollPoller);
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  for (int i = 0; i < 75; ++i) endpoints.push_back(std::make_unique<Endpoint>(*loop));
  std::vector<uint32_t> told;
  for (const size_t expected : {32, 32, 11}) {
    CHECK(isAwake(*loop));
    const auto events = loop->poller().wait(0);
    CHECK_EQUAL(events.size(), expected);
    for (const PolledEvent& event : events) told.push_back(event.id.slot);
  }
  CHECK(!isAwake(*loop));
  REQUIRE(told.size() == endpoints.size());
  for (size_t i = 0; i < told.size(); ++i) CHECK_EQUAL(told[i], endpoints[i]->channel.id().slot);
}

}  // namespace
