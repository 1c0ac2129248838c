#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

// The bytes that every connection sends: one random cycle, begun at another place by every connection. The length of the
// cycle is a prime, so that neither a message nor a buffer of any usual size can be swapped for another unseen.
// Owns the memory; immutable after construction.
class Pattern {
 public:
  // `maxRunBytes`: the most that one send or one comparison takes.
  explicit Pattern(size_t maxRunBytes);

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
  size_t cycleBytes_;
  size_t maxRunBytes_;
  std::vector<char> bytes_;
};

}  // namespace load
