#include "core/loop/channel.h"

#include "core/loop/event_loop.h"
#include "core/loop/poller.h"

namespace cotcp {

Channel::Channel(EventLoop& loop, int fd, ChannelHandler& handler, Trigger trigger)
    : loop_(loop), handler_(handler), fd_(fd), trigger_(trigger) {}

Channel::~Channel() { close(); }

Result<void> Channel::open() {
  if (open_) return {};
  const auto id = loop_.poller().add(*this);
  if (!id) return std::unexpected(id.error());
  id_ = *id;
  open_ = true;
  return {};
}

void Channel::close() {
  if (!open_) return;
  loop_.poller().remove(*this);
  // What the ready list and the batch in hand still hold carries the old id and finds nobody.
  id_ = {};
  open_ = false;
  enlisted_ = false;
}

}  // namespace cotcp
