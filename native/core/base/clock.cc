#include "core/base/clock.h"

#include <time.h>

namespace cotcp {

Nanoseconds monotonicNow() {
  timespec now{};
  // Fails only for a clock that does not exist or a bad pointer.
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanoseconds{now.tv_sec} * kSecond + now.tv_nsec;
}

}  // namespace cotcp
