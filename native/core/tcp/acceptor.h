#pragma once

#include <cstdint>
#include <limits>

#include "core/base/clock.h"
#include "core/base/errno_table.h"
#include "core/base/inet_address.h"
#include "core/base/io_error.h"
#include "core/base/unique_fd.h"
#include "core/loop/channel.h"
#include "core/loop/event_loop.h"

namespace cotcp {

// A listening socket that takes peers as long as somebody wants them. Owns the listener, the reserved descriptor and the
// back-off timer; borrows loop and observer. Loop thread only.
//
// Out of descriptors, it gives up the reserved one to accept and reset a peer, so that nobody waits for an answer that will
// not come; then it pauses, with a growing back-off. The listener is edge-triggered: nothing spins meanwhile.
class Acceptor final : public ChannelHandler {
 public:
  // Each newcomer brings events of its own: together they have to fit into a batch, or a storm of them would be ahead of all
  // others for ever.
  static constexpr int kAcceptsPerTurn = 16;
  static constexpr int kRefusalsPerTurn = 64;  // end at once, and bring none
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  // Told from the loop's turn. Must not destroy the acceptor.
  class Observer {
   public:
    // false: cannot be taken now; the acceptor asks again in the next turn.
    virtual bool canTake() = 0;
    virtual void onAccepted(UniqueFd fd, const InetAddress& peer) = 0;
    // Those of this turn have all been told of.
    virtual void onRoundEnd() {}
    // Peers were refused, or taking them pauses, for want of something.
    virtual void onTrouble(int error, int refused, bool paused) = 0;

   protected:
    ~Observer() = default;
  };

  Acceptor(EventLoop& loop, UniqueFd listener, Observer& observer);
  ~Acceptor();

  Result<void> open();
  // From onRoundEnd(), if nobody waits: those who come within that time are taken together, and cause no wake-up before.
  void restIfDrained(Nanoseconds time);
  // How many more peers are wanted; kUnlimited for all. 0 leaves them in the kernel's backlog.
  void setDemand(int64_t peers);
  // Takes one peer now, whatever the demand. EAGAIN: nobody waits.
  Result<UniqueFd> acceptNow(InetAddress& peer);
  int fd() const { return listener_.get(); }

  void handleEvents(Events events) override;
  void handleTurn() override;

 private:
  struct Shed {
    int refused = 0;
    int error = 0;
  };
  void acceptSome();
  void acceptBudget();
  // In news of peers, if they are wanted and could be taken.
  void stateInterest();
  // false: this turn is over.
  bool acceptOne(Shed& shed);
  bool act(AcceptAction action, int error, Shed& shed);
  bool shedOne();
  void reserve();
  void pause(int error, int refused);
  void resumeIn(Nanoseconds time);
  void resume();

  EventLoop& loop_;
  Observer& observer_;
  UniqueFd listener_;
  Channel channel_;
  UniqueFd reserved_;
  TimerId resumeTimer_;
  Nanoseconds backOff_ = 0;
  int64_t demand_ = 0;
  uint64_t servedIn_ = 0;  // the wake-up in which peers were last taken
  bool readable_ = false;
  bool paused_ = false;
};

}  // namespace cotcp
