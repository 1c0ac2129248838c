#include "core/tcp/blocked_watch.h"

namespace cotcp {

void BlockedWatch::note() {
  const int32_t after = memory_.control(layout::kSweepMs);
  if (after == 0 || memory_.control(layout::kSweepArmed) != 0) return;
  memory_.control(layout::kSweepArmed) = 1;
  loop_.timers().runAt(monotonicNow() + after * kMillisecond, [this] { tell(); });
}

void BlockedWatch::tell() {
  if (completions_.hasRoom()) {
    completions_.push({kTimerSlot, 0}, layout::Completion::kTimer);
  } else {
    loop_.queueInLoop([this] { tell(); });
  }
}

}  // namespace cotcp
