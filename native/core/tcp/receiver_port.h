#pragma once

#include <deque>
#include <memory>

#include "core/tcp/door.h"
#include "core/tcp/mailbox.h"
#include "core/tcp/port.h"

namespace cotcp {

// A server's seat in a worker thread, for JavaScript: newcomers that another thread has accepted, or those of a listener that
// it has lent, become connections with slots of their own. Owns the door, borrows the context. Loop thread only.
class ReceiverPort final : public Port, public Door::Host {
 public:
  // As for an Acceptor: the events of those let in have to fit into a batch.
  static constexpr int kAdmitsPerTurn = Acceptor::kAcceptsPerTurn;

  ReceiverPort(PortContext& context, SlotId id, std::shared_ptr<Mailbox> mailbox, bool resetUnlessClosed);

  void take(Newcomer newcomer);
  // From now on a listener of its own.
  void listenOn(UniqueFd listener, std::shared_ptr<Quota> quota);
  void onRoom() {
    if (door_) door_->onRoom();
  }

  bool canAdmit() override { return context_.completions.hasRoom(); }
  void onNewcomer(Newcomer newcomer) override { take(std::move(newcomer)); }
  void onDoorTrouble(int error, int refused, bool paused) override;

 private:
  void serve();
  void admitFirst();

  PortContext& context_;
  SlotId id_;
  std::shared_ptr<Mailbox> mailbox_;
  bool resetUnlessClosed_;
  std::deque<Newcomer> waiting_;
  uint64_t servedIn_ = 0;  // the wake-up in which some were last let in
  int served_ = 0;
  bool queued_ = false;
  std::unique_ptr<Door> door_;
};

}  // namespace cotcp
