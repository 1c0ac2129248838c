#pragma once

#include <cstdint>

#include "core/loop/event_loop.h"
#include "core/tcp/completion_ring.h"
#include "core/tcp/shared_memory.h"

namespace cotcp {

// Tells JavaScript that connections have been blocked for a while, so that it looks which of their peers take nothing: one
// timer for all, armed only once there is something to look at. Borrows all it works with. Loop thread only.
class BlockedWatch {
 public:
  // The slot of the timer completion that tells it; no timer has it.
  static constexpr uint32_t kTimerSlot = UINT32_MAX;

  BlockedWatch(EventLoop& loop, SharedMemory& memory, CompletionRing& completions)
      : loop_(loop), memory_(memory), completions_(completions) {}

  // A connection is blocked. Nothing while JavaScript has no limit to keep, or is told anyhow.
  void note();

 private:
  void tell();

  EventLoop& loop_;
  SharedMemory& memory_;
  CompletionRing& completions_;
};

}  // namespace cotcp
