#include "core/loop/shared_timers.h"

#include <atomic>
#include <thread>
#include <vector>

#include "thread_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr Nanoseconds kFar = 3600 * kSecond;

TEST("a timer added from another thread fires on the loop's own, not early, although the loop is asleep") {
  const auto thread = startThread();
  Gate fired;
  Nanoseconds at = 0;
  bool inLoop = false;
  const Nanoseconds when = monotonicNow() + 5 * kMillisecond;
  thread->loop().sharedTimers().runAt(when, [&] {
    at = monotonicNow();
    inLoop = thread->loop().isInLoopThread();
    fired.open();
  });
  fired.wait();
  CHECK(inLoop);
  CHECK(at >= when);
}

TEST("a timer that is earlier than the one the loop sleeps for wakes it in time") {
  const auto thread = startThread();
  SharedTimers& timers = thread->loop().sharedTimers();
  bool farFired = false;
  timers.runAt(monotonicNow() + kFar, [&] { farFired = true; });
  Gate fired;
  timers.runAt(monotonicNow() + kMillisecond, [&] { fired.open(); });
  fired.wait();
  thread->stop();
  CHECK(!farFired);
}

TEST("timers of one time fire in the order of arming, also from another thread") {
  const auto thread = startThread();
  SharedTimers& timers = thread->loop().sharedTimers();
  std::vector<int> order;
  const Nanoseconds when = monotonicNow() + 5 * kMillisecond;
  for (int i = 0; i < 100; ++i) timers.runAt(when, [&order, i] { order.push_back(i); });
  Gate last;
  timers.runAt(when + 1, [&] { last.open(); });
  last.wait();
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK_EQUAL(order[static_cast<size_t>(i)], i);
}

TEST("a timer that another thread arms and cancels at once does not fire") {
  const auto thread = startThread();
  SharedTimers& timers = thread->loop().sharedTimers();
  bool fired = false;
  Gate later;
  const Nanoseconds when = monotonicNow() + 20 * kMillisecond;
  timers.cancel(timers.runAt(when, [&] { fired = true; }));
  timers.runAt(when + kMillisecond, [&] { later.open(); });
  later.wait();
  CHECK(!fired);
  size_t left = 0;
  onLoop(thread->loop(), [&] { left = thread->loop().timers().size(); });
  CHECK_EQUAL(left, 0u);
}

TEST("a repeating timer fires until another thread cancels it") {
  const auto thread = startThread();
  SharedTimers& timers = thread->loop().sharedTimers();
  Gate thrice;
  int count = 0;
  const uint64_t timer = timers.runEvery(kMillisecond, [&] {
    if (++count == 3) thrice.open();
  });
  thrice.wait();
  timers.cancel(timer);
  int after = 0;
  size_t left = 1;
  // Queued behind the cancellation.
  onLoop(thread->loop(), [&] {
    after = count;
    left = thread->loop().timers().size();
  });
  CHECK(after >= 3);
  CHECK_EQUAL(left, 0u);
}

TEST("on the loop's own thread a timer is armed and cancelled at once") {
  const auto loop = makeLoop();
  bool fired = false;
  const uint64_t timer = loop->sharedTimers().runAt(0, [&] { fired = true; });
  CHECK_EQUAL(loop->timers().size(), 1u);
  loop->sharedTimers().cancel(timer);
  CHECK_EQUAL(loop->timers().size(), 0u);
  for (int turn = 0; turn < 3; ++turn) loop->turn(0);
  CHECK(!fired);
}

TEST("the loop's own thread cancels a timer whose arming by another thread is still on its way") {
  const auto loop = makeLoop();
  bool fired = false;
  uint64_t timer = 0;
  std::thread other([&] { timer = loop->sharedTimers().runAt(0, [&] { fired = true; }); });
  other.join();
  CHECK_EQUAL(loop->timers().size(), 0u);
  loop->sharedTimers().cancel(timer);
  for (int turn = 0; turn < 3; ++turn) loop->turn(0);
  CHECK(!fired);
  CHECK_EQUAL(loop->timers().size(), 0u);
}

TEST("a timer that has fired, is cancelled already or never was cancels nothing") {
  const auto loop = makeLoop();
  SharedTimers& timers = loop->sharedTimers();
  int fired = 0;
  const uint64_t once = timers.runAt(0, [&] { ++fired; });
  loop->turn(0);
  CHECK_EQUAL(fired, 1);
  const uint64_t other = timers.runAt(0, [&] { ++fired; });
  for (const uint64_t stale : {once, once, uint64_t{12'345}}) timers.cancel(stale);
  loop->turn(0);
  CHECK_EQUAL(fired, 2);
  timers.cancel(other);
  CHECK_EQUAL(timers.size(), 0u);
}

TEST("four threads arm and cancel 8,000 timers: each fires once or was cancelled, and none is left") {
  const auto thread = startThread();
  SharedTimers& timers = thread->loop().sharedTimers();
  constexpr int kEach = 2000;
  int fired = 0;      // the loop's thread alone
  int forbidden = 0;  // far ones, all of which are cancelled
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (i % 2 == 0) {
          timers.runAt(monotonicNow(), [&] { ++fired; });
        } else {
          timers.cancel(timers.runAt(monotonicNow() + kFar, [&] { ++forbidden; }));
        }
      }
    });
  }
  for (auto& one : threads) one.join();
  size_t left = 1;
  while (left != 0) onLoop(thread->loop(), [&] { left = thread->loop().timers().size(); });
  size_t known = 1;
  onLoop(thread->loop(), [&] { known = timers.size(); });
  CHECK_EQUAL(known, 0u);
  thread->stop();
  CHECK_EQUAL(fired, 4 * kEach / 2);
  CHECK_EQUAL(forbidden, 0);
}

}  // namespace
