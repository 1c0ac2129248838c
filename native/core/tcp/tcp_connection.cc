#include "core/tcp/tcp_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/errno_table.h"
#include "core/base/send_file.h"
#include "core/base/sockets.h"
#include "core/tcp/tcp_info.h"

namespace cotcp {

namespace {

constexpr size_t kDropBytes = 64 * 1024;  // one receive of the lingering close
constexpr int kDropsPerTurn = 16;

}  // namespace

TcpConnection::TcpConnection(EventLoop& loop, UniqueFd fd, Endpoints endpoints, bool resetUnlessClosed,
                             Observer& observer)
    : loop_(loop),
      observer_(observer),
      fd_(std::move(fd)),
      channel_(loop, fd_.get(), *this, Trigger::kEdge),
      stopsShort_(endpoints.local.family() == AF_UNIX),
      resetUnlessClosed_(resetUnlessClosed),
      resetArmed_(resetUnlessClosed),
      endpoints_(std::move(endpoints)) {
  channel_.setInterest(kHangUp, true);
}

TcpConnection::~TcpConnection() {
  if (fd_) abandon(false);
}

Result<void> TcpConnection::open() { return channel_.open(); }

void TcpConnection::keepError(const IoError& error) {
  if (error_.code == 0) error_ = error;
}

void TcpConnection::takePendingError() {
  if (isBroken()) return;
  if (const auto error = sockets::takeError(fd_.get()); error && *error != 0) keepError({"read", *error});
}

void TcpConnection::noteTransfer() {
  if (lastTransfer_ != 0) [[unlikely]]
    lastTransfer_ = monotonicNow();
}

void TcpConnection::timeTransfers() {
  if (lastTransfer_ == 0) lastTransfer_ = monotonicNow();
}

Nanoseconds TcpConnection::idleTime() const { return lastTransfer_ == 0 ? 0 : monotonicNow() - lastTransfer_; }

int64_t TcpConnection::bytesTaken() const {
  const auto left = sockets::unacknowledged(fd_.get());
  return static_cast<int64_t>(bytesWritten_) - static_cast<int64_t>(left ? *left : 0);
}

size_t TcpConnection::bytesUnread() const {
  const size_t counted = sockets::unread(fd_.get()).value_or(0);
  if (!stopsShort_ || isUnix()) return counted;
  // The kernel counts as far as urgent data. All that has come is a few bytes more than what is to be read: the urgent ones.
  const auto values = readTcpInfo(fd_.get());
  if (!values) return counted;
  const double left = (*values)[kInfoBytesReceived] - static_cast<double>(bytesReceived_);
  return std::max(counted, static_cast<size_t>(std::max(left, 0.0)));
}

Received TcpConnection::read(std::span<uint8_t> into) {
  if (peerEnded_) return {Received::Kind::kEnd};
  const auto received = sockets::receive(fd_.get(), into);
  if (!received) {
    if (ioAction(received.error().code) == IoAction::kWait) {
      if (isBroken()) return {Received::Kind::kBroken};
      setReadable(false);
      stopsShort_ = isUnix();
      return {Received::Kind::kWait};
    }
    keepError(received.error());
    return {Received::Kind::kBroken};
  }
  if (*received == 0) {
    // An error that an earlier call took leaves a 0 behind, which is not the peer's end.
    if (isBroken()) return {Received::Kind::kBroken};
    peerEnded_ = true;
    // tcp_recvmsg() looks at the FIN first: no read ever meets a reset that came right behind it.
    if (errorTold_) takePendingError();
    return {Received::Kind::kEnd};
  }
  bytesReceived_ += *received;
  noteTransfer();
  if (*received < into.size() && !hangUp_ && !stopsShort_ && !isBroken()) setReadable(false);
  return {Received::Kind::kBytes, *received};
}

Result<size_t> TcpConnection::sendSome(std::span<const uint8_t> bytes) {
  size_t sent = 0;
  // Until it says EAGAIN: only that is followed by an edge.
  while (sent < bytes.size() && writable_) {
    const auto taken = sockets::send(fd_.get(), bytes.subspan(sent));
    if (taken) {
      sent += *taken;
      bytesWritten_ += *taken;
      noteTransfer();
    } else if (ioAction(taken.error().code) == IoAction::kWait) {
      setWritable(false);
    } else {
      keepError(taken.error());
      // What went out before stays told; the next call finds the error.
      if (sent == 0) return std::unexpected(error_);
      break;
    }
  }
  return sent;
}

Result<size_t> TcpConnection::write(std::span<const uint8_t> bytes, bool holdsMore) {
  if (isBroken()) return std::unexpected(error_);
  size_t sent = 0;
  if (output_.readableBytes() == 0) {
    const auto taken = sendSome(bytes);
    if (!taken) return taken;
    sent = *taken;
  }
  callerHolds_ = holdsMore || sent < bytes.size();
  armReset(callerHolds_ || output_.readableBytes() > 0);
  return sent;
}

FileSent TcpConnection::sendSomeOfFile(int file, uint64_t offset, size_t length) {
  size_t sent = 0;
  // Until it says EAGAIN, as in sendSome(): a short count may have other reasons.
  while (sent < length && writable_) {
    const auto taken = sockets::sendFile(fd_.get(), file, offset + sent, length - sent);
    if (taken && *taken > 0) {
      sent += *taken;
      bytesWritten_ += *taken;
      noteTransfer();
      continue;
    }
    // What went out before stays told; the next call finds the end of the file, or its error, again.
    if (taken) return sent > 0 ? FileSent{FileSent::Kind::kBytes, sent} : FileSent{FileSent::Kind::kFileEnd};
    const int error = taken.error().code;
    switch (sendFileAction(error)) {
      case SendFileAction::kRetry:
        break;
      case SendFileAction::kWait:
        setWritable(false);
        break;
      case SendFileAction::kFileFailed:
        return sent > 0 ? FileSent{FileSent::Kind::kBytes, sent} : FileSent{FileSent::Kind::kFileFailed, 0, error};
      case SendFileAction::kBroken:
        keepError(taken.error());
        return sent > 0 ? FileSent{FileSent::Kind::kBytes, sent} : FileSent{FileSent::Kind::kBroken};
    }
  }
  return {FileSent::Kind::kBytes, sent};
}

FileSent TcpConnection::sendFile(int file, uint64_t offset, uint64_t length, bool holdsMore) {
  if (isBroken()) return {FileSent::Kind::kBroken};
  FileSent done{FileSent::Kind::kBytes};
  if (output_.readableBytes() == 0) {
    done = sendSomeOfFile(file, offset, static_cast<size_t>(std::min<uint64_t>(length, kFileStepBytes)));
    if (done.kind == FileSent::Kind::kBroken) return done;
  }
  callerHolds_ = holdsMore || done.count < length;
  armReset(callerHolds_ || output_.readableBytes() > 0);
  return done;
}

Result<void> TcpConnection::writeOrQueue(std::span<const uint8_t> bytes) {
  if (isBroken()) return std::unexpected(error_);
  size_t sent = 0;
  if (output_.readableBytes() == 0) {
    const auto taken = sendSome(bytes);
    if (!taken) return std::unexpected(taken.error());
    sent = *taken;
  }
  if (sent < bytes.size()) output_.append(bytes.subspan(sent));
  armReset(callerHolds_ || output_.readableBytes() > 0);
  return {};
}

void TcpConnection::holdOutput() {
  // Nothing is sent after the FIN: who waits then waits for it alone.
  if (finWanted_) return;
  callerHolds_ = true;
  armReset(true);
}

void TcpConnection::flushOutput() {
  if (output_.readableBytes() == 0 || isBroken()) return;
  const auto taken = sendSome(output_.peek());
  if (!taken) return;
  output_.retrieve(*taken);
  if (output_.readableBytes() > 0) return;
  output_.shrink();
  if (!callerHolds_) armReset(false);
}

void TcpConnection::armReset(bool on) {
  const bool wanted = (on || resetUnlessClosed_) && !finSent_;
  if (wanted == resetArmed_) return;
  // A unix socket has no RST; setting the option there has no effect and no error.
  if (sockets::setResetOnClose(fd_.get(), wanted)) resetArmed_ = wanted;
}

void TcpConnection::sendFin() {
  finSent_ = true;
  armReset(false);
  const auto done = sockets::shutdownWrite(fd_.get());
  // ENOTCONN: the peer has reset it; the error itself comes with the event that tells so.
  if (!done && done.error().code != ENOTCONN) keepError(done.error());
}

void TcpConnection::shutdown() {
  finWanted_ = true;
  callerHolds_ = false;
  if (!finSent_ && output_.readableBytes() == 0 && !isBroken()) sendFin();
}

bool TcpConnection::close() {
  closing_ = true;
  shutdown();
  dropInput();
  return isClosed();
}

bool TcpConnection::isClosed() const { return isBroken() || (finSent_ && peerEnded_); }

// Also while output is left: a peer that writes all before it reads would otherwise never come to reading.
void TcpConnection::dropInput() {
  uint8_t dropped[kDropBytes];
  for (int drops = 0; drops < kDropsPerTurn; ++drops) {
    if (read(dropped).kind != Received::Kind::kBytes || !readable_) return;
  }
  enlist();
}

void TcpConnection::abandon(bool reset) {
  channel_.close();
  const bool unsent = output_.readableBytes() > 0 || callerHolds_;
  if (reset || unsent) {
    // Best effort: on a unix socket, or one that is reset already, there is nothing to arm.
    (void)sockets::setResetOnClose(fd_.get(), true);
  } else if (resetArmed_ && finSent_) {
    (void)sockets::setResetOnClose(fd_.get(), false);
  }
  output_.retrieveAll();
  output_.shrink();
  fd_.reset();
}

void TcpConnection::takeReadiness(Events events) {
  if (events & (kPeerFin | kHangUp | kError)) hangUp_ = true;
  // Once heard it stays so.
  if (events & (kHangUp | kError)) channel_.setInterest(kHangUp, false);
  if (events & kError) errorTold_ = true;
  if (events & kUrgent) stopsShort_ = true;
  if (events & (kReadable | kUrgent | kPeerFin | kHangUp | kError)) setReadable(true);
  if (!(events & (kWritable | kHangUp | kError))) return;
  setWritable(true);
  flushOutput();
  if (finWanted_ && !finSent_ && output_.readableBytes() == 0 && !isBroken()) sendFin();
}

void TcpConnection::handleEvents(Events events) {
  takeReadiness(events);
  if ((events & kError) && peerEnded_) takePendingError();
  if (closing_) {
    dropInput();
    if (isClosed()) observer_.onClosed();
    return;
  }
  if (isBroken() || ((events & kError) && !peerEnded_)) {
    observer_.onBroken();
    return;
  }
  if ((events & kWritable) && !isBlocked()) observer_.onWritable();
  if (readable_ && (events & ~static_cast<Events>(kWritable))) observer_.onReadable();
}

void TcpConnection::handleTurn() {
  if (!closing_) {
    observer_.onTurn();
    return;
  }
  dropInput();
  if (isClosed()) observer_.onClosed();
}

}  // namespace cotcp
