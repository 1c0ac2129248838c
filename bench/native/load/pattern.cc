#include "load/pattern.h"

#include <cstring>

namespace load {

namespace {

constexpr size_t kSmallRunBytes = 64 * 1024;
constexpr size_t kSmallCycleBytes = 65'521;     // prime; stays in a core's own cache
constexpr size_t kLargeCycleBytes = 1'048'583;  // prime
// Coprime to both cycles: the starts of up to a whole cycle of connections differ.
constexpr size_t kStartStepBytes = 40'503;

// SplitMix64: no seed from outside, so that two runs send the same bytes.
uint64_t nextRandom(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Pattern::Pattern(size_t maxRunBytes)
    : cycleBytes_(maxRunBytes <= kSmallRunBytes ? kSmallCycleBytes : kLargeCycleBytes),
      maxRunBytes_(maxRunBytes),
      bytes_(cycleBytes_ + maxRunBytes) {
  uint64_t state = 1;
  for (size_t i = 0; i < cycleBytes_; ++i) bytes_[i] = static_cast<char>(nextRandom(state));
  for (size_t i = cycleBytes_; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - cycleBytes_];
}

Pattern::Cursor Pattern::start(size_t connection) const {
  Cursor cursor;
  cursor.advance(connection * kStartStepBytes, *this);
  return cursor;
}

}  // namespace load
