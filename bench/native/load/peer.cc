#include "load/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace load {

const char* describe(PeerError error) {
  switch (error) {
    case PeerError::kNone:
      return "none";
    case PeerError::kWrongByte:
      return "a byte came back that was not sent";
    case PeerError::kExtraByte:
      return "more bytes came back than were sent";
    case PeerError::kEarlyEnd:
      return "the server ended the connection";
    case PeerError::kBroken:
      return "the connection broke";
  }
  return "?";
}

Peer::Peer(int fd, size_t index, const Pattern& pattern)
    : fd_(fd), pattern_(&pattern), sendCursor_(pattern.start(index)), receiveCursor_(sendCursor_) {}

Peer::Peer(Peer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      pattern_(other.pattern_),
      sendCursor_(other.sendCursor_),
      receiveCursor_(other.receiveCursor_),
      sent_(other.sent_),
      received_(other.received_),
      shutdown_(other.shutdown_),
      ended_(other.ended_) {}

Peer::~Peer() {
  if (fd_ >= 0) ::close(fd_);
}

PeerError Peer::sendUpTo(uint64_t total, size_t maxWriteBytes) {
  while (sent_ < total) {
    const size_t wanted = std::min<uint64_t>({total - sent_, maxWriteBytes, pattern_->maxRunBytes()});
    const ssize_t count = ::send(fd_, pattern_->at(sendCursor_), wanted, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? PeerError::kNone : PeerError::kBroken;
    sent_ += static_cast<size_t>(count);
    sendCursor_.advance(static_cast<size_t>(count), *pattern_);
  }
  return PeerError::kNone;
}

PeerError Peer::receive(std::span<char> scratch, bool toTheEnd) {
  for (;;) {
    const size_t wanted = std::min(scratch.size(), pattern_->maxRunBytes());
    const ssize_t count = ::recv(fd_, scratch.data(), wanted, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? PeerError::kNone : PeerError::kBroken;
    if (count == 0) {
      ended_ = true;
      return shutdown_ ? PeerError::kNone : PeerError::kEarlyEnd;
    }
    const auto length = static_cast<size_t>(count);
    if (received_ + length > sent_) return PeerError::kExtraByte;
    if (std::memcmp(scratch.data(), pattern_->at(receiveCursor_), length) != 0) return PeerError::kWrongByte;
    received_ += length;
    receiveCursor_.advance(length, *pattern_);
    if (length < wanted && !toTheEnd) return PeerError::kNone;
  }
}

void Peer::shutdown() {
  shutdown_ = true;
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace load
