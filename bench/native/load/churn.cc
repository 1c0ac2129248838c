#include "load/churn.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "load/clock.h"
#include "load/poller.h"

namespace load {

namespace {

constexpr int kWaitMs = 10;
constexpr uint64_t kDrainNanos = 10 * kNanosPerSecond;

// Owns the descriptors.
class Churn {
 public:
  Churn(const Options& options, Report& report) : options_(options), report_(report), peers_(options.connections) {}
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;
  ~Churn();

  // Both: false after an error.
  bool keepBusy(double seconds);
  bool drain();
  void forget();
  std::string congestion() const { return peers_[0].fd < 0 ? "unknown" : congestionControl(peers_[0].fd); }

 private:
  struct Churning {
    int fd = -1;
    uint64_t begunAt = 0;
  };
  bool dial(size_t index);
  bool serve(bool again);
  bool fail(const char* what, int error);

  const Options& options_;
  Report& report_;
  Poller poller_;
  std::vector<Churning> peers_;
  size_t open_ = 0;
  uint32_t source_ = 0;
};

Churn::~Churn() {
  for (const Churning& peer : peers_) {
    if (peer.fd >= 0) ::close(peer.fd);
  }
}

bool Churn::fail(const char* what, int error) {
  report_.addError((std::string(what) + ": " + std::strerror(error)).c_str());
  return false;
}

bool Churn::dial(size_t index) {
  const int fd = ::socket(options_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail("socket", errno);
  peers_[index] = {fd, now()};
  ++open_;
  if (options_.address.ss_family == AF_INET) {
    // From many addresses: the ports of one would be used up by connections that the kernel remembers for a minute.
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl((127U << 24) | (1U << 16) | (++source_ & 0xffffU));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return fail("bind", errno);
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&options_.address);
  if (::connect(fd, address, options_.addressLength) != 0 && errno != EINPROGRESS) return fail("connect", errno);
  return poller_.add(fd, index) || fail("epoll_ctl", errno);
}

bool Churn::serve(bool again) {
  for (const epoll_event& event : poller_.wait(kWaitMs)) {
    const size_t index = event.data.u64;
    Churning& peer = peers_[index];
    if (peer.fd < 0 || (event.events & Poller::kHangUp) == 0) continue;
    char byte = 0;
    const ssize_t count = ::recv(peer.fd, &byte, sizeof byte, 0);
    if (count < 0 && errno == EAGAIN) continue;
    if (count != 0) return fail("the server's end", count < 0 ? errno : EPROTO);
    ++report_.messages;
    report_.latency.record(now() - peer.begunAt);
    ::close(std::exchange(peer.fd, -1));
    --open_;
    if (again && !dial(index)) return false;
  }
  return true;
}

bool Churn::keepBusy(double seconds) {
  const uint64_t deadline = now() + static_cast<uint64_t>(seconds * static_cast<double>(kNanosPerSecond));
  for (size_t index = 0; index < peers_.size(); ++index) {
    if (peers_[index].fd < 0 && !dial(index)) return false;
  }
  while (now() < deadline) {
    if (!serve(true)) return false;
  }
  return true;
}

bool Churn::drain() {
  const uint64_t deadline = now() + kDrainNanos;
  while (open_ > 0) {
    if (!serve(false)) return false;
    if (now() > deadline) return fail("the server's end", ETIMEDOUT);
  }
  return true;
}

void Churn::forget() {
  report_.messages = 0;
  report_.latency = {};
}

}  // namespace

void runChurn(const Options& options, Report& report, std::string& congestion) {
  Churn churn(options, report);
  if (options.warmupSeconds > 0 && !churn.keepBusy(options.warmupSeconds)) return;
  churn.forget();
  Window window(options);
  window.open();
  const bool good = churn.keepBusy(options.seconds);
  window.close(report);
  congestion = churn.congestion();
  if (!good) return;
  // What drains after the window is checked, not counted.
  const Report measured = report;
  if (churn.drain()) report = measured;
}

}  // namespace load
