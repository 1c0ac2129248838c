#include "core/loop/ready_list.h"

#include "core/loop/poller.h"

namespace cotcp {

void ReadyList::add(Channel& channel) {
  if (!channel.open_ || channel.enlisted_) return;
  channel.enlisted_ = true;
  waiting_.push_back(channel.id_);
}

void ReadyList::beginTurn() { serving_.swap(waiting_); }

void ReadyList::serve(const Poller& poller) {
  for (const ChannelId id : serving_) {
    Channel* channel = poller.find(id);
    if (channel == nullptr) continue;
    // Before the call: the handler may ask for another turn, and may destroy the channel.
    channel->enlisted_ = false;
    channel->handler_.handleTurn();
  }
  serving_.clear();
}

}  // namespace cotcp
