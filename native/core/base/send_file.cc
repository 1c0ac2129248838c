#include "core/base/send_file.h"

#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "core/base/errno_table.h"

namespace cotcp::sockets {

namespace {

static_assert(sizeof(off_t) == 8, "files over 2 GiB need it");

constexpr size_t kMostBytes = 0x7ffff000;  // sendfile(2) takes no more at once

// sendfile(2) has no MSG_NOSIGNAL. Node ignores SIGPIPE; in a host that does not, the signal is blocked for this thread and
// one that this call has raised is taken away. Nothing is done where it is ignored.
class PipeSignalGuard {
 public:
  PipeSignalGuard() {
    struct sigaction action {};
    if (::sigaction(SIGPIPE, nullptr, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
        action.sa_handler == SIG_IGN) {
      return;
    }
    sigset_t pending;
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    // One that is pending already is blocked already, and somebody else's: ours makes no second one.
    if (::sigismember(&pending, SIGPIPE) == 1) return;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    isOn_ = ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_) == 0;
  }
  ~PipeSignalGuard() {
    if (!isOn_) return;
    const int kept = errno;
    const timespec now{0, 0};
    // Also behind a success: a call that sent something may have met the peer's reset after it.
    while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = kept;
  }
  PipeSignalGuard(const PipeSignalGuard&) = delete;
  PipeSignalGuard& operator=(const PipeSignalGuard&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool isOn_ = false;
};

}  // namespace

Result<uint64_t> fileSize(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) < 0) return std::unexpected(IoError{"fstat", errno});
  if (S_ISDIR(facts.st_mode)) return std::unexpected(IoError{"sendfile", EISDIR});
  if (!S_ISREG(facts.st_mode)) return std::unexpected(IoError{"sendfile", EINVAL});
  return static_cast<uint64_t>(facts.st_size);
}

Result<size_t> sendFile(int fd, int file, uint64_t offset, size_t length) {
  const PipeSignalGuard guard;
  for (;;) {
    auto from = static_cast<off_t>(offset);
    const ssize_t count = ::sendfile(fd, file, &from, std::min(length, kMostBytes));
    if (count >= 0) return static_cast<size_t>(count);
    if (sendFileAction(errno) != SendFileAction::kRetry) return std::unexpected(IoError{"sendfile", errno});
  }
}

}  // namespace cotcp::sockets
