#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "core/tcp/layout.h"

namespace cotcp {

// A view of the shared block. Borrows it from whoever called map(): the binding maps it anew at each wake-up, as the memory
// belongs to JavaScript. Loop thread only.
class SharedMemory {
 public:
  void map(uint8_t* block) { block_ = block; }
  bool isMapped() const { return block_ != nullptr; }

  int32_t& control(layout::ControlWord word) { return words(layout::kControlAt)[word]; }
  void setTurnStart(double ms) { std::memcpy(&control(layout::kTurnStart), &ms, sizeof(ms)); }
  int32_t* completion(size_t index) { return words(layout::kCompletionsAt) + index * layout::kCompletionWords; }
  const int32_t* submission(size_t index) { return words(layout::kSubmissionsAt) + index * layout::kSubmissionWords; }
  std::span<const uint8_t> outSlab() { return {block_ + layout::kOutSlabAt, layout::kOutSlabBytes}; }
  uint8_t& flag(uint32_t slot, layout::Flag flag) {
    return block_[layout::kFlagsAt + slot * layout::kFlagBytes + flag];
  }
  void clearFlags(uint32_t slot) { std::memset(&flag(slot, layout::kFlagReadable), 0, layout::kFlagBytes); }

 private:
  int32_t* words(size_t at) { return reinterpret_cast<int32_t*>(block_ + at); }

  uint8_t* block_ = nullptr;
};

}  // namespace cotcp
