#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cotcp {

struct SlotId {
  uint32_t slot = 0;
  uint32_t generation = 0;
};

// Owns what JavaScript names by slot and generation. A released slot is given again only after the next recycle(), which is
// called once per wake-up: nothing that was queued under the old generation can meet the new owner. Loop thread only.
template <typename T>
class SlotTable {
 public:
  explicit SlotTable(size_t capacity) : capacity_(capacity) {}

  // nullopt when every slot is taken.
  std::optional<SlotId> reserve() {
    if (free_.empty()) {
      if (entries_.size() == capacity_) return std::nullopt;
      free_.push_back(static_cast<uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const uint32_t slot = free_.back();
    free_.pop_back();
    return SlotId{slot, entries_[slot].generation};
  }
  void set(SlotId id, std::unique_ptr<T> value) { entries_[id.slot].value = std::move(value); }

  T* find(uint32_t slot, uint32_t generation) const {
    if (slot >= entries_.size() || entries_[slot].generation != generation) return nullptr;
    return entries_[slot].value.get();
  }
  T* find(SlotId id) const { return find(id.slot, id.generation); }

  // What held the slot, which is stale from now on.
  std::unique_ptr<T> release(SlotId id) {
    Entry& entry = entries_[id.slot];
    entry.generation = (entry.generation + 1) & kGenerationMask;
    released_.push_back(id.slot);
    return std::move(entry.value);
  }
  // Slots that are reserved, or have been released in this turn.
  size_t used() const { return entries_.size() - free_.size(); }
  void recycle() {
    if (released_.empty()) return;
    free_.insert(free_.end(), released_.begin(), released_.end());
    released_.clear();
  }
  // Every slot at once, for the end.
  void clear() {
    entries_.clear();
    free_.clear();
    released_.clear();
  }

 private:
  static constexpr uint32_t kGenerationMask = 0x7fffffff;  // JavaScript keeps it in an int32
  struct Entry {
    std::unique_ptr<T> value;
    uint32_t generation = 1;
  };
  size_t capacity_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> released_;
};

}  // namespace cotcp
