#include "core/loop/shared_timers.h"

#include <utility>

#include "core/loop/event_loop.h"

namespace cotcp {

uint64_t SharedTimers::runAt(Nanoseconds when, Callback callback) {
  const uint64_t timer = ++last_;
  loop_.runInLoop(
      [this, timer, when, called = std::move(callback)]() mutable { runAtInLoop(timer, when, std::move(called)); });
  return timer;
}

uint64_t SharedTimers::runEvery(Nanoseconds interval, Callback callback) {
  const uint64_t timer = ++last_;
  loop_.runInLoop([this, timer, interval, called = std::move(callback)]() mutable {
    runEveryInLoop(timer, interval, std::move(called));
  });
  return timer;
}

void SharedTimers::cancel(uint64_t timer) {
  if (loop_.isInLoopThread() && cancelInLoop(timer)) return;
  // Behind what another thread has queued: the arming itself may still be on its way.
  loop_.queueInLoop([this, timer] { cancelInLoop(timer); });
}

void SharedTimers::runAtInLoop(uint64_t timer, Nanoseconds when, Callback callback) {
  armed_[timer] = loop_.timers().runAt(when, [this, timer, called = std::move(callback)]() mutable {
    armed_.erase(timer);
    called();
  });
}

void SharedTimers::runEveryInLoop(uint64_t timer, Nanoseconds interval, Callback callback) {
  armed_[timer] = loop_.timers().runEvery(interval, std::move(callback));
}

bool SharedTimers::cancelInLoop(uint64_t timer) {
  const auto found = armed_.find(timer);
  if (found == armed_.end()) return false;
  const TimerId id = found->second;
  // First: what the callback owns may call back when it goes.
  armed_.erase(found);
  return loop_.timers().cancel(id);
}

}  // namespace cotcp
