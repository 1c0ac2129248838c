#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tcp/layout.h"
#include "core/tcp/shared_memory.h"

namespace cotcp {

// What one turn may move at once, in bytes, for both sides of the boundary. Looked at before a call; one call may overdraw it.
class TurnBudget {
 public:
  static constexpr int32_t kTurnBytes = 1024 * 1024;

  explicit TurnBudget(SharedMemory& memory) : memory_(memory) {}

  void renew() { memory_.control(layout::kCreditBytes) = kTurnBytes; }
  bool isSpent() const { return memory_.control(layout::kCreditBytes) <= 0; }
  // A spent budget gets no smaller: a few overdraws of a gigabyte must not wrap around.
  void spend(size_t bytes) {
    int32_t& left = memory_.control(layout::kCreditBytes);
    left = left <= 0 || bytes > static_cast<size_t>(left) ? 0 : left - static_cast<int32_t>(bytes);
  }

 private:
  SharedMemory& memory_;
};

}  // namespace cotcp
