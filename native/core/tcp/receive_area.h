#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/tcp/layout.h"
#include "core/tcp/shared_memory.h"

namespace cotcp {

// Where received bytes lie.
struct ReceivedBytes {
  int32_t area;
  int32_t offset;
  int32_t length;
};

// Where received bytes go: two slabs in turn, and a pool for chunks below 4 KiB. The memory is JavaScript's: it is mapped
// anew for each use and never written twice. A used-up area is asked for in the control word kAreasWanted. Loop thread only.
class ReceiveArea {
 public:
  explicit ReceiveArea(SharedMemory& memory) : memory_(memory) {}

  // JavaScript has provided fresh memory.
  void renew(size_t area);
  // The memory as it is now; empty if it is gone (detached by user code): the area is then asked for again.
  void map(size_t area, std::span<uint8_t> bytes);
  size_t currentSlab() const { return current_; }

  // Room for a receive of up to `wanted` bytes; empty if JavaScript has to provide more first.
  std::span<uint8_t> room(size_t wanted);
  // The first `count` bytes of room() have been received.
  ReceivedBytes commit(size_t count);

 private:
  struct Area {
    std::span<uint8_t> bytes;
    size_t used = 0;
    bool fresh = false;  // JavaScript provided it since it was used up
  };
  void want(size_t area);

  SharedMemory& memory_;
  std::array<Area, layout::kAreas> areas_;
  size_t current_ = 0;
};

}  // namespace cotcp
