#pragma once

#include <optional>

#include "core/base/clock.h"
#include "core/base/inet_address.h"
#include "core/base/io_error.h"
#include "core/base/unique_fd.h"
#include "core/loop/channel.h"
#include "core/loop/event_loop.h"

namespace cotcp {

// One attempt to connect: a fresh socket, a non-blocking connect, SO_ERROR when it becomes writable, a deadline. Owns the
// socket until it has connected; borrows loop and observer. Loop thread only.
class Connector final : public ChannelHandler {
 public:
  // Told exactly once, from the loop's turn, unless the connector is destroyed first. May destroy it.
  class Observer {
   public:
    virtual void onConnected(UniqueFd fd) = 0;
    virtual void onFailed(const IoError& error) = 0;

   protected:
    ~Observer() = default;
  };

  // `socket` has its options and its local address.
  Connector(EventLoop& loop, UniqueFd socket, const InetAddress& peer, Observer& observer);
  ~Connector();

  // An error here is final and told nowhere else. `within`: then ETIMEDOUT; nullopt for the kernel's own patience.
  Result<void> start(std::optional<Nanoseconds> within);

  void handleEvents(Events events) override;
  void handleTurn() override;

 private:
  void finish(Result<void> outcome);
  Result<void> checkConnected();

  EventLoop& loop_;
  Observer& observer_;
  UniqueFd socket_;
  InetAddress peer_;
  Channel channel_;
  std::optional<TimerId> deadline_;
};

}  // namespace cotcp
