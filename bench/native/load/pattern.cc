#include "load/pattern.h"

#include <cstring>

namespace load {

namespace {

constexpr size_t kSmallRunBytes = 64 * 1024;
constexpr size_t kSmallCycleBytes = 65'521;     // prime; stays in a core's own cache
constexpr size_t kLargeCycleBytes = 1'048'583;  // prime
// Coprime to both cycles, and to every smaller number of frames: the starts of up to a whole cycle of connections differ.
constexpr size_t kStartStep = 40'507;

// SplitMix64: no seed from outside, so that two runs send the same bytes.
uint64_t nextRandom(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool isPrime(size_t number) {
  for (size_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return number > 1;
}

size_t cycleBytesFor(size_t maxRunBytes, size_t frameBytes) {
  const size_t bytes = maxRunBytes <= kSmallRunBytes ? kSmallCycleBytes : kLargeCycleBytes;
  if (frameBytes == 0) return bytes;
  size_t frames = bytes / frameBytes + 1;
  while (!isPrime(frames) || frames == kStartStep) ++frames;
  return frames * frameBytes;
}

}  // namespace

Pattern::Pattern(size_t maxRunBytes, size_t frameBytes)
    : cycleBytes_(cycleBytesFor(maxRunBytes, frameBytes)),
      startStepBytes_(frameBytes == 0 ? kStartStep : kStartStep * frameBytes),
      maxRunBytes_(maxRunBytes),
      bytes_(cycleBytes_ + maxRunBytes) {
  uint64_t state = 1;
  for (size_t i = 0; i < cycleBytes_; ++i) bytes_[i] = static_cast<char>(nextRandom(state));
  if (frameBytes != 0) writeHeaders(frameBytes);
  for (size_t i = cycleBytes_; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - cycleBytes_];
}

void Pattern::writeHeaders(size_t frameBytes) {
  const uint32_t header = __builtin_bswap32(static_cast<uint32_t>(frameBytes - kFrameHeaderBytes));
  for (size_t at = 0; at < cycleBytes_; at += frameBytes) std::memcpy(bytes_.data() + at, &header, kFrameHeaderBytes);
}

Pattern::Cursor Pattern::start(size_t connection) const {
  Cursor cursor;
  cursor.advance(connection * startStepBytes_, *this);
  return cursor;
}

}  // namespace load
