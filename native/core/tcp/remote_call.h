#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "core/tcp/mailbox.h"
#include "core/tcp/slot_table.h"

namespace cotcp {

// Bytes on their way from one thread to another. Owns them.
class Parcel {
 public:
  Parcel() = default;
  // nullopt: there is no memory for so many bytes.
  static std::optional<Parcel> create(size_t size) {
    Parcel parcel;
    if (size == 0) return parcel;
    parcel.bytes_.reset(new (std::nothrow) uint8_t[size]);
    if (parcel.bytes_ == nullptr) return std::nullopt;
    parcel.size_ = size;
    return parcel;
  }
  std::span<uint8_t> bytes() { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_ = 0;
};

// What a thread asks of another one's connection. Shared by both: the bytes belong to the caller until the call is made, from
// then on to whoever decides its state.
class RemoteCall {
 public:
  RemoteCall(SlotId whose, int32_t what, uint32_t name, Parcel parcel)
      : target(whose), operation(what), ticket(name), size(parcel.size()), parcel_(std::move(parcel)) {}

  const SlotId target;
  const int32_t operation;  // JavaScript's, as is what an answer says
  const uint32_t ticket;    // the caller's name for it
  const size_t size;

  // Either take(), by the owner, or withdraw(), by the caller, succeeds; which of them is settled here, once for all.
  bool take() { return decide(State::kTaken); }
  bool withdraw() {
    if (!decide(State::kWithdrawn)) return false;
    parcel_ = Parcel();
    return true;
  }
  // Of the one who has taken it.
  Parcel& parcel() { return parcel_; }

 private:
  enum class State : uint8_t { kOffered, kTaken, kWithdrawn };
  bool decide(State state) {
    State expected = State::kOffered;
    return state_.compare_exchange_strong(expected, state);
  }

  std::atomic<State> state_ = State::kOffered;
  Parcel parcel_;
};

// A call at the owner's, which is answered once: if by nobody else, then by the end of this object. Shares the call and the
// caller's mailbox.
class ArrivedCall {
 public:
  ArrivedCall(std::shared_ptr<RemoteCall> call, std::shared_ptr<Mailbox> caller)
      : call_(std::move(call)), caller_(std::move(caller)) {}
  ArrivedCall(ArrivedCall&&) = default;
  ArrivedCall& operator=(ArrivedCall&&) = delete;
  ~ArrivedCall();

  RemoteCall& call() const { return *call_; }
  void answer(int32_t status, Parcel parcel);

 private:
  std::shared_ptr<RemoteCall> call_;  // nullptr once it is moved or answered
  std::shared_ptr<Mailbox> caller_;
};

}  // namespace cotcp
