#pragma once

namespace cotcp {

// What follows from an errno, decided here and nowhere else.

// accept4(2).
enum class AcceptAction {
  kRetry,    // interrupted: the same call again
  kDrained,  // nobody is waiting
  kSkip,     // this one peer is gone or refused: take the next
  kShed,     // out of descriptors: the reserved one lets us refuse one peer
  kPause,    // out of memory: try again later
  kFail,     // the listener itself is unusable
};
AcceptAction acceptAction(int error);

// recv(2), send(2), read(2), write(2) on a stream.
enum class IoAction {
  kRetry,   // interrupted: the same call again
  kWait,    // not ready: wait for the poller
  kBroken,  // the connection has ended
};
IoAction ioAction(int error);

// sendfile(2) from a regular file to a stream.
enum class SendFileAction {
  kRetry,       // interrupted: the same call again
  kWait,        // the stream is full: wait for the poller
  kFileFailed,  // the file cannot be read; the connection is as it was
  kBroken,      // the connection has ended
};
SendFileAction sendFileAction(int error);

// connect(2) of a non-blocking socket.
enum class ConnectAction {
  kPending,  // the poller tells when it is done
  kFailed,
};
ConnectAction connectAction(int error);

}  // namespace cotcp
