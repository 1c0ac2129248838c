#include <poll.h>

#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/loop/poller.h"

namespace cotcp {

namespace {

constexpr int kLeftOut = -1;  // poll(2) passes over a negative descriptor

// Hang-ups and errors are told of every descriptor that takes part.
short wantedOf(const Channel& channel) {
  unsigned wanted = 0;
  if (channel.interest() & kReadable) {
    wanted |= POLLIN;
    if (channel.trigger() == Trigger::kEdge) wanted |= POLLRDHUP | POLLPRI;
  }
  if (channel.interest() & kWritable) wanted |= POLLOUT;
  return static_cast<short>(wanted);
}

Events translate(short seen) {
  Events events = 0;
  if (seen & POLLIN) events |= kReadable;
  if (seen & POLLOUT) events |= kWritable;
  if (seen & POLLPRI) events |= kUrgent;
  if (seen & POLLRDHUP) events |= kPeerFin;
  if (seen & POLLHUP) events |= kHangUp;
  // A descriptor that was closed before its channel: whoever asks it finds EBADF.
  if (seen & (POLLERR | POLLNVAL)) events |= kError;
  return events;
}

// poll(2). The entries lie side by side: the last one takes the place of one that goes. Every channel is asked for its
// interest right before the wait, so a change of it is a store and no more. Loop thread only.
class PollPoller final : public Poller {
 public:
  Result<ChannelId> add(Channel& channel) override;
  void remove(Channel& channel) override;
  std::span<const PolledEvent> wait(int timeoutMs) override;
  int descriptor() const override { return -1; }

 private:
  std::vector<pollfd> entries_;
  std::vector<ChannelId> ids_;    // of the entries
  std::vector<uint32_t> places_;  // of the slots: where their entries lie
  std::vector<PolledEvent> events_;
};

Result<ChannelId> PollPoller::add(Channel& channel) {
  // poll(2) takes any number; the wait would only tell that nothing is open there.
  pollfd entry{.fd = channel.fd(), .events = 0, .revents = 0};
  if (channel.fd() < 0 || (::poll(&entry, 1, 0) == 1 && (entry.revents & POLLNVAL))) {
    return std::unexpected(IoError{"poll", EBADF});
  }
  const ChannelId id = channels_.next();
  channels_.put(channel);
  if (places_.size() <= id.slot) places_.resize(id.slot + 1);
  places_[id.slot] = static_cast<uint32_t>(entries_.size());
  entries_.push_back(entry);
  ids_.push_back(id);
  return id;
}

void PollPoller::remove(Channel& channel) {
  const ChannelId id = channel.id();
  assert(find(id) == &channel);
  const uint32_t place = places_[id.slot];
  entries_[place] = entries_.back();
  ids_[place] = ids_.back();
  places_[ids_[place].slot] = place;
  entries_.pop_back();
  ids_.pop_back();
  channels_.remove(id);
}

std::span<const PolledEvent> PollPoller::wait(int timeoutMs) {
  channels_.recycle();
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Channel& channel = *find(ids_[i]);
    entries_[i].fd = channel.interest() == 0 ? kLeftOut : channel.fd();
    entries_[i].events = wantedOf(channel);
  }
  const int count = ::poll(entries_.data(), entries_.size(), timeoutMs);
  assert(count >= 0 || errno == EINTR);
  events_.clear();
  // What a signal interrupts is a batch without events, as with epoll.
  if (count <= 0) return {};
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].revents != 0) events_.push_back({ids_[i], translate(entries_[i].revents)});
  }
  return events_;
}

}  // namespace

Result<std::unique_ptr<Poller>> createPollPoller() { return std::make_unique<PollPoller>(); }

}  // namespace cotcp
