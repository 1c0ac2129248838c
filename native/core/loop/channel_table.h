#pragma once

#include <cstdint>
#include <vector>

#include "core/loop/channel.h"

namespace cotcp {

// The channels of a poller by slot and generation. Borrows the channels in it. Loop thread only.
class ChannelTable {
 public:
  // The id that put() gives out next.
  ChannelId next();
  void put(Channel& channel);
  void remove(ChannelId id);
  // What was removed may be given again. Until then events of the batch in hand may still name it.
  void recycle();

  // null if the id is stale.
  Channel* find(ChannelId id) const {
    if (id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return nullptr;
    return slots_[id.slot].channel;
  }

 private:
  struct Slot {
    Channel* channel = nullptr;
    uint32_t generation = 1;  // 0 is nobody's: a ChannelId by default finds none
  };

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> removed_;
};

}  // namespace cotcp
