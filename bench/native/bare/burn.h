#pragma once

#include <time.h>

namespace bare {

// Uses the CPU for so long, as a handler with work to do would.
inline void burn(double ms) {
  constexpr double kMillisPerSecond = 1000;
  constexpr double kNanosPerMilli = 1e6;
  const auto nowMs = [] {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) * kMillisPerSecond + static_cast<double>(time.tv_nsec) / kNanosPerMilli;
  };
  for (const double end = nowMs() + ms; nowMs() < end;) continue;
}

}  // namespace bare
