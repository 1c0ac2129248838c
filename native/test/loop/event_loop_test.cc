#include "core/loop/event_loop.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kPosts = 100'000;
#else
constexpr int kPosts = 1'000'000;
#endif

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
  CHECK(!isReadable(loop->descriptor()));
  loop->turn(0);
  CHECK(!isReadable(loop->descriptor()));
}

TEST("the descriptor is readable exactly while a task is queued") {
  const auto loop = makeLoop();
  int ran = 0;
  loop->queueInLoop([&] {
    ++ran;
    loop->queueInLoop([&] { ++ran; });
  });
  CHECK(isReadable(loop->descriptor()));
  loop->turn(0);
  CHECK_EQUAL(ran, 1);  // the second one's turn is the next
  CHECK(isReadable(loop->descriptor()));
  loop->turn(0);
  CHECK_EQUAL(ran, 2);
  CHECK(!isReadable(loop->descriptor()));
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
    CHECK(isReadable(loop->descriptor()));
    loop->turn(0);
  }
  CHECK_EQUAL(left, 0);
  CHECK(!isReadable(loop->descriptor()));
}

TEST("the descriptor is readable exactly while an event waits or a timer is due") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  CHECK(isReadable(loop->descriptor()));
  loop->turn(0);
  CHECK(!isReadable(loop->descriptor()));
  bool fired = false;
  loop->timers().runAt(monotonicNow() + 2 * kMillisecond, [&] { fired = true; });
  pollfd entry{loop->descriptor(), POLLIN, 0};
  CHECK_EQUAL(::poll(&entry, 1, -1), 1);
  loop->turn(0);
  CHECK(fired);
  CHECK(!isReadable(loop->descriptor()));
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

TEST("wakeup ends a wait, its own thread's next one included") {
  const auto loop = makeLoop();
  loop->wakeup();
  loop->wakeup();
  loop->turn(-1);
  CHECK(!isReadable(loop->descriptor()));
  std::thread other([&] { loop->wakeup(); });
  loop->turn(-1);
  other.join();
}

TEST("runInLoop runs at once on the loop's thread, and queued from another") {
  const auto loop = makeLoop();
  bool ranHere = false;
  loop->runInLoop([&] { ranHere = true; });
  CHECK(ranHere);
  CHECK(loop->isInLoopThread());

  std::atomic<bool> ranThere = false;
  std::thread::id ranOn;
  std::thread other([&] {
    CHECK(!loop->isInLoopThread());
    loop->runInLoop([&] {
      ranOn = std::this_thread::get_id();
      ranThere = true;
    });
  });
  other.join();
  CHECK(!ranThere);
  loop->turn(-1);
  CHECK(ranThere);
  CHECK(ranOn == std::this_thread::get_id());
}

TEST("of the tasks of two threads each runs once, in its sender's order, and none is slept over") {
  const auto loop = makeLoop();
  std::vector<int> counts(2);
  int disorder = 0;
  std::vector<std::thread> senders;
  for (size_t sender = 0; sender < 2; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kPosts; ++i) {
        loop->queueInLoop([&, sender, i] { disorder += counts[sender]++ == i ? 0 : 1; });
      }
    });
  }
  // Without a time limit: a lost wake-up is a test that does not end.
  while (counts[0] < kPosts || counts[1] < kPosts) loop->turn(-1);
  for (auto& sender : senders) sender.join();
  loop->turn(0);
  CHECK_EQUAL(disorder, 0);
  CHECK_EQUAL(counts[0], kPosts);
  CHECK_EQUAL(counts[1], kPosts);
  CHECK(!isReadable(loop->descriptor()));
}

// Sends itself to and fro between two loops, each of which is asleep or about to be when it comes.
struct Ball {
  EventLoop* here;
  EventLoop* there;
  int legsLeft;
  std::atomic<bool>* over;

  void operator()() const {
    if (legsLeft == 0) {
      *over = true;
      there->wakeup();
    } else {
      there->queueInLoop(Ball{there, here, legsLeft - 1, over});
    }
  }
};

TEST("two loops that wake each other 40,000 times lose no wake-up") {
  const auto loop = makeLoop();
  std::atomic<bool> over = false;
  std::thread thread([&] {
    const auto own = makeLoop();
    // An even number of legs: the ball comes to rest here, on the loop that ends first.
    own->queueInLoop(Ball{own.get(), loop.get(), 40'000, &over});
    while (!over) own->turn(-1);
  });
  while (!over) loop->turn(-1);
  thread.join();
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

bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int openDescriptors() {
  int open = 0;
  for (int fd = 0; fd < 1024; ++fd) open += isOpen(fd) ? 1 : 0;
  return open;
}

// The limit under which so many descriptors can still be opened.
rlim_t limitThatLeaves(int count) {
  for (int fd = 0;; ++fd) {
    if (!isOpen(fd) && count-- == 0) return static_cast<rlim_t>(fd);
  }
}

TEST("a loop that finds no descriptor says at which call, and keeps none") {
  const int open = openDescriptors();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const char* const calls[] = {"epoll_create1", "eventfd", "timerfd_create"};
  for (int left = 0; left < 3; ++left) {
    const rlimit tight{limitThatLeaves(left), limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    {
      const auto loop = EventLoop::create();
      CHECK(!loop && loop.error().code == EMFILE);
      if (!loop) CHECK_EQUAL(std::string(loop.error().syscall), calls[left]);
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_EQUAL(openDescriptors(), open);
  }
}

}  // namespace
