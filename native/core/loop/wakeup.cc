#include "core/loop/wakeup.h"

#include <sys/eventfd.h>

#include <cerrno>

namespace cotcp {

Result<Wakeup> Wakeup::create() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return std::unexpected(IoError{"eventfd", errno});
  return Wakeup(std::move(fd));
}

void Wakeup::signal() {
  // EAGAIN says that the counter is full, and a full counter is readable: all that was asked for.
  while (::eventfd_write(fd_.get(), 1) < 0 && errno == EINTR) {
  }
}

void Wakeup::clear() {
  eventfd_t count = 0;
  // EAGAIN: nobody had signalled.
  while (::eventfd_read(fd_.get(), &count) < 0 && errno == EINTR) {
  }
}

}  // namespace cotcp
