#pragma once

// The loop of a test, on the poller that COTCP_TEST_POLLER names: every suite of loops and sockets runs on both.

#include <poll.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "core/loop/event_loop.h"
#include "test/harness.h"

namespace cotcp::test {

inline PollerFactory testPoller() {
  const char* const named = std::getenv("COTCP_TEST_POLLER");
  const std::string_view name = named == nullptr ? "epoll" : named;
  if (name == "epoll") return createEpollPoller;
  if (name == "poll") return createPollPoller;
  abandon(__FILE__, __LINE__, "COTCP_TEST_POLLER is neither epoll nor poll");
}

inline std::unique_ptr<EventLoop> makeLoop(PollerFactory createPoller = testPoller()) {
  return VALUE_OF(EventLoop::create(createPoller));
}

inline bool isReadable(int fd, int timeoutMs = 0) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, timeoutMs) == 1;
}

// turn(0) has something to do. poll(2) is asked itself: it tells the same again when the turn asks.
inline bool isAwake(EventLoop& loop, int timeoutMs = 0) {
  if (loop.descriptor() >= 0) return isReadable(loop.descriptor(), timeoutMs);
  return !loop.poller().wait(timeoutMs).empty();
}

}  // namespace cotcp::test
