#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

constexpr size_t kFrameHeaderBytes = 4;
constexpr size_t kMinFrameBytes = kFrameHeaderBytes + 1;

// The bytes that every connection sends: one random cycle, begun at another place by every connection. The length of the
// cycle is a prime, so that neither a message nor a buffer of any usual size can be swapped for another unseen. With frames
// it is a prime number of frames, each with its length in front, and every connection begins with another one.
// Owns the memory; immutable after construction.
class Pattern {
 public:
  // `maxRunBytes`: the most that one send or one comparison takes. `frameBytes`: 0 for bytes without a meaning, else the size
  // of a frame, at least kMinFrameBytes; its first four bytes are the number of the rest, big-endian.
  Pattern(size_t maxRunBytes, size_t frameBytes);

  // A place in the cycle of one stream. A value.
  class Cursor {
   public:
    Cursor() = default;
    void advance(size_t count, const Pattern& pattern) { place_ = (place_ + count) % pattern.cycleBytes_; }

   private:
    friend class Pattern;
    size_t place_ = 0;
  };

  Cursor start(size_t connection) const;
  // Valid for `maxRunBytes` from here.
  const char* at(Cursor cursor) const { return bytes_.data() + cursor.place_; }
  size_t maxRunBytes() const { return maxRunBytes_; }

 private:
  void writeHeaders(size_t frameBytes);

  size_t cycleBytes_;
  size_t startStepBytes_;
  size_t maxRunBytes_;
  std::vector<char> bytes_;
};

}  // namespace load
