// The lingering close: our last bytes and the FIN go out, the peer's are dropped until its own end.
#include "connection_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr size_t kMuchToClose = 16 * 1024 * 1024;

TEST("close is done at the peer's FIN, and drops what the peer sends until then") {
  Scene scene;
  CHECK(!scene.connection().close());
  CHECK(scene.connection().isClosing());
  CHECK_EQUAL(hearAll(scene.peer.get()).ending, 0);
  for (int i = 0; i < 16; ++i) {
    sendAll(scene.peer.get(), Bytes(64 * 1024));
    scene.loop->turn(0);
  }
  CHECK_EQUAL(scene.ours.closed, 0);
  scene.peer.reset();
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.closed > 0; }));
  CHECK(!scene.connection().isBroken());
  CHECK_EQUAL(scene.connection().bytesReceived(), 1024u * 1024u);
  CHECK_EQUAL(scene.ours.readable, 0);
  CHECK_EQUAL(scene.ours.broken, 0);
}

TEST("close is done at once if the peer has ended, read or not") {
  for (const bool read : {false, true}) {
    Scene scene;
    VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
    waitFor(scene.fd, POLLRDHUP);
    Bytes bytes;
    if (read) CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
    CHECK(scene.connection().close());
    CHECK_EQUAL(hearAll(scene.peer.get()).ending, 0);
  }
}

TEST("close with input unread does not lose our last bytes at the peer") {
  Scene scene;
  const size_t unread = fill(scene.peer.get());
  CHECK(unread > 64 * 1024);
  CHECK(scene.connection().write(bytesOf("last words"), false));
  CHECK(!scene.connection().close());
  CHECK(turnUntil(*scene.loop, [&] { return scene.connection().bytesReceived() == unread; }));
  const Heard heard = hearAll(scene.peer.get());
  CHECK(heard.bytes == bytesOf("last words"));
  CHECK_EQUAL(heard.ending, 0);
  scene.peer.reset();
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.closed > 0; }));
  CHECK(!scene.connection().isBroken());
}

TEST("close with output queued sends all of it, also to a peer that writes everything before it reads") {
  Scene scene;
  const Bytes all = patternOf(kMuchToClose);
  CHECK(scene.connection().writeOrQueue(all));
  CHECK(!scene.connection().close());
  const Bytes theirs(kMuchToClose);
  size_t sent = 0;
  CHECK(turnUntil(*scene.loop, [&] {
    const auto taken = sockets::send(scene.peer.get(), viewOf(theirs).subspan(sent));
    if (taken) sent += *taken;
    return sent == theirs.size();
  }));
  CHECK(!scene.connection().finSent());
  Heard heard;
  CHECK(turnUntil(*scene.loop, [&] {
    hear(scene.peer.get(), heard);
    return heard.ending != EAGAIN;
  }));
  CHECK(heard.bytes == all);
  CHECK_EQUAL(heard.ending, 0);
  CHECK_EQUAL(scene.ours.closed, 0);
  scene.peer.reset();
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.closed > 0; }));
}

TEST("a close that the peer resets is over, with the error") {
  for (const bool queued : {false, true}) {
    Scene scene;
    if (queued) CHECK(scene.connection().writeOrQueue(Bytes(kMuchToClose)));
    CHECK(!scene.connection().close());
    resetPeer(scene.peer);
    CHECK(turnUntil(*scene.loop, [&] { return scene.ours.closed > 0; }));
    CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
    CHECK_EQUAL(scene.ours.broken, 0);
  }
}

TEST("close of a broken connection is done at once") {
  Scene scene;
  resetPeer(scene.peer);
  waitFor(scene.fd, POLLERR);
  scene.loop->turn(0);
  CHECK(scene.connection().close());
  CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
}

TEST("close of a connection that the peer has just reset is done at once") {
  Scene scene;
  resetPeer(scene.peer);
  waitFor(scene.fd, POLLERR);
  CHECK(scene.connection().close());
  CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
}

TEST("resetUnlessClosed: close ends in a FIN") {
  Scene scene(true);
  CHECK(!scene.connection().close());
  CHECK(!isResetArmed(scene.fd));
  scene.connection().abandon(false);
  CHECK_EQUAL(hearAll(scene.peer.get()).ending, 0);
}

TEST("a close that waits for a silent peer leaves the loop at rest") {
  Scene scene;
  CHECK(!scene.connection().close());
  CHECK(settleDown(*scene.loop));
}

}  // namespace
