#include "core/loop/channel_table.h"

namespace cotcp {

ChannelId ChannelTable::next() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  return {.slot = slot, .generation = slots_[slot].generation};
}

void ChannelTable::put(Channel& channel) {
  slots_[next().slot].channel = &channel;
  free_.pop_back();
}

void ChannelTable::remove(ChannelId id) {
  Slot& slot = slots_[id.slot];
  slot.channel = nullptr;
  if (++slot.generation == 0) slot.generation = 1;
  removed_.push_back(id.slot);
}

void ChannelTable::recycle() {
  free_.insert(free_.end(), removed_.begin(), removed_.end());
  removed_.clear();
}

}  // namespace cotcp
