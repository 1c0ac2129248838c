#include "load/crowd.h"

#include <algorithm>

#include "load/clock.h"
#include "load/dialer.h"

namespace load {

namespace {

constexpr size_t kMinRunBytes = 64 * 1024;
constexpr size_t kMaxRunBytes = 1024 * 1024;
// Fits a core's own cache together with the pattern.
constexpr size_t kScratchBytes = 256 * 1024;
constexpr uint64_t kStallNanos = 10 * kNanosPerSecond;
constexpr int kWaitMs = 100;
constexpr uint64_t kNanosPerMilli = 1'000'000;

}  // namespace

Crowd::Crowd(const Options& options, Report& report)
    : options_(options),
      report_(report),
      pattern_(std::clamp(options.size * options.depth, kMinRunBytes, kMaxRunBytes), options.framed ? options.size : 0),
      scratch_(std::min(kScratchBytes, pattern_.maxRunBytes())),
      allowed_(options.connections),
      sentAt_(options.connections * options.depth) {}

bool Crowd::growTo(size_t count) {
  const size_t before = peers_.size();
  if (!dial(options_, pattern_, count, peers_)) {
    report_.addError("not all connections came about");
    return false;
  }
  for (size_t index = before; index < count; ++index) {
    if (!poller_.add(peers_[index].fd(), index)) {
      report_.addError("epoll_ctl failed");
      return false;
    }
  }
  return true;
}

bool Crowd::send(size_t index, uint64_t messages) {
  const uint64_t time = now();
  for (uint64_t i = 0; i < messages; ++i) {
    sentAt_[index * options_.depth + (allowed_[index] + i) % options_.depth] = time;
  }
  allowed_[index] += messages;
  answersAwaited_ += messages;
  const size_t maxWriteBytes = options_.separateWrites ? options_.size : SIZE_MAX;
  const PeerError error = peers_[index].sendUpTo(allowed_[index] * options_.size, maxWriteBytes);
  if (error != PeerError::kNone) report_.addError(index, error);
  return error == PeerError::kNone;
}

void Crowd::countAnswers(size_t index, uint64_t receivedBefore) {
  const uint64_t answersBefore = receivedBefore / options_.size;
  const uint64_t answers = peers_[index].received() / options_.size - answersBefore;
  if (answers == 0) return;
  const uint64_t time = now();
  for (uint64_t i = 0; i < answers; ++i) {
    report_.latency.record(time - sentAt_[index * options_.depth + (answersBefore + i) % options_.depth]);
  }
  report_.messages += answers;
  answersAwaited_ -= answers;
}

bool Crowd::serve(size_t index, uint32_t events) {
  Peer& peer = peers_[index];
  if (peer.ended()) return true;
  const uint64_t before = peer.received();
  const PeerError error = peer.receive(scratch_, (events & Poller::kHangUp) != 0);
  if (error != PeerError::kNone) {
    report_.addError(index, error);
    return false;
  }
  if (peer.ended()) --endsAwaited_;
  countAnswers(index, before);
  const uint64_t answers = peer.received() / options_.size - before / options_.size;
  const bool more = refill_ && answers > 0;
  const bool unsent = peer.sent() < allowed_[index] * options_.size;
  return (!more && !unsent) || send(index, more ? answers : 0);
}

bool Crowd::serve(int timeoutMs) {
  for (const epoll_event& event : poller_.wait(timeoutMs)) {
    if (!serve(event.data.u64, event.events)) return false;
  }
  return true;
}

bool Crowd::keepBusy(uint64_t deadline) {
  refill_ = true;
  for (size_t index = 0; index < peers_.size(); ++index) {
    const uint64_t inFlight = allowed_[index] - peers_[index].received() / options_.size;
    if (!send(index, options_.depth - inFlight)) return false;
  }
  for (uint64_t time = now(); time < deadline; time = now()) {
    const auto leftMs = static_cast<int>((deadline - time) / kNanosPerMilli) + 1;
    if (!serve(std::min(leftMs, kWaitMs))) return false;
  }
  refill_ = false;
  return true;
}

template <typename Done>
bool Crowd::serveUntil(Done done) {
  uint64_t progress = 0;
  for (uint64_t progressAt = now(); !done();) {
    if (!serve(kWaitMs)) return false;
    const uint64_t left = answersAwaited_ + endsAwaited_;
    if (left != progress) {
      progress = left;
      progressAt = now();
    } else if (now() - progressAt > kStallNanos) {
      report_.addError("no answer for 10 seconds");
      return false;
    }
  }
  return true;
}

bool Crowd::drain() {
  return serveUntil([this] { return answersAwaited_ == 0; });
}

bool Crowd::exchange(size_t first) {
  for (size_t index = first; index < peers_.size(); ++index) {
    if (!send(index, 1)) return false;
  }
  return drain();
}

bool Crowd::finish() {
  endsAwaited_ = peers_.size();
  for (Peer& peer : peers_) peer.shutdown();
  return serveUntil([this] { return endsAwaited_ == 0; });
}

void Crowd::forget() {
  report_.messages = 0;
  report_.latency = Histogram();
}

}  // namespace load
