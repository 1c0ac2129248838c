#include "core/base/errno_table.h"

#include <cerrno>
#include <cstring>

#include "test/harness.h"

namespace {

using cotcp::AcceptAction;
using cotcp::ConnectAction;
using cotcp::IoAction;
using cotcp::SendFileAction;

template <typename Action>
struct Row {
  int error;
  Action action;
};

template <typename Action, size_t N>
void checkRows(Action (*table)(int), const Row<Action> (&rows)[N]) {
  for (const auto& row : rows) {
    if (table(row.error) == row.action) continue;
    cotcp::test::reportFailure(__FILE__, __LINE__, std::string("wrong action for ") + strerrorname_np(row.error));
  }
}

TEST("an interrupted accept is called again, an empty backlog is drained") {
  checkRows(cotcp::acceptAction,
            {{EINTR, AcceptAction::kRetry}, {EAGAIN, AcceptAction::kDrained}, {EWOULDBLOCK, AcceptAction::kDrained}});
}

TEST("an error of one peer does not end the listener") {
  for (const int error : {ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH,
                          ECONNABORTED, EPERM, ETIMEDOUT, ECONNRESET, EPROTONOSUPPORT, ESOCKTNOSUPPORT}) {
    checkRows(cotcp::acceptAction, {{error, AcceptAction::kSkip}});
  }
}

TEST("an accept without descriptors sheds, without memory it pauses") {
  checkRows(cotcp::acceptAction, {{EMFILE, AcceptAction::kShed},
                                  {ENFILE, AcceptAction::kShed},
                                  {ENOBUFS, AcceptAction::kPause},
                                  {ENOMEM, AcceptAction::kPause}});
}

TEST("an accept on what is no listener fails") {
  checkRows(cotcp::acceptAction, {{EBADF, AcceptAction::kFail},
                                  {EINVAL, AcceptAction::kFail},
                                  {ENOTSOCK, AcceptAction::kFail},
                                  {EFAULT, AcceptAction::kFail}});
}

TEST("a transfer waits for EAGAIN alone, and calls again for EINTR alone") {
  checkRows(cotcp::ioAction, {{EINTR, IoAction::kRetry}, {EAGAIN, IoAction::kWait}, {EWOULDBLOCK, IoAction::kWait}});
  for (int error = 1; error < 134; ++error) {
    if (error == EINTR || error == EAGAIN || strerrorname_np(error) == nullptr) continue;
    checkRows(cotcp::ioAction, {{error, IoAction::kBroken}});
  }
}

TEST("a transfer that found no memory is broken, because no event would wake a waiter") {
  checkRows(cotcp::ioAction, {{ENOBUFS, IoAction::kBroken}, {ENOMEM, IoAction::kBroken}});
}

TEST("sendfile tells what is wrong with the file from what is wrong with the connection") {
  checkRows(cotcp::sendFileAction, {{EINTR, SendFileAction::kRetry}, {EAGAIN, SendFileAction::kWait}});
  for (const int error : {EBADF, EINVAL, EIO, EISDIR, ESPIPE, EOVERFLOW, ENOMEM}) {
    checkRows(cotcp::sendFileAction, {{error, SendFileAction::kFileFailed}});
  }
  for (const int error : {EPIPE, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOTCONN}) {
    checkRows(cotcp::sendFileAction, {{error, SendFileAction::kBroken}});
  }
}

TEST("a connect goes on after EINPROGRESS and EINTR") {
  checkRows(cotcp::connectAction, {{EINPROGRESS, ConnectAction::kPending}, {EINTR, ConnectAction::kPending}});
}

TEST("a connect has failed after everything else, EAGAIN of a unix socket included") {
  for (const int error : {EAGAIN, ECONNREFUSED, ENOENT, EADDRNOTAVAIL, EADDRINUSE, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT,
                          EACCES, EPERM, EAFNOSUPPORT, EINVAL, EISCONN}) {
    checkRows(cotcp::connectAction, {{error, ConnectAction::kFailed}});
  }
}

}  // namespace
