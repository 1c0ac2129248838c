#include "load/silent.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "load/clock.h"
#include "load/pattern.h"
#include "load/poller.h"

namespace load {

namespace {

constexpr size_t kConnectsAtOnce = 64;
constexpr int kWaitMs = 100;
constexpr uint64_t kDialTimeoutNanos = 30 * kNanosPerSecond;

struct SilentPeer {
  int fd = -1;
  uint64_t begunAt = 0;  // when it was connected, and had sent what it sends
  uint64_t endedAt = 0;
  bool wasReset = false;
};

// Owns the descriptors.
class SilentCrowd {
 public:
  explicit SilentCrowd(const Options& options);
  SilentCrowd(const SilentCrowd&) = delete;
  SilentCrowd& operator=(const SilentCrowd&) = delete;
  ~SilentCrowd();

  // False if they do not all come about; stderr then tells.
  bool dialAll();
  void awaitEnds();
  void print() const;

 private:
  bool dialOne();
  bool begin(SilentPeer& peer);
  bool serve(int timeoutMs);
  void end(SilentPeer& peer);

  const Options& options_;
  Poller poller_;
  std::vector<SilentPeer> peers_;
  std::vector<char> start_;  // what each of them sends
  size_t begun_ = 0;
  size_t ended_ = 0;
  uint64_t readyAt_ = 0;
};

bool fail(const char* what, int error) {
  std::fprintf(stderr, "bench_load: %s: %s\n", what, std::strerror(error));
  return false;
}

SilentCrowd::SilentCrowd(const Options& options) : options_(options) {
  peers_.reserve(options.connections);
  if (options.mode != Mode::kHalfFrame) return;
  const Pattern pattern(options.size, options.size);
  const char* frame = pattern.at(pattern.start(0));
  start_.assign(frame, frame + options.size / 2);
}

SilentCrowd::~SilentCrowd() {
  for (const SilentPeer& peer : peers_) {
    if (peer.fd >= 0) ::close(peer.fd);
  }
}

bool SilentCrowd::dialOne() {
  const int fd = ::socket(options_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail("socket", errno);
  peers_.push_back({.fd = fd});
  const auto* address = reinterpret_cast<const sockaddr*>(&options_.address);
  if (::connect(fd, address, options_.addressLength) != 0 && errno != EINPROGRESS) return fail("connect", errno);
  return poller_.add(fd, peers_.size() - 1) || fail("epoll_ctl", errno);
}

bool SilentCrowd::begin(SilentPeer& peer) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(peer.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return fail("connect", error);
  // Before the bytes are out: the server's time can only begin later.
  peer.begunAt = now();
  ++begun_;
  if (start_.empty()) return true;
  const ssize_t count = ::send(peer.fd, start_.data(), start_.size(), MSG_NOSIGNAL);
  return count == static_cast<ssize_t>(start_.size()) || fail("send", errno);
}

// A peer that does not read learns of an end by the hang-up alone.
void SilentCrowd::end(SilentPeer& peer) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(peer.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  peer.wasReset = error == ECONNRESET || error == EPIPE;
  peer.endedAt = now();
  ::close(std::exchange(peer.fd, -1));
  ++ended_;
}

bool SilentCrowd::serve(int timeoutMs) {
  for (const epoll_event& event : poller_.wait(timeoutMs)) {
    SilentPeer& peer = peers_[event.data.u64];
    if (peer.fd < 0) continue;
    const bool over = (event.events & Poller::kHangUp) != 0;
    if (peer.begunAt == 0 && (event.events & (EPOLLOUT | Poller::kHangUp)) != 0 && !begin(peer)) return false;
    if (over) end(peer);
  }
  return true;
}

bool SilentCrowd::dialAll() {
  const uint64_t deadline = now() + kDialTimeoutNanos;
  while (begun_ < options_.connections) {
    while (peers_.size() < options_.connections && peers_.size() - begun_ < kConnectsAtOnce) {
      if (!dialOne()) return false;
    }
    if (!serve(kWaitMs)) return false;
    if (now() > deadline) return fail("connect", ETIMEDOUT);
  }
  readyAt_ = now();
  return true;
}

void SilentCrowd::awaitEnds() {
  const uint64_t deadline = now() + static_cast<uint64_t>(options_.seconds * static_cast<double>(kNanosPerSecond));
  while (ended_ < peers_.size() && now() < deadline && serve(kWaitMs)) continue;
}

void SilentCrowd::print() const {
  uint64_t shortest = UINT64_MAX;
  uint64_t lastEnd = readyAt_;
  size_t resets = 0;
  for (const SilentPeer& peer : peers_) {
    if (peer.endedAt == 0) continue;
    shortest = std::min(shortest, peer.endedAt - peer.begunAt);
    lastEnd = std::max(lastEnd, peer.endedAt);
    if (peer.wasReset) ++resets;
  }
  const auto seconds = [](uint64_t nanos) { return static_cast<double>(nanos) / static_cast<double>(kNanosPerSecond); };
  std::printf("{\"connections\":%zu,\"ended\":%zu,\"resets\":%zu,\"shortest_life_seconds\":%.6f", peers_.size(), ended_,
              resets, seconds(ended_ == 0 ? 0 : shortest));
  std::printf(",\"last_end_seconds\":%.6f}\n", seconds(lastEnd - readyAt_));
  std::fflush(stdout);
}

}  // namespace

int runSilent(const Options& options) {
  SilentCrowd crowd(options);
  if (!crowd.dialAll()) return 1;
  std::puts("ready");
  std::fflush(stdout);
  crowd.awaitEnds();
  crowd.print();
  return 0;
}

}  // namespace load
