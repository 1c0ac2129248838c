#include "core/base/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "test/harness.h"

namespace {

using cotcp::UniqueFd;

int openSomething() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  return fd;
}

bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST("a UniqueFd by default owns nothing") {
  const UniqueFd fd;
  CHECK(!fd);
  CHECK_EQUAL(fd.get(), -1);
}

TEST("a UniqueFd closes its descriptor when it goes") {
  int raw = -1;
  {
    const UniqueFd fd(openSomething());
    raw = fd.get();
    CHECK(fd);
    CHECK(isOpen(raw));
  }
  CHECK(!isOpen(raw));
}

TEST("descriptor 0 is a descriptor like any other") {
  UniqueFd zero(0);
  CHECK(zero);
  CHECK_EQUAL(zero.release(), 0);
}

TEST("a move takes the descriptor and leaves nothing behind") {
  UniqueFd from(openSomething());
  const int raw = from.get();
  UniqueFd to(std::move(from));
  CHECK(!from);
  CHECK_EQUAL(to.get(), raw);
  CHECK(isOpen(raw));
}

TEST("a move onto an owner closes what it owned") {
  UniqueFd from(openSomething());
  UniqueFd to(openSomething());
  const int taken = from.get();
  const int dropped = to.get();
  to = std::move(from);
  CHECK(!isOpen(dropped));
  CHECK_EQUAL(to.get(), taken);
  CHECK(isOpen(taken));
}

TEST("a move onto itself keeps the descriptor") {
  UniqueFd fd(openSomething());
  const int raw = fd.get();
  UniqueFd& same = fd;
  fd = std::move(same);
  CHECK_EQUAL(fd.get(), raw);
  CHECK(isOpen(raw));
}

TEST("release gives the descriptor away unclosed") {
  int raw = -1;
  {
    UniqueFd fd(openSomething());
    raw = fd.release();
    CHECK(!fd);
  }
  CHECK(isOpen(raw));
  ::close(raw);
}

TEST("reset closes the old descriptor and takes the new one") {
  UniqueFd fd(openSomething());
  const int first = fd.get();
  const int second = openSomething();
  fd.reset(second);
  CHECK(!isOpen(first));
  CHECK_EQUAL(fd.get(), second);
  fd.reset();
  CHECK(!isOpen(second));
  CHECK(!fd);
}

TEST("a descriptor is closed once, though its number was given again") {
  UniqueFd fd(openSomething());
  const int raw = fd.get();
  fd.reset();
  const UniqueFd next(openSomething());
  CHECK_EQUAL(next.get(), raw);  // Linux gives the lowest free number
  fd.reset();
  CHECK(isOpen(raw));
}

}  // namespace
