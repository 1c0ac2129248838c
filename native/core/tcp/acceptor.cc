#include "core/tcp/acceptor.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/sockets.h"

namespace cotcp {

namespace {

// A freed descriptor is noticed within the longest of these.
constexpr Nanoseconds kFirstBackOff = 10 * kMillisecond;
constexpr Nanoseconds kLongestBackOff = 80 * kMillisecond;

}  // namespace

Acceptor::Acceptor(EventLoop& loop, UniqueFd listener, Observer& observer)
    : loop_(loop),
      observer_(observer),
      listener_(std::move(listener)),
      channel_(loop, listener_.get(), *this, Trigger::kEdge) {
  stateInterest();
  reserve();
}

Acceptor::~Acceptor() {
  if (paused_) loop_.timers().cancel(resumeTimer_);
}

Result<void> Acceptor::open() { return channel_.open(); }

void Acceptor::reserve() {
  // Without a spare, being out of descriptors only pauses; the next pause tries to get one again.
  if (!reserved_) reserved_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void Acceptor::stateInterest() { channel_.setInterest(kReadable, demand_ > 0 && !readable_ && !paused_); }

void Acceptor::setDemand(int64_t peers) {
  demand_ = peers;
  stateInterest();
  if (demand_ > 0 && readable_ && !paused_) loop_.enlist(channel_);
}

void Acceptor::handleEvents(Events) {
  readable_ = true;
  acceptSome();
}

void Acceptor::handleTurn() { acceptSome(); }

void Acceptor::acceptSome() {
  // One budget per wake-up, also when an event and a turn of our own meet in it.
  if (servedIn_ == loop_.iterations()) {
    loop_.enlist(channel_);
  } else {
    servedIn_ = loop_.iterations();
    acceptBudget();
  }
  stateInterest();
}

void Acceptor::acceptBudget() {
  Shed shed;
  for (int tries = 0; tries < kRefusalsPerTurn && tries - shed.refused < kAcceptsPerTurn; ++tries) {
    if (paused_ || !readable_ || demand_ <= 0) break;
    if (!observer_.canTake() || !acceptOne(shed)) break;
  }
  if (shed.error != 0 && !paused_) pause(shed.error, shed.refused);
  observer_.onRoundEnd();
  if (readable_ && !paused_ && demand_ > 0) loop_.enlist(channel_);
}

bool Acceptor::acceptOne(Shed& shed) {
  InetAddress peer;
  auto accepted = sockets::accept(listener_.get(), peer);
  if (!accepted) return act(acceptAction(accepted.error().code), accepted.error().code, shed);
  if (shed.error == 0) backOff_ = 0;
  if (demand_ != kUnlimited) --demand_;
  observer_.onAccepted(std::move(*accepted), peer);
  return true;
}

bool Acceptor::act(AcceptAction action, int error, Shed& shed) {
  switch (action) {
    case AcceptAction::kRetry:
    case AcceptAction::kSkip:
      return true;
    case AcceptAction::kDrained:
      readable_ = false;
      return false;
    case AcceptAction::kShed:
      if (shedOne()) {
        shed.error = error;
        ++shed.refused;
        return true;
      }
      // accept4(2) takes its descriptor before it looks for a peer: with nobody waiting, nothing is amiss.
      if (readable_) shed.error = error;
      return false;
    case AcceptAction::kPause:
    case AcceptAction::kFail:
      shed.error = error;
      return false;
  }
  return false;
}

bool Acceptor::shedOne() {
  if (!reserved_) return false;
  reserved_.reset();
  InetAddress peer;
  auto refused = sockets::accept(listener_.get(), peer);
  const bool done = refused.has_value();
  if (done) {
    (void)sockets::setResetOnClose(refused->get(), true);
    refused->reset();
  } else if (acceptAction(refused.error().code) == AcceptAction::kDrained) {
    readable_ = false;
  }
  reserve();
  return done;
}

void Acceptor::pause(int error, int refused) {
  paused_ = true;
  backOff_ = std::clamp(backOff_ * 2, kFirstBackOff, kLongestBackOff);
  resumeIn(backOff_);
  observer_.onTrouble(error, refused, true);
}

void Acceptor::restIfDrained(Nanoseconds time) {
  if (paused_ || readable_) return;
  paused_ = true;
  channel_.close();
  resumeIn(time);
}

void Acceptor::resumeIn(Nanoseconds time) {
  resumeTimer_ = loop_.timers().runAt(monotonicNow() + time, [this] { resume(); });
}

void Acceptor::resume() {
  paused_ = false;
  reserve();
  if (!channel_.isOpen()) {
    if (auto opened = channel_.open(); !opened) {
      pause(opened.error().code, 0);
      return;
    }
    readable_ = true;
  }
  acceptSome();
}

Result<UniqueFd> Acceptor::acceptNow(InetAddress& peer) {
  for (int tries = 0; tries < kRefusalsPerTurn; ++tries) {
    auto accepted = sockets::accept(listener_.get(), peer);
    if (accepted) return accepted;
    switch (acceptAction(accepted.error().code)) {
      case AcceptAction::kRetry:
      case AcceptAction::kSkip:
        break;
      default:
        return accepted;
    }
  }
  return std::unexpected(IoError{"accept", EAGAIN});
}

}  // namespace cotcp
