#include "core/loop/event_loop.h"

#include <cerrno>
#include <fstream>
#include <string>

#include "fixture.h"
#include "limits.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// How often an eventfd was signalled since it was last cleared.
uint64_t signalCount(int wakeupFd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(wakeupFd));
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("eventfd-count:")) return std::stoull(line.substr(14), nullptr, 16);
  }
  abandon(__FILE__, __LINE__, "no eventfd");
}

int newestEventfd() {
  for (int fd = 1023; fd >= 0; --fd) {
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
    for (std::string line; std::getline(info, line);) {
      if (line.starts_with("eventfd-count:")) return fd;
    }
  }
  abandon(__FILE__, __LINE__, "no eventfd");
}

TEST("a turn dispatches events, then runs tasks, then serves the ready list") {
  const auto loop = makeLoop();
  std::string order;
  Endpoint a(*loop);
  Endpoint b(*loop);
  settleDown(*loop);
  b.onTurn = [&] { order += "ready "; };
  loop->enlist(b.channel);
  loop->queueInLoop([&] { order += "task "; });
  a.onEvents = [&](Events) { order += "event "; };
  a.sockets.peerWrites();
  loop->turn(0);
  CHECK_EQUAL(order, "event task ready ");
}

TEST("turnStart is when the poller returned, one value per batch") {
  const auto loop = makeLoop();
  const uint64_t iterations = loop->iterations();
  const Nanoseconds before = monotonicNow();
  Nanoseconds during = 0;
  loop->queueInLoop([&] { during = loop->turnStart(); });
  loop->turn(0);
  CHECK(loop->turnStart() >= before && loop->turnStart() <= monotonicNow());
  CHECK_EQUAL(during, loop->turnStart());
  CHECK_EQUAL(loop->iterations(), iterations + 1);
}

TEST("an idle loop's descriptor is not readable, and its turn does nothing") {
  const auto loop = makeLoop();
  CHECK(!isAwake(*loop));
  loop->turn(0);
  CHECK(!isAwake(*loop));
}

TEST("the descriptor is readable exactly while a task is queued") {
  const auto loop = makeLoop();
  int ran = 0;
  loop->queueInLoop([&] {
    ++ran;
    loop->queueInLoop([&] { ++ran; });
  });
  CHECK(isAwake(*loop));
  loop->turn(0);
  CHECK_EQUAL(ran, 1);  // the second one's turn is the next
  CHECK(isAwake(*loop));
  loop->turn(0);
  CHECK_EQUAL(ran, 2);
  CHECK(!isAwake(*loop));
}

TEST("the descriptor is readable exactly while the ready list is not empty") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  settleDown(*loop);
  int left = 3;
  endpoint.onTurn = [&] {
    if (--left > 0) loop->enlist(endpoint.channel);
  };
  loop->enlist(endpoint.channel);
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(isAwake(*loop));
    loop->turn(0);
  }
  CHECK_EQUAL(left, 0);
  CHECK(!isAwake(*loop));
}

TEST("the descriptor is readable exactly while an event waits or a timer is due") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  CHECK(isAwake(*loop));
  loop->turn(0);
  CHECK(!isAwake(*loop));
  bool fired = false;
  loop->timers().runAt(monotonicNow() + 2 * kMillisecond, [&] { fired = true; });
  CHECK(isAwake(*loop, -1));
  loop->turn(0);
  CHECK(fired);
  CHECK(!isAwake(*loop));
}

TEST("the eventfd is written once, however much work waits, and not at all for work of the turn itself") {
  const auto loop = makeLoop();
  const int wakeup = newestEventfd();
  Endpoint endpoint(*loop);
  settleDown(*loop);
  CHECK_EQUAL(signalCount(wakeup), 0u);
  for (int i = 0; i < 5; ++i) loop->queueInLoop([] {});
  loop->enlist(endpoint.channel);
  loop->wakeup();
  CHECK_EQUAL(signalCount(wakeup), 1u);
  loop->turn(0);
  CHECK_EQUAL(signalCount(wakeup), 0u);
  endpoint.onEvents = [&](Events) {
    loop->queueInLoop([] {});
    CHECK_EQUAL(signalCount(wakeup), 0u);
  };
  endpoint.sockets.peerWrites();
  loop->turn(0);
  CHECK_EQUAL(signalCount(wakeup), 0u);
}

TEST("wakeup ends the next wait, and leaves nothing behind") {
  const auto loop = makeLoop();
  loop->wakeup();
  loop->wakeup();
  loop->turn(-1);
  CHECK(!isAwake(*loop));
}

TEST("a task goes when it has run, not with the batch") {
  const auto loop = makeLoop();
  const auto owned = std::make_shared<int>(1);
  loop->queueInLoop([owned] {});
  loop->queueInLoop([&] { CHECK_EQUAL(owned.use_count(), 1); });
  loop->turn(0);
}

TEST("a task may destroy a channel that has a turn coming") {
  const auto loop = makeLoop();
  auto endpoint = std::make_unique<Endpoint>(*loop);
  loop->enlist(endpoint->channel);
  loop->queueInLoop([&] { endpoint.reset(); });
  loop->turn(0);
  CHECK(!endpoint);
}

// Queues a task that queues another when it goes, and so on.
struct QueuesWhenItGoes {
  EventLoop* loop;
  int generations;
  int* gone;

  QueuesWhenItGoes(EventLoop& of, int left, int* counter) : loop(&of), generations(left), gone(counter) {}
  QueuesWhenItGoes(QueuesWhenItGoes&& from) noexcept
      : loop(std::exchange(from.loop, nullptr)), generations(from.generations), gone(from.gone) {}
  QueuesWhenItGoes(const QueuesWhenItGoes&) = delete;
  ~QueuesWhenItGoes() {
    if (loop == nullptr) return;
    ++*gone;
    if (generations > 1) loop->queueInLoop([owned = QueuesWhenItGoes(*loop, generations - 1, gone)] {});
  }
};

TEST("tasks that never ran are destroyed with the loop, and so is what they queue then") {
  int gone = 0;
  {
    const auto loop = makeLoop();
    loop->queueInLoop([owned = QueuesWhenItGoes(*loop, 100, &gone)] { CHECK(!"ran"); });
    CHECK_EQUAL(gone, 0);
  }
  CHECK_EQUAL(gone, 100);
}

TEST("a loop that finds no descriptor says at which call, and keeps none") {
  const int open = openDescriptors();
  const char* const calls[] = {"epoll_create1", "eventfd", "timerfd_create"};
  for (int left = 0; left < 3; ++left) {
    {
      const DescriptorLimit limit(left);
      const auto loop = EventLoop::create(createEpollPoller);
      CHECK(!loop && loop.error().code == EMFILE);
      if (!loop) CHECK_EQUAL(std::string(loop.error().syscall), calls[left]);
    }
    CHECK_EQUAL(openDescriptors(), open);
  }
}

}  // namespace
