#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>

namespace load {

constexpr uint64_t kNanosPerSecond = 1'000'000'000;

// Monotonic, nanoseconds.
inline uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * kNanosPerSecond + static_cast<uint64_t>(time.tv_nsec);
}

// The CPU time that all threads of a process have used so far, user and system: the same number as utime + stime in
// /proc/PID/stat, but in nanoseconds instead of ticks of 10 ms. Seconds; negative if there is no such process.
inline double processCpuSeconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / static_cast<double>(kNanosPerSecond);
}

}  // namespace load
