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
  void spend(size_t bytes) { memory_.control(layout::kCreditBytes) -= static_cast<int32_t>(bytes); }

 private:
  SharedMemory& memory_;
};

}  // namespace cotcp
