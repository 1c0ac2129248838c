#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/io_error.h"
#include "core/loop/channel.h"

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
  // null if the id is stale.
  virtual Channel* find(ChannelId id) const = 0;
  // A descriptor that is readable while wait(0) would find something; -1 if there is none.
  virtual int descriptor() const = 0;
};

Result<std::unique_ptr<Poller>> createEpollPoller();

}  // namespace cotcp
