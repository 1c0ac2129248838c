#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/tcp/door.h"
#include "core/tcp/mailbox.h"
#include "core/tcp/port.h"

namespace cotcp {

// A listener for worker threads. Hands what it accepts to them in turn, through their mailboxes; or lends the listener itself
// to one of them and accepts only while that one is gone. JavaScript takes no part in it. Owns listener and door, borrows the
// context. Loop thread only.
class DispatcherPort final : public Port, public Door::Host {
 public:
  DispatcherPort(PortContext& context, SlotId id, std::shared_ptr<Mailbox> mailbox, UniqueFd listener,
                 std::shared_ptr<Quota> quota);
  ~DispatcherPort() override;

  // One more thread that takes newcomers: number and mailbox of its loop, and the slot of its ReceiverPort.
  void addLane(uint32_t loop, std::shared_ptr<Mailbox> target, SlotId receiver);
  void removeLane(uint32_t loop);
  // An errno: it stays here.
  Result<void> lend(uint32_t loop, const std::shared_ptr<Mailbox>& target, SlotId receiver);

  int fd() const { return listener_.get(); }
  const std::shared_ptr<Quota>& quota() const { return quota_; }
  // A place in the quota is free, or a thread takes newcomers again.
  void onRoom();

  bool canAdmit() override;
  void onNewcomer(Newcomer newcomer) override;
  void onRoundEnd() override;
  void onDoorTrouble(int error, int refused, bool paused) override;

 private:
  struct Lane {
    uint32_t loop;
    std::shared_ptr<Mailbox> target;
    SlotId receiver;
    std::shared_ptr<Transit> transit;
    std::vector<Newcomer> parcel;  // of this turn
  };
  // Makes the door accept if it is its turn.
  void stateWanted();
  // An errno, when out of descriptors, say.
  Result<void> openDoor();
  // Into the next thread's parcel, or to those who wait.
  void assign(Newcomer newcomer);
  // One task per thread and turn. What a mailbox that has gone gives back is assigned once more.
  void sendParcels();
  // true: the parcel is empty now.
  bool sendParcel(Lane& lane);
  size_t nextLane();
  std::function<void()> waker() const;

  PortContext& context_;
  SlotId id_;
  std::shared_ptr<Mailbox> mailbox_;
  UniqueFd listener_;
  std::shared_ptr<Quota> quota_;
  std::vector<Lane> lanes_;
  size_t next_ = 0;
  std::optional<uint32_t> lentTo_;  // a loop
  std::deque<Newcomer> waiting_;    // accepted when the last thread went
  std::unique_ptr<Door> door_;      // none while the listener is lent
  std::optional<TimerId> retry_;    // of openDoor()
};

}  // namespace cotcp
