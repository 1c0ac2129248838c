#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

#include "core/loop/event_loop.h"
#include "core/tcp/completion_ring.h"
#include "core/tcp/remote_call.h"

namespace cotcp {

// The calls of one plane: those it has made and waits for, and those that have come from other threads, its own included. Owns
// what has arrived, shares what it has sent; borrows loop and ring. Loop thread only.
class RemoteCalls {
 public:
  RemoteCalls(EventLoop& loop, CompletionRing& completions) : loop_(loop), completions_(completions) {}

  // As the caller. false: that loop has gone. Else one answer comes, under the ticket.
  bool send(Mailbox& owner, std::shared_ptr<Mailbox> caller, std::shared_ptr<RemoteCall> call);
  // false: it has been taken, or answered. true: nothing will be done; the answer comes all the same.
  bool withdraw(uint32_t ticket);
  // What came with the answer that has just been told.
  Parcel takeAnswer(uint32_t ticket);

  // As the owner, with the number that was told. nullptr: it has been withdrawn, and is answered so.
  RemoteCall* take(uint32_t index);
  void answer(uint32_t index, int32_t status, Parcel parcel);

  // The end: whoever waits is answered.
  void clear();

 private:
  struct Notice {
    SlotId id;
    layout::Completion kind;
    int32_t a;
    int32_t b;
    int32_t c;
  };

  void onArrived(ArrivedCall arrived);
  void onAnswered(uint32_t ticket, int32_t status, Parcel parcel);
  void tell(const Notice& notice);
  void tellWaiting();
  bool mayTell();

  EventLoop& loop_;
  CompletionRing& completions_;
  std::unordered_map<uint32_t, std::shared_ptr<RemoteCall>> sent_;
  std::unordered_map<uint32_t, Parcel> answers_;  // told, and not yet fetched
  std::map<uint32_t, ArrivedCall> arrived_;       // in order, so that the end answers them so
  uint32_t nextIndex_ = 0;
  std::deque<Notice> waiting_;  // have found no room
  uint64_t turn_ = 0;
  size_t toldInTurn_ = 0;

  friend class ArrivedCall;
};

}  // namespace cotcp
