#include <sys/epoll.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "core/base/unique_fd.h"
#include "core/loop/poller.h"

namespace cotcp {

namespace {

// Small enough that what a batch touches is still in the core's cache when its answers are written
// (docs/decisions/009-small-batches.md).
constexpr size_t kMaxEvents = 32;
constexpr ptrdiff_t kCacheLineBytes = 64;
// A connection and its port, which lie around the channel.
constexpr ptrdiff_t kLinesBefore = 2;
constexpr ptrdiff_t kLinesBehind = 3;

// The same for the whole life of a channel, whatever its interest (docs/decisions/010-interest.md). Errors and hang-ups are
// always told.
uint32_t wantedOf(Trigger trigger) {
  return trigger == Trigger::kEdge ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET : EPOLLIN;
}

Events translate(uint32_t seen) {
  Events events = 0;
  if (seen & EPOLLIN) events |= kReadable;
  if (seen & EPOLLOUT) events |= kWritable;
  if (seen & EPOLLPRI) events |= kUrgent;
  if (seen & EPOLLRDHUP) events |= kPeerFin;
  if (seen & EPOLLHUP) events |= kHangUp;
  if (seen & EPOLLERR) events |= kError;
  return events;
}

uint64_t pack(ChannelId id) { return uint64_t{id.generation} << 32 | id.slot; }

// What the handler keeps around its channel comes into the cache while the events before this one are handled. Reads nothing:
// an address outside of the object does no harm.
void prefetch(const Channel& channel) {
  const auto at = reinterpret_cast<uintptr_t>(&channel);
  for (ptrdiff_t line = -kLinesBefore; line <= kLinesBehind; ++line) {
    __builtin_prefetch(reinterpret_cast<const void*>(at + static_cast<uintptr_t>(line * kCacheLineBytes)));
  }
}

ChannelId unpack(uint64_t data) {
  return {.slot = static_cast<uint32_t>(data), .generation = static_cast<uint32_t>(data >> 32)};
}

// epoll(7). Owns the epoll descriptor. Loop thread only.
class EpollPoller final : public Poller {
 public:
  explicit EpollPoller(UniqueFd fd) : fd_(std::move(fd)) {}

  Result<ChannelId> add(Channel& channel) override;
  void remove(Channel& channel) override;
  std::span<const PolledEvent> wait(int timeoutMs) override;
  int descriptor() const override { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::array<epoll_event, kMaxEvents> seen_;
  std::array<PolledEvent, kMaxEvents> events_;
};

Result<ChannelId> EpollPoller::add(Channel& channel) {
  const ChannelId id = channels_.next();
  epoll_event event{};
  event.events = wantedOf(channel.trigger());
  event.data.u64 = pack(id);
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, channel.fd(), &event) < 0) {
    return std::unexpected(IoError{"epoll_ctl", errno});
  }
  channels_.put(channel);
  return id;
}

void EpollPoller::remove(Channel& channel) {
  const ChannelId id = channel.id();
  assert(find(id) == &channel);
  // Fails only if the descriptor was closed before its channel, which took it off the set unless a duplicate lives.
  ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, channel.fd(), nullptr);
  channels_.remove(id);
}

std::span<const PolledEvent> EpollPoller::wait(int timeoutMs) {
  channels_.recycle();
  const int count = ::epoll_wait(fd_.get(), seen_.data(), static_cast<int>(kMaxEvents), timeoutMs);
  // EINTR, the one error of a sound call, is a batch without events: the caller looks at its clock and comes again.
  assert(count >= 0 || errno == EINTR);
  size_t found = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = seen_[static_cast<size_t>(i)];
    const ChannelId id = unpack(event.data.u64);
    // A duplicate of a descriptor that was closed before its channel goes on telling events; they are nobody's.
    const Channel* channel = find(id);
    if (channel == nullptr) continue;
    prefetch(*channel);
    events_[found++] = {id, translate(event.events)};
  }
  return {events_.data(), found};
}

}  // namespace

Result<std::unique_ptr<Poller>> createEpollPoller() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return std::unexpected(IoError{"epoll_create1", errno});
  return std::make_unique<EpollPoller>(std::move(fd));
}

}  // namespace cotcp
