#pragma once

#include <cstddef>
#include <cstdint>
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

// Timers on one timerfd: absolute CLOCK_MONOTONIC, never early, equal times in the order of arming. A callback may cancel
// any timer, itself included, and arm new ones; those due at once fire in the next turn. Owns the timerfd. Loop thread only.
class TimerQueue final : public ChannelHandler {
 public:
  using Callback = std::move_only_function<void()>;

  static Result<std::unique_ptr<TimerQueue>> create(EventLoop& loop);
  ~TimerQueue();

  TimerId runAt(Nanoseconds when, Callback callback);
  // First after one interval, then without drift; periods that were missed are skipped.
  TimerId runEvery(Nanoseconds interval, Callback callback);
  // true if it was armed.
  bool cancel(TimerId timer);
  size_t size() const;

  void handleEvents(Events events) override;

 private:
  struct Timer {
    Nanoseconds when = 0;
    Nanoseconds interval = 0;
    uint64_t sequence = 0;
    Callback callback;
    uint32_t generation = 0;
    uint32_t heapIndex = UINT32_MAX;
  };

  explicit TimerQueue(EventLoop& loop, UniqueFd fd);

  EventLoop& loop_;
  UniqueFd fd_;
  // ... the helper who writes timer_queue.cc completes this
};

}  // namespace cotcp
