#pragma once

#include "core/tcp/acceptor.h"
#include "core/tcp/connection_port.h"
#include "core/tcp/port.h"

namespace cotcp {

// An Acceptor for JavaScript: every peer becomes a connection with a slot of its own. Owns the acceptor, borrows the
// context. Loop thread only.
class AcceptorPort final : public Port, public Acceptor::Observer {
 public:
  AcceptorPort(PortContext& context, SlotId id, UniqueFd listener, bool resetUnlessClosed);

  Result<void> open() { return acceptor_.open(); }
  Acceptor& acceptor() { return acceptor_; }
  // One peer now; EAGAIN: nobody waits.
  Result<SlotId> acceptNow();

  bool canTake() override;
  void onAccepted(UniqueFd fd, const InetAddress& peer) override;
  void onTrouble(int error, int refused, bool paused) override;

 private:
  Result<SlotId> admitPeer(UniqueFd fd, const InetAddress& peer);

  PortContext& context_;
  SlotId id_;
  bool resetUnlessClosed_;
  Acceptor acceptor_;
};

}  // namespace cotcp
