#include "load/histogram.h"

#include <algorithm>
#include <bit>

namespace load {

// Below kSubBuckets each value has its own bucket; above, each power of two is cut into kSubBuckets.
unsigned Histogram::bucketOf(uint64_t value) {
  if (value < kSubBuckets) return static_cast<unsigned>(value);
  const auto exponent = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
  return (exponent + 1) * kSubBuckets + static_cast<unsigned>((value >> exponent) & (kSubBuckets - 1));
}

uint64_t Histogram::upperEdge(unsigned bucket) {
  if (bucket < kSubBuckets) return bucket;
  const unsigned exponent = bucket / kSubBuckets - 1;
  const uint64_t mantissa = kSubBuckets + bucket % kSubBuckets;
  return ((mantissa + 1) << exponent) - 1;
}

void Histogram::record(uint64_t nanoseconds) {
  ++buckets_[bucketOf(nanoseconds)];
  ++count_;
  sum_ += nanoseconds;
  max_ = std::max(max_, nanoseconds);
}

double Histogram::mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

uint64_t Histogram::percentile(double share) const {
  const auto wanted = std::max<uint64_t>(1, static_cast<uint64_t>(share * static_cast<double>(count_) + 0.5));
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) return std::min(upperEdge(bucket), max_);
  }
  return max_;
}

}  // namespace load
