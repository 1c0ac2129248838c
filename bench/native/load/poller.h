#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace load {

// One epoll descriptor; sockets are registered once, edge-triggered. Owns the descriptor. One thread.
class Poller {
 public:
  static constexpr uint32_t kHangUp = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

  Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() { ::close(fd_); }

  // `key` comes back in epoll_event::data.u64.
  bool add(int fd, uint64_t key) {
    epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = key}};
    return epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
  }
  void remove(int fd) { epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }
  // Valid until the next call; empty after the time or a signal.
  std::span<const epoll_event> wait(int timeoutMs) {
    const int count = epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), timeoutMs);
    return {events_.data(), count < 0 ? 0 : static_cast<size_t>(count)};
  }

 private:
  static constexpr size_t kEventsPerWait = 256;
  int fd_;
  std::array<epoll_event, kEventsPerWait> events_;
};

}  // namespace load
