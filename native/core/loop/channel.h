#pragma once

#include <cstdint>

#include "core/base/io_error.h"

namespace cotcp {

class EventLoop;

// What the poller saw, in our own bits.
enum Event : uint32_t {
  kReadable = 1,
  kWritable = 2,
  kPeerFin = 4,  // the peer has shut down its sending half
  kHangUp = 8,   // both halves are shut
  kError = 16,
  kUrgent = 32,  // out-of-band data, at which a receive stops short
};
using Events = uint32_t;

// Slot and generation of a registered channel; a stale one finds nobody.
struct ChannelId {
  uint32_t slot = 0;
  uint32_t generation = 0;
  bool operator==(const ChannelId&) const = default;
};

class ChannelHandler {
 public:
  // From the loop's turn. The handler may destroy its own or any other channel.
  virtual void handleEvents(Events events) = 0;
  // The turn that EventLoop::enlist() asked for.
  virtual void handleTurn() {}

 protected:
  ~ChannelHandler() = default;
};

// How long an event stays: kEdge tells a change once, kLevel as long as it lasts.
enum class Trigger : uint8_t { kEdge, kLevel };

// Interest in one descriptor plus who hears of it. Borrows the loop, the descriptor and the handler: all must outlive
// it. With epoll registered once, for in, out, pri and rdhup (kEdge) or for in (kLevel). Loop thread only.
//
// poll(2) knows no edges: there only what is of interest is told, as long as it lasts. So the handler drops the interest in
// what it has heard until it is news again.
class Channel {
 public:
  Channel(EventLoop& loop, int fd, ChannelHandler& handler, Trigger trigger);
  ~Channel();  // takes itself off the poller and off the ready list
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Registers; ENOSPC or ENOMEM of the poller is told.
  Result<void> open();
  // Off the poller; events already fetched are dropped. Call before the descriptor is closed: a duplicate would keep it
  // registered.
  void close();

  // Of kReadable (at first), kWritable and kHangUp, which stands for errors too. With any interest hang-ups and errors are
  // told as well; with none, nothing is.
  void setInterest(Events events, bool on) {
    interest_ = static_cast<uint8_t>(on ? interest_ | events : interest_ & ~events);
  }
  Events interest() const { return interest_; }

  bool isOpen() const { return open_; }
  int fd() const { return fd_; }
  Trigger trigger() const { return trigger_; }
  ChannelId id() const { return id_; }
  ChannelHandler& handler() const { return handler_; }

 private:
  EventLoop& loop_;
  ChannelHandler& handler_;
  int fd_;
  ChannelId id_;
  Trigger trigger_;
  uint8_t interest_ = kReadable;
  bool open_ = false;
  bool enlisted_ = false;

  friend class EventLoop;
  friend class ReadyList;
};

}  // namespace cotcp
