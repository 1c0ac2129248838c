#include "core/tcp/receive_area.h"

#include <algorithm>
#include <cstring>

namespace cotcp {

namespace {

// A slab with less left is used up: a receive into so little would only cost calls.
constexpr size_t kLeastRoomBytes = 16 * 1024;
// Chunks in the pool start on words, so that user code may lay typed arrays over them.
constexpr size_t kPoolAlignment = 8;

}  // namespace

void ReceiveArea::want(size_t area) {
  areas_[area].fresh = false;
  memory_.control(layout::kAreasWanted) |= 1 << area;
}

void ReceiveArea::renew(size_t area) {
  areas_[area] = Area{};
  areas_[area].fresh = true;
  memory_.control(layout::kAreasWanted) &= ~(1 << area);
}

void ReceiveArea::map(size_t area, std::span<uint8_t> bytes) {
  areas_[area].bytes = bytes;
  if (areas_[area].fresh && bytes.size() < areas_[area].used + layout::kSmallChunkBytes) want(area);
}

std::span<uint8_t> ReceiveArea::room(size_t wanted) {
  for (size_t tries = 0; tries < layout::kSlabs; ++tries) {
    const Area& slab = areas_[current_];
    if (slab.fresh && slab.bytes.size() >= slab.used + kLeastRoomBytes) {
      const size_t left = slab.bytes.size() - slab.used;
      return slab.bytes.subspan(slab.used, std::min(left, wanted));
    }
    if (slab.fresh) want(current_);
    current_ = (current_ + 1) % layout::kSlabs;
  }
  return {};
}

ReceivedBytes ReceiveArea::commit(size_t count) {
  Area& slab = areas_[current_];
  Area& pool = areas_[layout::kPoolArea];
  if (count < layout::kSmallChunkBytes && pool.fresh && pool.bytes.size() >= pool.used + count) {
    const size_t at = pool.used;
    std::memcpy(pool.bytes.data() + at, slab.bytes.data() + slab.used, count);
    pool.used += (count + kPoolAlignment - 1) / kPoolAlignment * kPoolAlignment;
    if (pool.used + layout::kSmallChunkBytes > pool.bytes.size()) {
      memory_.control(layout::kAreasWanted) |= 1 << layout::kPoolArea;
    }
    return {layout::kPoolArea, static_cast<int32_t>(at), static_cast<int32_t>(count)};
  }
  const size_t at = slab.used;
  slab.used += count;
  return {static_cast<int32_t>(current_), static_cast<int32_t>(at), static_cast<int32_t>(count)};
}

}  // namespace cotcp
