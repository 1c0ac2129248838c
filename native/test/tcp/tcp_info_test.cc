#include "core/tcp/tcp_info.h"

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("a TCP socket tells its state, its times in milliseconds and its bytes") {
  const TcpPair pair;
  sendAll(pair.ours.get(), Bytes(1000));
  sendAll(pair.theirs.get(), Bytes(500));
  waitFor(pair.theirs.get(), POLLIN);
  waitFor(pair.ours.get(), POLLIN);
  const auto info = readTcpInfo(pair.ours.get());
  REQUIRE(info.has_value());
  constexpr double kEstablished = 1;
  CHECK_EQUAL((*info)[0], kEstablished);
  CHECK((*info)[1] >= 0 && (*info)[1] < 1000);  // a loopback's round trip is below a second
  CHECK((*info)[4] > 0);
  CHECK((*info)[5] > 0);
  CHECK_EQUAL((*info)[10], 1000);
  CHECK_EQUAL((*info)[11], 500);
  CHECK_EQUAL((*info)[12], 0);
}

TEST("a unix socket has nothing to tell") {
  const auto listener = listenOn(abstractPath("info"));
  CHECK(!readTcpInfo(listener.get()));
  CHECK(!readTcpInfo(-1));
}

}  // namespace
