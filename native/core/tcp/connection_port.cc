#include "core/tcp/connection_port.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cotcp {

namespace {

constexpr uint32_t kFirstReceiveBytes = 64 * 1024;
constexpr uint32_t kMostReceiveBytes = 512 * 1024;
// A receive that brings less than this share of what it asked for halves the next one.
constexpr uint32_t kShrinkShare = 8;

}  // namespace

ConnectionPort::ConnectionPort(PortContext& context, SlotId id, UniqueFd fd, TcpConnection::Endpoints endpoints,
                               bool resetUnlessClosed)
    : Port(PortKind::kConnection),
      context_(context),
      id_(id),
      receiveBytes_(kFirstReceiveBytes),
      connection_(context.loop, std::move(fd), std::move(endpoints), resetUnlessClosed, *this) {
  context_.memory.clearFlags(id.slot);
}

void ConnectionPort::adapt(size_t asked, size_t received) {
  if (received == asked && asked >= receiveBytes_) {
    receiveBytes_ = std::min(receiveBytes_ * 2, kMostReceiveBytes);
  } else if (received < receiveBytes_ / kShrinkShare) {
    receiveBytes_ = std::max(receiveBytes_ / 2, kFirstReceiveBytes);
  }
}

ConnectionPort::Outcome ConnectionPort::broken() {
  defer(kPendingSalvage);
  return -connection_.error().code;
}

// Bytes, or what a read without bytes tells.
ConnectionPort::Outcome ConnectionPort::outcomeOf(const Received& received) {
  flag(layout::kFlagReadable) = connection_.isReadable();
  switch (received.kind) {
    case Received::Kind::kEnd:
      return 0;
    case Received::Kind::kWait:
      return -EAGAIN;
    case Received::Kind::kBroken:
      return broken();
    case Received::Kind::kBytes:
      break;
  }
  context_.budget.spend(received.count);
  return static_cast<Outcome>(received.count);
}

ConnectionPort::Outcome ConnectionPort::receive() {
  const auto room = context_.area.room(receiveBytes_);
  if (room.empty()) return -ENOBUFS;
  const Received received = connection_.read(room);
  const Outcome outcome = outcomeOf(received);
  if (outcome <= 0) return outcome;
  const ReceivedBytes bytes = context_.area.commit(received.count);
  adapt(room.size(), received.count);
  context_.memory.control(layout::kReceivedArea) = bytes.area;
  context_.memory.control(layout::kReceivedAt) = bytes.offset;
  return bytes.length;
}

ConnectionPort::Outcome ConnectionPort::receiveInto(std::span<uint8_t> view) {
  constexpr size_t kMostBytes = size_t{1} << 30;  // an Outcome is an int32
  return outcomeOf(connection_.read(view.first(std::min(view.size(), kMostBytes))));
}

void ConnectionPort::showBlocked(bool blocked) {
  flag(layout::kFlagBlocked) = blocked;
  if (blocked) context_.blocked.note();
}

void ConnectionPort::hold() {
  connection_.holdOutput();
  if (flag(layout::kFlagBlocked)) context_.blocked.note();
}

ConnectionPort::Outcome ConnectionPort::write(std::span<const uint8_t> bytes, bool holdsMore) {
  constexpr size_t kMostBytes = size_t{1} << 30;
  const auto some = bytes.first(std::min(bytes.size(), kMostBytes));
  const auto sent = connection_.write(some, holdsMore || some.size() < bytes.size());
  if (!sent) return broken();
  context_.budget.spend(*sent);
  if (connection_.isBroken()) defer(kPendingSalvage);
  showBlocked(connection_.isBlocked());
  return static_cast<Outcome>(*sent);
}

double ConnectionPort::writeAll(std::span<const uint8_t> bytes) {
  if (!connection_.writeOrQueue(bytes)) return broken();
  if (connection_.isBroken()) defer(kPendingSalvage);
  context_.budget.spend(bytes.size());
  showBlocked(connection_.isBlocked());
  return static_cast<double>(connection_.outputBytes());
}

ConnectionPort::Outcome ConnectionPort::sendFile(int file, uint64_t offset, uint64_t length, bool holdsMore) {
  const FileSent done = connection_.sendFile(file, offset, length, holdsMore);
  if (done.kind == FileSent::Kind::kBroken) return broken();
  context_.budget.spend(done.count);
  if (connection_.isBroken()) defer(kPendingSalvage);
  showBlocked(connection_.isBlocked());
  return done.kind == FileSent::Kind::kBytes ? static_cast<Outcome>(done.count) : kFileFault - done.error;
}

