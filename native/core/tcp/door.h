#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/tcp/acceptor.h"
#include "core/tcp/newcomer.h"
#include "core/tcp/quota.h"

namespace cotcp {

// A listener whose peers need a place in a quota that other threads use as well. Owns the acceptor, borrows loop and host.
// Loop thread only.
class Door final : public Acceptor::Observer {
 public:
  // Told from the loop's turn. Must not destroy the door.
  class Host {
   public:
    virtual bool canAdmit() = 0;
    virtual void onNewcomer(Newcomer newcomer) = 0;
    // Those of this turn have all been told of.
    virtual void onRoundEnd() {}
    virtual void onDoorTrouble(int error, int refused, bool paused) = 0;

   protected:
    ~Host() = default;
  };

  // `wake` may be called from any thread, also when the door has gone; it has to lead to onRoom() on this one.
  Door(EventLoop& loop, UniqueFd listener, std::shared_ptr<Quota> quota, std::function<void()> wake, Host& host);
  ~Door();

  Result<void> open() { return acceptor_.open(); }
  // Whether peers are wanted at all.
  void setWanted(bool wanted);
  void onRoom();
  // A peer has been accepted that waits for room.
  bool holdsPeer() const { return held_.has_value(); }
  void restIfDrained(Nanoseconds time) { acceptor_.restIfDrained(time); }
  int fd() const { return acceptor_.fd(); }

  bool canTake() override;
  void onAccepted(UniqueFd fd, const InetAddress& peer) override;
  void onRoundEnd() override { host_.onRoundEnd(); }
  void onTrouble(int error, int refused, bool paused) override;

 private:
  struct Held {
    UniqueFd fd;
    InetAddress peer;
  };
  void stateDemand();
  bool hasRoom();
  void offer(Held peer);

  Host& host_;
  std::shared_ptr<Quota> quota_;
  std::function<void()> wake_;
  // Accepted when another thread took the last place: goes in first.
  std::optional<Held> held_;
  bool wanted_ = false;
  bool waiting_ = false;  // for room
  Acceptor acceptor_;
};

}  // namespace cotcp
