#pragma once

#include <vector>

#include "core/loop/channel.h"

namespace cotcp {

class Poller;

// The channels that asked for a turn of their own, in the order of asking, each once. Holds their ids, so a channel
// that goes away is skipped; borrows nothing. Loop thread only.
class ReadyList {
 public:
  // A channel that is not open, or waits already, is passed over.
  void add(Channel& channel);
  // A turn begins: those who wait now are its own, who is added from now on is the next one's.
  void beginTurn();
  // handleTurn() of the turn's own.
  void serve(const Poller& poller);
  // Nobody waits for a turn that has not begun.
  bool empty() const { return waiting_.empty(); }

 private:
  std::vector<ChannelId> waiting_;
  std::vector<ChannelId> serving_;
};

}  // namespace cotcp
