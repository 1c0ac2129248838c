#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/loop/timer_queue.h"

namespace cotcp {

class EventLoop;

// The timers of a loop for any thread: each is known by a number that its caller has at once, and the loop's thread a little
// later. Borrows the loop, which owns it. Any thread.
class SharedTimers {
 public:
  using Callback = TimerQueue::Callback;

  explicit SharedTimers(EventLoop& loop) : loop_(loop) {}
  SharedTimers(const SharedTimers&) = delete;
  SharedTimers& operator=(const SharedTimers&) = delete;

  // The callback runs, and is destroyed, on the loop's thread.
  uint64_t runAt(Nanoseconds when, Callback callback);
  uint64_t runEvery(Nanoseconds interval, Callback callback);
  // On the loop's own thread the callback does not run afterwards. From another one it may be running right now. Nothing for
  // a timer that has fired.
  void cancel(uint64_t timer);
  // The loop's own thread alone.
  size_t size() const { return armed_.size(); }

 private:
  void runAtInLoop(uint64_t timer, Nanoseconds when, Callback callback);
  void runEveryInLoop(uint64_t timer, Nanoseconds interval, Callback callback);
  bool cancelInLoop(uint64_t timer);

  EventLoop& loop_;
  std::atomic<uint64_t> last_ = 0;
  std::unordered_map<uint64_t, TimerId> armed_;  // the loop's thread alone
};

}  // namespace cotcp
