#include "core/loop/wakeup.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <atomic>
#include <thread>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("the eventfd is non-blocking and closed in a child") {
  const Wakeup wakeup = VALUE_OF(Wakeup::create());
  CHECK((::fcntl(wakeup.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(wakeup.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST("it is readable from the first signal until clear, however often it was signalled") {
  Wakeup wakeup = VALUE_OF(Wakeup::create());
  CHECK(!isReadable(wakeup.fd()));
  for (int i = 0; i < 3; ++i) wakeup.signal();
  CHECK(isReadable(wakeup.fd()));
  wakeup.clear();
  CHECK(!isReadable(wakeup.fd()));
  wakeup.signal();
  CHECK(isReadable(wakeup.fd()));
}

TEST("clear without a signal does not block") {
  Wakeup wakeup = VALUE_OF(Wakeup::create());
  wakeup.clear();
  CHECK(!isReadable(wakeup.fd()));
}

TEST("a signal on a full counter does not block and is not lost") {
  Wakeup wakeup = VALUE_OF(Wakeup::create());
  REQUIRE(::eventfd_write(wakeup.fd(), UINT64_MAX - 1) == 0);
  wakeup.signal();
  CHECK(isReadable(wakeup.fd()));
  wakeup.clear();
  CHECK(!isReadable(wakeup.fd()));
}

TEST("a signal of another thread is seen") {
  Wakeup wakeup = VALUE_OF(Wakeup::create());
  std::thread other([&] { wakeup.signal(); });
  pollfd entry{wakeup.fd(), POLLIN, 0};
  CHECK_EQUAL(::poll(&entry, 1, -1), 1);
  other.join();
}

}  // namespace
