#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "load/pattern.h"

namespace load {

enum class PeerError { kNone, kWrongByte, kExtraByte, kEarlyEnd, kBroken };
const char* describe(PeerError error);

// One connection of ours: what it has sent, and a check of every byte that comes back. Owns the descriptor, borrows the
// pattern and the scratch memory of receive().
class Peer {
 public:
  Peer(int fd, size_t index, const Pattern& pattern);
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&&) = delete;
  ~Peer();

  // Sends until `total` bytes of the stream are out or the kernel is full; then the next writable event continues.
  PeerError sendUpTo(uint64_t total, size_t maxWriteBytes);
  // Takes all that waits. `toTheEnd`: a hang-up was seen, so that a short read does not mean an empty socket.
  PeerError receive(std::span<char> scratch, bool toTheEnd);
  void shutdown();

  int fd() const { return fd_; }
  uint64_t sent() const { return sent_; }
  uint64_t received() const { return received_; }
  bool ended() const { return ended_; }

 private:
  int fd_;
  const Pattern* pattern_;
  Pattern::Cursor sendCursor_;
  Pattern::Cursor receiveCursor_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  bool shutdown_ = false;
  bool ended_ = false;
};

}  // namespace load
