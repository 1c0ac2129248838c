#pragma once

#include <array>
#include <cstdint>

namespace load {

// Latencies in nanoseconds; percentiles are exact to 1/64 of the value, mean and maximum exact. A value.
class Histogram {
 public:
  void record(uint64_t nanoseconds);
  uint64_t count() const { return count_; }
  double mean() const;
  uint64_t max() const { return max_; }
  // The upper edge of the bucket in which `share` (0 to 1) of the values lie at or below.
  uint64_t percentile(double share) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr unsigned kSubBuckets = 1U << kSubBits;
  static constexpr unsigned kBuckets = (64 - kSubBits + 1) * kSubBuckets;
  static unsigned bucketOf(uint64_t value);
  static uint64_t upperEdge(unsigned bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace load
