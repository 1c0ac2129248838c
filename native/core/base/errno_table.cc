#include "core/base/errno_table.h"

#include <cerrno>

namespace cotcp {

static_assert(EAGAIN == EWOULDBLOCK, "one case below stands for both");

AcceptAction acceptAction(int error) {
  switch (error) {
    case EINTR:
      return AcceptAction::kRetry;
    case EAGAIN:
      return AcceptAction::kDrained;

    // accept(2): Linux hands errors that are pending on the new socket to accept(). They end this one peer, and a
    // listener that took them for its own would be dead after one bad packet.
    case ECONNABORTED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:  // the firewall's rules forbid it
    case EPROTO:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case ETIMEDOUT:
      return AcceptAction::kSkip;

    case EMFILE:
    case ENFILE:
      return AcceptAction::kShed;

    case ENOBUFS:
    case ENOMEM:
    case ENOSR:
      return AcceptAction::kPause;

    default:  // EBADF, EINVAL (does not listen), ENOTSOCK, EFAULT
      return AcceptAction::kFail;
  }
}

IoAction ioAction(int error) {
  switch (error) {
    case EINTR:
      return IoAction::kRetry;
    case EAGAIN:
      return IoAction::kWait;
    // ENOBUFS and ENOMEM are here on purpose. Linux answers a full TCP send queue and TCP memory pressure with EAGAIN,
    // so these two mean that an allocation failed; no edge of the poller follows when memory is back. To wait could be
    // for ever, to try again at once is a busy loop: the connection ends and tells why.
    default:
      return IoAction::kBroken;
  }
}

SendFileAction sendFileAction(int error) {
  switch (error) {
    case EINTR:
      return SendFileAction::kRetry;
    case EAGAIN:  // a regular file is always ready: the stream is not
      return SendFileAction::kWait;

    // What reading a file, or making the kernel's pipe between the two, answers; a stream says none of these.
    case EACCES:
    case EBADF:
    case EBADMSG:
    case EFBIG:
    case EINVAL:
    case EIO:
    case EISDIR:
    case EMFILE:
    case ENFILE:
    case ENODATA:
    case ENODEV:
    case ENOMEM:
    case ENOSYS:
    case ENXIO:
    case EOPNOTSUPP:
    case EOVERFLOW:
    case EPERM:
    case EREMOTEIO:
    case ESPIPE:
    case ESTALE:
    case ETXTBSY:
    case EUCLEAN:
      return SendFileAction::kFileFailed;

    default:  // EPIPE, ECONNRESET, ETIMEDOUT, EHOSTUNREACH ...
      return SendFileAction::kBroken;
  }
}

ConnectAction connectAction(int error) {
  switch (error) {
    case EINPROGRESS:
    case EINTR:  // connect(2): the attempt goes on in the background; a second call would say EALREADY
      return ConnectAction::kPending;
    // EAGAIN among them: the backlog of a unix listener is full, or no local port is free. Nothing is under way then.
    default:
      return ConnectAction::kFailed;
  }
}

}  // namespace cotcp
