#pragma once

#include <cstdint>

namespace cotcp {

// Nanoseconds of CLOCK_MONOTONIC, which no step of the wall clock moves.
using Nanoseconds = int64_t;

constexpr Nanoseconds kMicrosecond = 1'000;
constexpr Nanoseconds kMillisecond = 1'000'000;
constexpr Nanoseconds kSecond = 1'000'000'000;

Nanoseconds monotonicNow();

}  // namespace cotcp
