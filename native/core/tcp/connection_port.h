#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/tcp/port.h"
#include "core/tcp/quota.h"
#include "core/tcp/tcp_connection.h"

namespace cotcp {

inline constexpr size_t kNoPost = SIZE_MAX;

// A TcpConnection for JavaScript: turns its events into completions and flags, its calls into numbers. Owns the connection,
// borrows the context. Loop thread only.
class ConnectionPort final : public Port, public TcpConnection::Observer {
 public:
  // Numbers for JavaScript: bytes, or minus the errno. EAGAIN: not now. ENOBUFS from receive: a fresh receive area first.
  using Outcome = int32_t;

  ConnectionPort(PortContext& context, SlotId id, UniqueFd fd, TcpConnection::Endpoints endpoints,
                 bool resetUnlessClosed);

  Result<void> open() { return connection_.open(); }
  // Its place in a quota, given back when the descriptor is closed.
  void keep(Quota::Ticket ticket) { ticket_ = std::move(ticket); }
  TcpConnection& connection() { return connection_; }

  // A chunk into the receive area, whose place is told in the control words. 0 = the peer's end.
  Outcome receive();
  Outcome receiveInto(std::span<uint8_t> view);
  Outcome write(std::span<const uint8_t> bytes, bool holdsMore);
  // All of it: what the kernel does not take is queued. The bytes that are queued then, or minus the errno.
  double writeAll(std::span<const uint8_t> bytes);
  // Bytes, 0 = not now. What went wrong with the file is kFileFault - errno, with 0 for a file that ends before `offset`.
  static constexpr Outcome kFileFault = -65'536;
  Outcome sendFile(int file, uint64_t offset, uint64_t length, bool holdsMore);
  // From the submission ring: all of it, the rest is queued. An error is told by a completion.
  void writePosted(std::span<const uint8_t> bytes);
  // The connection's post before this one, of the same round, or kNoPost.
  size_t takePostPlace(uint64_t round, size_t index) {
    const size_t before = postRound_ == round ? lastPost_ : kNoPost;
    postRound_ = round;
    lastPost_ = index;
    return before;
  }
  // A send waits in JavaScript.
  void hold();
  // 1: over already, 0: onClosed() follows, or minus the errno that ended it.
  Outcome close();

  void onReadable() override;
  void onWritable() override;
  void onBroken() override;
  void onClosed() override;
  void onTurn() override;

 private:
  enum Pending : uint8_t { kPendingWrite = 1, kPendingSalvage = 2, kPendingClosed = 4 };

  uint8_t& flag(layout::Flag flag) { return context_.memory.flag(id_.slot, flag); }
  void showBlocked(bool blocked);
  void defer(Pending what);
  void deliver();
  void deliverData();
  void pushData(Outcome length);
  void salvage();
  void pushEnded();
  void adapt(size_t asked, size_t received);
  Outcome outcomeOf(const Received& received);
  Outcome broken();

  PortContext& context_;
  SlotId id_;
  uint32_t receiveBytes_;
  uint8_t pending_ = 0;
  uint64_t postRound_ = 0;
  size_t lastPost_ = 0;
  bool ended_ = false;  // kEnded has been told
  Quota::Ticket ticket_;
  TcpConnection connection_;
};

}  // namespace cotcp
