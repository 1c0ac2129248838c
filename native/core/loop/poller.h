#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/io_error.h"
#include "core/loop/channel.h"
#include "core/loop/channel_table.h"

namespace cotcp {

struct PolledEvent {
  ChannelId id;
  Events events;
};

// The system call that waits. Knows channels by slot and generation, so an event that was fetched before its channel
// went away finds nobody, whoever has the slot since. Loop thread only.
class Poller {
 public:
  virtual ~Poller() = default;

  virtual Result<ChannelId> add(Channel& channel) = 0;
  virtual void remove(Channel& channel) = 0;
  // The events of one wait; valid until the next. timeoutMs: 0 = do not wait, -1 = as long as it takes.
  virtual std::span<const PolledEvent> wait(int timeoutMs) = 0;
  // A descriptor that is readable while wait(0) would find something; -1 if there is none.
  virtual int descriptor() const = 0;
  // null if the id is stale.
  Channel* find(ChannelId id) const { return channels_.find(id); }

 protected:
  ChannelTable channels_;
};

// epoll(7): what an edge-triggered channel hears is told once, whatever its interest.
Result<std::unique_ptr<Poller>> createEpollPoller();
// poll(2): tells as long as it lasts, of what the channel is interested in. Has no descriptor that libuv could watch, so it
// serves the native suite alone.
Result<std::unique_ptr<Poller>> createPollPoller();

using PollerFactory = Result<std::unique_ptr<Poller>> (*)();

}  // namespace cotcp
