#include "load/dialer.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "load/clock.h"
#include "load/poller.h"

namespace load {

namespace {

constexpr size_t kConnectsAtOnce = 64;
constexpr uint64_t kDialTimeoutNanos = 30 * kNanosPerSecond;
constexpr int kWaitMs = 100;

bool fail(const char* what, int error) {
  std::fprintf(stderr, "bench_load: %s: %s\n", what, std::strerror(error));
  return false;
}

bool beginConnect(const Options& options, Poller& poller) {
  const int fd = ::socket(options.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail("socket", errno);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&options.address);
  const bool begun = ::connect(fd, address, options.addressLength) == 0 || errno == EINPROGRESS;
  if (begun && poller.add(fd, static_cast<uint64_t>(fd))) return true;
  const int error = errno;
  ::close(fd);
  return fail("connect", error);
}

}  // namespace

bool dial(const Options& options, const Pattern& pattern, size_t count, std::deque<Peer>& peers) {
  Poller poller;
  const uint64_t deadline = now() + kDialTimeoutNanos;
  size_t connecting = 0;
  while (peers.size() < count) {
    for (; connecting < kConnectsAtOnce && peers.size() + connecting < count; ++connecting) {
      if (!beginConnect(options, poller)) return false;
    }
    for (const epoll_event& event : poller.wait(kWaitMs)) {
      const int fd = static_cast<int>(event.data.u64);
      if ((event.events & (EPOLLOUT | Poller::kHangUp)) == 0) continue;
      int error = 0;
      socklen_t length = sizeof error;
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
      if (error != 0) return fail("connect", error);
      poller.remove(fd);
      peers.emplace_back(fd, peers.size(), pattern);
      --connecting;
    }
    if (now() > deadline) return fail("connect", ETIMEDOUT);
  }
  return true;
}

}  // namespace load
