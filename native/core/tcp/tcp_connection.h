#pragma once

#include <cstdint>
#include <span>

#include "core/base/buffer.h"
#include "core/base/inet_address.h"
#include "core/base/io_error.h"
#include "core/base/unique_fd.h"
#include "core/loop/channel.h"
#include "core/loop/event_loop.h"

namespace cotcp {

// What a read brought.
struct Received {
  enum class Kind : uint8_t {
    kBytes,
    kEnd,     // the peer's clean end, for ever after
    kWait,    // nothing there now
    kBroken,  // error() tells; every byte that had come has been read
  };
  Kind kind;
  size_t count = 0;
};

// What a step of sending a file came to.
struct FileSent {
  enum class Kind : uint8_t {
    kBytes,       // so many, 0 = not now
    kFileEnd,     // the file has no byte there
    kFileFailed,  // it cannot be read: `error`
    kBroken,      // error() tells
  };
  Kind kind;
  size_t count = 0;
  int error = 0;
};

// One established stream socket: readiness, the queue of bytes that the kernel has not taken, both half-closes, the lingering
// close and the reset. Owns descriptor, channel and output; borrows loop and observer. Loop thread only.
//
// Every errno is kept: Linux hands a socket error out once, and a receive after that returns 0 as if the peer had ended.
class TcpConnection final : public ChannelHandler {
 public:
  // A step of a file is no longer than this, so that one file does not keep the loop.
  static constexpr size_t kFileStepBytes = 1024 * 1024;

  // Told from the loop's turn, never from inside a call. Must not destroy the connection.
  class Observer {
   public:
    virtual void onReadable() = 0;
    // Output is empty and the kernel takes bytes again.
    virtual void onWritable() = 0;
    // error() is set, or the next read that finds no more bytes sets it; what had arrived can still be read.
    virtual void onBroken() = 0;
    // close() has come to its end, in good order or by error().
    virtual void onClosed() = 0;
    // The turn asked for with enlist().
    virtual void onTurn() = 0;

   protected:
    ~Observer() = default;
  };

  struct Endpoints {
    InetAddress local;
    InetAddress peer;
  };

  // resetUnlessClosed: the descriptor has SO_LINGER{1,0} already, until this side's FIN.
  TcpConnection(EventLoop& loop, UniqueFd fd, Endpoints endpoints, bool resetUnlessClosed, Observer& observer);
  ~TcpConnection();

  // Registers with the poller. Readable and writable are assumed until a call says otherwise.
  Result<void> open();

  Received read(std::span<uint8_t> into);
  // false once a read found nothing more; the poller's next event changes it.
  bool isReadable() const { return readable_; }

  // What the kernel takes now, 0 = nothing. `holdsMore`: the caller holds bytes beyond these, so that an end before them has
  // to be a reset.
  Result<size_t> write(std::span<const uint8_t> bytes, bool holdsMore);
  // What the kernel takes now of `length` bytes of the file, at most kFileStepBytes. The descriptor is borrowed for the call.
  FileSent sendFile(int file, uint64_t offset, uint64_t length, bool holdsMore);
  // All of them: what the kernel does not take is copied. Bytes that the caller holds stay held.
  Result<void> writeOrQueue(std::span<const uint8_t> bytes);
  // The caller holds bytes that have not been handed in yet.
  void holdOutput();
  bool isBlocked() const { return !writable_ || output_.readableBytes() > 0; }

  // FIN once the output is empty.
  void shutdown();
  // shutdown(), then reads and drops until the peer's end. true: done at once; else onClosed() follows.
  bool close();
  // The descriptor goes now: RST if asked for or if output is left, else FIN.
  void abandon(bool reset);

  void enlist() { loop_.enlist(channel_); }

  const Endpoints& endpoints() const { return endpoints_; }
  const IoError& error() const { return error_; }
  bool isBroken() const { return error_.code != 0; }
  bool isClosing() const { return closing_; }
  bool finSent() const { return finSent_; }
  bool peerEnded() const { return peerEnded_; }
  size_t outputBytes() const { return output_.readableBytes(); }
  uint64_t bytesReceived() const { return bytesReceived_; }
  uint64_t bytesWritten() const { return bytesWritten_; }
  // Changes whenever the peer takes something: the bytes that its kernel has acknowledged, or so; see sockets::unacknowledged().
  int64_t bytesTaken() const;
  // Bytes that have come and are still in the kernel.
  size_t bytesUnread() const;
  // From now on every transfer is timed, which others need not pay for.
  void timeTransfers();
  // Since the last byte came or went; 0 unless transfers are timed.
  Nanoseconds idleTime() const;
  int fd() const { return fd_.get(); }

  void handleEvents(Events events) override;
  void handleTurn() override;

 private:
  Result<size_t> sendSome(std::span<const uint8_t> bytes);
  FileSent sendSomeOfFile(int file, uint64_t offset, size_t length);
  void flushOutput();
  void sendFin();
  void noteTransfer();
  void armReset(bool on);
  // What is known to be so is of no interest until a call has found otherwise.
  void setReadable(bool on) {
    readable_ = on;
    channel_.setInterest(kReadable, !on);
  }
  void setWritable(bool on) {
    writable_ = on;
    channel_.setInterest(kWritable, !on);
  }
  void takeReadiness(Events events);
  void dropInput();
  bool isUnix() const { return endpoints_.local.family() == AF_UNIX; }
  bool isClosed() const;
  void keepError(const IoError& error);
  void takePendingError();

  EventLoop& loop_;
  Observer& observer_;
  UniqueFd fd_;
  Channel channel_;
  Buffer output_;
  IoError error_{"", 0};
  uint64_t bytesReceived_ = 0;
  uint64_t bytesWritten_ = 0;
  Nanoseconds lastTransfer_ = 0;  // 0 = nobody asks
  bool readable_ = true;
  bool writable_ = true;
  bool hangUp_ = false;  // a FIN or an error waits behind the bytes: a short read is not the last
  // A receive stops short at urgent data, and on a unix socket at a message with descriptors: only EAGAIN tells the end.
  bool stopsShort_;
  bool errorTold_ = false;  // by the poller; which one it is has to be asked for
  bool peerEnded_ = false;
  bool finWanted_ = false;
  bool finSent_ = false;
  bool closing_ = false;
  bool callerHolds_ = false;
  bool resetUnlessClosed_;
  bool resetArmed_;
  Endpoints endpoints_;  // last: no message needs it
};

}  // namespace cotcp
