#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/base/unique_fd.h"
#include "core/loop/channel.h"

namespace cotcp {

struct TimerId {
  uint32_t slot = UINT32_MAX;
  uint32_t generation = 0;
  bool operator==(const TimerId&) const = default;
};

// Timers on one timerfd: absolute CLOCK_MONOTONIC, never early, equal times in the order of arming. A callback may
// cancel any timer, itself included, and arm new ones; those due at once fire in the next turn. Owns the timerfd. Loop
// thread only.
class TimerQueue final : public ChannelHandler {
 public:
  using Callback = std::move_only_function<void()>;

  static Result<std::unique_ptr<TimerQueue>> create(EventLoop& loop);
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  TimerId runAt(Nanoseconds when, Callback callback);
  // First after one interval, then without drift; periods that were missed are skipped.
  TimerId runEvery(Nanoseconds interval, Callback callback);
  // true if it was armed; the callback is destroyed then, and does not run.
  bool cancel(TimerId timer);
  size_t size() const { return armed_; }

  void handleEvents(Events events) override;

 private:
  struct Timer {
    Callback callback;
    Nanoseconds interval = 0;  // 0 = once
    uint32_t nextFree = UINT32_MAX;
  };
  // Where a timer stands in time. One whose timer was cancelled since finds nobody by its id, and is dropped when it
  // comes to the top or when such entries are the majority: cancel() costs O(1), and no timer has to know its place in
  // the heap.
  struct Entry {
    Nanoseconds when;
    uint64_t sequence;
    TimerId id;
  };

  TimerQueue(EventLoop& loop, UniqueFd fd);

  TimerId arm(Nanoseconds when, Nanoseconds interval, Callback callback);
  void enqueue(Nanoseconds when, TimerId id);
  bool isArmed(TimerId id) const;
  // Frees the slot; the callback is handed out because its destructor may call back into the queue.
  Callback release(TimerId id);
  void fire(const Entry& entry);
  void dropCancelled();
  // Sets the timerfd to the earliest timer, or disarms it.
  void settle();
  void setTime(Nanoseconds when);

  static bool later(const Entry& a, const Entry& b);

  UniqueFd fd_;
  Channel channel_;
  // Grows in small pieces: to move a million timers into a bigger table would cost time at once and memory for good.
  std::deque<Timer> timers_;
  std::vector<uint32_t> generations_;  // one per timer; apart from them, because a clean-up looks at these alone
  std::vector<Entry> heap_;            // the earliest on top
  std::vector<Entry> due_;
  uint32_t firstFree_ = UINT32_MAX;
  size_t armed_ = 0;
  uint64_t nextSequence_ = 0;
  Nanoseconds setFor_ = INT64_MAX;  // INT64_MAX = disarmed
  bool firing_ = false;
};

}  // namespace cotcp
