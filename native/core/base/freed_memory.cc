#include "core/base/freed_memory.h"

#include <cstdlib>

namespace cotcp {

namespace {

// glibc adjusts itself to blocks below 32 MiB (DEFAULT_MMAP_THRESHOLD_MAX of mallopt(3)), their header included.
constexpr size_t kAdjustingBytes = size_t{31} * 1024 * 1024;

}  // namespace

// mallopt(3): the free of a block that had been mapped raises M_MMAP_THRESHOLD to its size and M_TRIM_THRESHOLD to twice
// that, unless whoever started the process has set one of them. The block is never touched, so it costs no memory.
void keepFreedMemory() {
  void* volatile block = std::malloc(kAdjustingBytes);
  std::free(block);
}

}  // namespace cotcp