void ConnectionPort::writePosted(std::span<const uint8_t> bytes) {
  const uint8_t held = flag(layout::kFlagBlocked);
  if (!connection_.writeOrQueue(bytes) || connection_.isBroken()) defer(kPendingSalvage);
  context_.budget.spend(bytes.size());
  showBlocked(held || connection_.isBlocked());
}

ConnectionPort::Outcome ConnectionPort::close() {
  const bool over = connection_.close();
  return connection_.isBroken() ? -connection_.error().code : Outcome{over};
}

void ConnectionPort::defer(Pending what) {
  pending_ |= what;
  connection_.enlist();
}

void ConnectionPort::onReadable() {
  flag(layout::kFlagReadable) = 1;
  deliver();
}

void ConnectionPort::deliver() {
  const uint8_t want = flag(layout::kFlagWantRead);
  if (want == layout::kWantNothing || ended_) return;
  if (!context_.completions.hasRoom() || context_.budget.isSpent()) {
    connection_.enlist();
  } else if (want == layout::kWantReadiness) {
    flag(layout::kFlagWantRead) = layout::kWantNothing;
    context_.completions.push(id_, layout::Completion::kReadable);
  } else {
    deliverData();
  }
}

void ConnectionPort::deliverData() {
  const Outcome outcome = receive();
  if (outcome == -EAGAIN) return;
  if (outcome == -ENOBUFS) {
    connection_.enlist();
    return;
  }
  flag(layout::kFlagWantRead) = layout::kWantNothing;
  if (outcome >= 0) pushData(outcome);
}

void ConnectionPort::pushData(Outcome length) {
  context_.completions.push(id_, layout::Completion::kData, context_.memory.control(layout::kReceivedArea),
                            context_.memory.control(layout::kReceivedAt), length);
}

void ConnectionPort::onWritable() {
  if (!flag(layout::kFlagBlocked)) return;
  if (!context_.completions.hasRoom()) {
    defer(kPendingWrite);
    return;
  }
  flag(layout::kFlagBlocked) = 0;
  context_.completions.push(id_, layout::Completion::kWritable);
}

void ConnectionPort::onBroken() { salvage(); }

// Everything that had arrived, the peer's end included, goes to JavaScript before the error does, so that the descriptor need
// not wait for a reader.
void ConnectionPort::salvage() {
  if (ended_) return;
  pending_ &= static_cast<uint8_t>(~kPendingSalvage);
  while (context_.completions.hasRoom() && !context_.budget.isSpent()) {
    const bool endTold = connection_.peerEnded();
    const Outcome outcome = receive();
    if (outcome == -ENOBUFS) break;
    if (outcome > 0 || (outcome == 0 && !endTold)) {
      flag(layout::kFlagWantRead) = layout::kWantNothing;
      // A reader who received directly now would be served before what is on its way to it.
      flag(layout::kFlagReadable) = 0;
      pushData(outcome);
      continue;
    }
    if (connection_.isBroken()) {
      flag(layout::kFlagReadable) = 0;
      pending_ = 0;
      pushEnded();
    } else {
      // An error was told and there is none: whoever waits finds out what is left.
      if (pending_ != 0) connection_.enlist();
      onWritable();
    }
    return;
  }
  defer(kPendingSalvage);
}

void ConnectionPort::onClosed() {
  if (!context_.completions.hasRoom()) {
    defer(kPendingClosed);
    return;
  }
  pushEnded();
}

void ConnectionPort::pushEnded() {
  if (ended_) return;
  ended_ = true;
  const IoError& error = connection_.error();
  context_.completions.push(id_, layout::Completion::kEnded, error.code, syscallIndex(error.syscall));
}

void ConnectionPort::onTurn() {
  const uint8_t pending = pending_;
  if (pending & kPendingSalvage) {
    salvage();
    return;
  }
  pending_ = 0;
  if (pending & kPendingClosed) {
    onClosed();
    return;
  }
  if ((pending & kPendingWrite) && !connection_.isBlocked()) onWritable();
  if (connection_.isReadable()) deliver();
}

}  // namespace cotcp
