#pragma once

// What the tests of the loop share: a loop, socket pairs, and a handler that notes what it hears.

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/loop/event_loop.h"
#include "test/harness.h"
#include "test/test_loop.h"

namespace cotcp::test {

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;

  SocketPair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  void peerWrites() const { REQUIRE(::send(theirs.get(), "x", 1, MSG_NOSIGNAL) == 1); }
  void read() const {
    char byte = 0;
    REQUIRE(::recv(ours.get(), &byte, 1, 0) == 1);
  }
};

// A channel on one end of a socket pair. Closes the channel before the descriptor, as everybody has to. At an edge, what
// was heard is of no interest any more.
class Endpoint final : public ChannelHandler {
 public:
  explicit Endpoint(EventLoop& loop, Trigger trigger = Trigger::kEdge)
      : channel(loop, sockets.ours.get(), *this, trigger) {
    if (trigger == Trigger::kEdge) channel.setInterest(kReadable | kWritable | kHangUp, true);
    VALUE_OF(channel.open());
  }

  void handleEvents(Events events) override {
    ++eventCount;
    lastEvents = events;
    if (channel.trigger() == Trigger::kEdge) forget(events);
    auto heard = std::move(onEvents);  // it may destroy this endpoint
    if (heard) heard(events);
  }
  void handleTurn() override {
    ++turnCount;
    if (onTurn) onTurn();
  }

  void forget(Events events) {
    channel.setInterest(events & (kReadable | kWritable), false);
    if (events & kPeerFin) channel.setInterest(kReadable, false);
    if (events & (kHangUp | kError)) channel.setInterest(kHangUp, false);
  }

  int eventCount = 0;
  int turnCount = 0;
  Events lastEvents = 0;
  std::move_only_function<void(Events)> onEvents;  // called once
  std::function<void()> onTurn;
  SocketPair sockets;
  Channel channel;
};

// Turns until the fact holds; without it the test runs into ctest's limit.
template <typename Fact>
void turnUntil(EventLoop& loop, Fact fact) {
  while (!fact()) loop.turn(10);
}

// Hears of new descriptors, which are writable, what there is to hear.
inline void settleDown(EventLoop& loop) {
  while (isAwake(loop)) loop.turn(0);
}

}  // namespace cotcp::test
