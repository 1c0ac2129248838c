#include "core/loop/timer_queue.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

void blockFor(Nanoseconds time) {
  const Nanoseconds end = monotonicNow() + time;
  while (monotonicNow() < end) {
  }
}

TEST("timers fire in the order of their times") {
  const auto loop = makeLoop();
  std::string order;
  const Nanoseconds now = monotonicNow();
  for (const char name : {'c', 'a', 'd', 'b'}) {
    loop->timers().runAt(now + (name - 'a') * kMillisecond, [&order, name] { order += name; });
  }
  CHECK_EQUAL(loop->timers().size(), 4u);
  turnUntil(*loop, [&] { return order.size() == 4; });
  CHECK_EQUAL(order, "abcd");
  CHECK_EQUAL(loop->timers().size(), 0u);
}

TEST("timers of one time fire in the order of arming, all in one turn") {
  const auto loop = makeLoop();
  std::vector<int> order;
  const Nanoseconds when = monotonicNow() + kMillisecond;
  for (int i = 0; i < 1000; ++i) loop->timers().runAt(when, [&order, i] { order.push_back(i); });
  turnUntil(*loop, [&] { return !order.empty(); });
  CHECK_EQUAL(order.size(), 1000u);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST("a time that has passed, 0 and the beginning of time included, fires in the next turn") {
  for (const Nanoseconds when : {monotonicNow() - 1, Nanoseconds{1}, Nanoseconds{0}, Nanoseconds{-1}, INT64_MIN}) {
    const auto loop = makeLoop();
    bool fired = false;
    loop->timers().runAt(when, [&] { fired = true; });
    loop->turn(-1);
    CHECK(fired);
  }
}

TEST("no timer fires early") {
  const auto loop = makeLoop();
  std::minstd_rand random(11);
  int fired = 0;
  int early = 0;
  const Nanoseconds start = monotonicNow();
  for (int i = 0; i < 10'000; ++i) {
    const Nanoseconds when = start + static_cast<Nanoseconds>(random() % 300'000) * kMicrosecond;
    loop->timers().runAt(when, [&, when] {
      ++fired;
      early += monotonicNow() < when ? 1 : 0;
    });
  }
  turnUntil(*loop, [&] { return fired == 10'000; });
  CHECK_EQUAL(early, 0);
}

TEST("a timer armed for earlier than the rest wakes the loop in time") {
  const auto loop = makeLoop();
  const Nanoseconds now = monotonicNow();
  bool fired = false;
  loop->timers().runAt(now + 3600 * kSecond, [] {});
  loop->timers().runAt(now + kMillisecond, [&] { fired = true; });
  loop->turn(60'000);
  CHECK(fired);
  CHECK(monotonicNow() - now < 30 * kSecond);
}

TEST("a far timer does not keep the descriptor readable") {
  const auto loop = makeLoop();
  loop->timers().runAt(INT64_MAX, [] {});
  loop->timers().runAt(INT64_MAX - 1, [] {});
  CHECK(!isAwake(*loop));
  CHECK_EQUAL(loop->timers().size(), 2u);
}

TEST("a cancelled timer does not fire, and is cancelled once") {
  const auto loop = makeLoop();
  bool fired = false;
  const TimerId timer = loop->timers().runAt(monotonicNow(), [&] { fired = true; });
  CHECK(loop->timers().cancel(timer));
  CHECK(!loop->timers().cancel(timer));
  CHECK_EQUAL(loop->timers().size(), 0u);
  settleDown(*loop);
  CHECK(!fired);
}

TEST("an id by default, of a timer that has fired, or of one whose slot was given again cancels nothing") {
  const auto loop = makeLoop();
  int fired = 0;
  CHECK(!loop->timers().cancel({}));
  const TimerId first = loop->timers().runAt(0, [&] { ++fired; });
  turnUntil(*loop, [&] { return fired == 1; });
  const TimerId second = loop->timers().runAt(0, [&] { ++fired; });
  CHECK_EQUAL(second.slot, first.slot);
  CHECK(!loop->timers().cancel(first));
  turnUntil(*loop, [&] { return fired == 2; });
  for (uint32_t ahead = 0; ahead < 4; ++ahead) {
    CHECK(!loop->timers().cancel({.slot = first.slot, .generation = second.generation + ahead}));
  }
}

TEST("a callback may cancel those that are due with it") {
  const auto loop = makeLoop();
  std::string order;
  TimerId last;
  const Nanoseconds when = monotonicNow();
  loop->timers().runAt(when, [&] {
    order += 'a';
    CHECK(loop->timers().cancel(last));
  });
  loop->timers().runAt(when, [&] { order += 'b'; });
  last = loop->timers().runAt(when, [&] { order += 'c'; });
  turnUntil(*loop, [&] { return order.size() >= 2; });
  settleDown(*loop);
  CHECK_EQUAL(order, "ab");
}

TEST("a timer that fires once is no longer armed in its own callback") {
  const auto loop = makeLoop();
  TimerId self;
  int fired = 0;
  self = loop->timers().runAt(0, [&] {
    ++fired;
    CHECK(!loop->timers().cancel(self));
    CHECK_EQUAL(loop->timers().size(), 0u);
  });
  turnUntil(*loop, [&] { return fired == 1; });
}

TEST("a timer that repeats may cancel itself in its callback") {
  const auto loop = makeLoop();
  TimerId self;
  int fired = 0;
  self = loop->timers().runEvery(kMillisecond, [&] {
    if (++fired == 3) CHECK(loop->timers().cancel(self));
  });
  turnUntil(*loop, [&] { return loop->timers().size() == 0; });
  CHECK_EQUAL(fired, 3);
  CHECK(!loop->timers().cancel(self));
}

TEST("a repeating timer that cancels itself leaves the timer alone that got its slot") {
  const auto loop = makeLoop();
  TimerId self;
  TimerId next;
  std::string order;
  self = loop->timers().runEvery(kMillisecond, [&] {
    order += 'a';
    loop->timers().cancel(self);
    next = loop->timers().runAt(0, [&] { order += 'b'; });
  });
  turnUntil(*loop, [&] { return loop->timers().size() == 0; });
  settleDown(*loop);
  CHECK_EQUAL(next.slot, self.slot);
  CHECK_EQUAL(order, "ab");
}

TEST("a timer armed for now in a callback fires in the next turn, not in this one") {
  const auto loop = makeLoop();
  int fired = 0;
  std::function<void()> again = [&] {
    if (++fired < 1000) loop->timers().runAt(fired % 2 == 0 ? monotonicNow() : Nanoseconds{0}, [&] { again(); });
  };
  loop->timers().runAt(0, [&] { again(); });
  while (fired < 1000) {
    const int before = fired;
    loop->turn(-1);
    CHECK(fired - before <= 1);
  }
}

TEST("a callback may arm so many timers that the table grows under it") {
  const auto loop = makeLoop();
  int fired = 0;
  const TimerId repeating = loop->timers().runEvery(kMillisecond, [&] {
    for (int i = 0; i < 5000; ++i) loop->timers().runAt(0, [&] { ++fired; });
  });
  turnUntil(*loop, [&] { return fired >= 10'000; });
  CHECK(loop->timers().cancel(repeating));
}

TEST("a repeating timer does not drift") {
  const auto loop = makeLoop();
  constexpr Nanoseconds kInterval = 40 * kMillisecond;
  std::vector<Nanoseconds> fired;
  const Nanoseconds start = monotonicNow();
  loop->timers().runEvery(kInterval, [&] {
    fired.push_back(monotonicNow());
    blockFor(2 * kMillisecond);  // armed anew from here, the ninth and later ones would be 16 ms behind and more
  });
  turnUntil(*loop, [&] { return fired.size() == 12; });
  for (size_t i = 0; i < fired.size(); ++i) CHECK(fired[i] - start >= static_cast<Nanoseconds>(i + 1) * kInterval);
  // How far behind its period the best of the last firings was: one that the machine did not hold up tells.
  Nanoseconds least = kInterval;
  for (size_t i = 8; i < fired.size(); ++i) least = std::min(least, (fired[i] - start) % kInterval);
  CHECK(least < 8 * kMillisecond);
}

TEST("a repeating timer skips the periods it missed, in its own callback or elsewhere") {
  const auto loop = makeLoop();
  constexpr Nanoseconds kInterval = 2 * kMillisecond;
  int fired = 0;
  const Nanoseconds start = monotonicNow();
  loop->timers().runEvery(kInterval, [&] {
    if (++fired == 1) blockFor(10 * kInterval);
  });
  turnUntil(*loop, [&] { return fired == 2; });
  blockFor(10 * kInterval);
  turnUntil(*loop, [&] { return fired == 6; });
  const Nanoseconds periods = (monotonicNow() - start) / kInterval;
  CHECK(periods >= fired + 17);
}

TEST("an interval of nothing fires once in a turn and does not hold the loop") {
  const auto loop = makeLoop();
  int fired = 0;
  const TimerId timer = loop->timers().runEvery(0, [&] { ++fired; });
  for (int i = 0; i < 5; ++i) loop->turn(-1);
  CHECK_EQUAL(fired, 5);
  CHECK(loop->timers().cancel(timer));
}

TEST("an interval beyond the end of the clock never fires") {
  const auto loop = makeLoop();
  loop->timers().runEvery(INT64_MAX, [] { CHECK(!"fired"); });
  CHECK(!isAwake(*loop));
}

// Cancels or arms when it is destroyed, as an object that owns a timer does.
struct CancelsWhenItGoes {
  EventLoop* loop;
  TimerId other;
  CancelsWhenItGoes(EventLoop& of, TimerId timer) : loop(&of), other(timer) {}
  CancelsWhenItGoes(CancelsWhenItGoes&& from) noexcept : loop(std::exchange(from.loop, nullptr)), other(from.other) {}
  CancelsWhenItGoes(const CancelsWhenItGoes&) = delete;
  ~CancelsWhenItGoes() {
    if (loop == nullptr) return;
    loop->timers().cancel(other);
    loop->timers().runAt(INT64_MAX, [] {});
  }
};

TEST("what a cancelled callback owns may cancel and arm others when it goes") {
  const auto loop = makeLoop();
  TimerId timer = loop->timers().runAt(INT64_MAX, [] {});
  for (int i = 0; i < 100; ++i) {
    timer = loop->timers().runAt(INT64_MAX, [owned = CancelsWhenItGoes(*loop, timer)] {});
  }
  CHECK(loop->timers().cancel(timer));
  CHECK_EQUAL(loop->timers().size(), 100u);  // each of the hundred armed one
}

TEST("a loop with armed timers may end, whatever their callbacks own") {
  const auto loop = makeLoop();
  TimerId timer;
  for (int i = 0; i < 100; ++i) {
    timer = loop->timers().runAt(INT64_MAX, [owned = CancelsWhenItGoes(*loop, timer)] {});
  }
}

TEST("those that are left when most were cancelled still fire in order") {
  const auto loop = makeLoop();
  std::minstd_rand random(5);
  const Nanoseconds now = monotonicNow();
  std::vector<TimerId> ids;
  std::vector<Nanoseconds> fired;
  for (int i = 0; i < 2000; ++i) {
    const Nanoseconds when = now + static_cast<Nanoseconds>(random() % 1000) * kMicrosecond;
    ids.push_back(loop->timers().runAt(when, [&fired, when] { fired.push_back(when); }));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i % 20 != 0) CHECK(loop->timers().cancel(ids[i]));
  }
  turnUntil(*loop, [&] { return loop->timers().size() == 0; });
  CHECK_EQUAL(fired.size(), 100u);
  CHECK(std::is_sorted(fired.begin(), fired.end()));
}

}  // namespace
