#pragma once

#include <vector>

#include "core/loop/channel.h"

namespace cotcp {

class Poller;

// The channels that asked for a turn of their own, in the order of asking, each once. Holds their ids, so a channel that
// goes away is skipped; borrows nothing. Loop thread only.
class ReadyList {
 public:
  // A channel that is not open, or waits already, is passed over.
  void add(Channel& channel);
  // handleTurn() of everyone who is on the list now; who is added meanwhile waits for the next call.
  void serve(const Poller& poller);
  bool empty() const { return waiting_.empty(); }

 private:
  std::vector<ChannelId> waiting_;
  std::vector<ChannelId> serving_;
};

}  // namespace cotcp
