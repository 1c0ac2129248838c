// Reading: readiness, the peer's end, and errors that are kept.
#include <csignal>

#include "connection_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// Sends and resets, all of which has arrived before anybody looks.
void sendAndReset(Scene& scene, size_t count) {
  sendAll(scene.peer.get(), patternOf(count));
  resetPeer(scene.peer);
  waitFor(scene.fd, POLLERR);
}

TEST("bytes that come are told, and a short read means that no more are there") {
  Scene scene;
  Bytes into(16);
  CHECK(scene.connection().isReadable());  // nobody has looked yet
  CHECK(scene.connection().read(into).kind == Received::Kind::kWait);
  CHECK(!scene.connection().isReadable());
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable == 1; }));
  CHECK(scene.connection().isReadable());
  const Received received = scene.connection().read(into);
  CHECK(received.kind == Received::Kind::kBytes);
  CHECK_EQUAL(received.count, 5u);
  CHECK(!scene.connection().isReadable());
  CHECK(scene.connection().read(into).kind == Received::Kind::kWait);
  CHECK_EQUAL(scene.connection().bytesReceived(), 5u);
}

TEST("a read that fills its room leaves the connection readable") {
  Scene scene;
  sendAll(scene.peer.get(), bytesOf("hello"));
  waitFor(scene.fd, POLLIN);
  Bytes into(5);
  CHECK_EQUAL(scene.connection().read(into).count, 5u);
  CHECK(scene.connection().isReadable());
  CHECK(scene.connection().read(into).kind == Received::Kind::kWait);
  CHECK(!scene.connection().isReadable());
}

TEST("a short read behind which the peer's FIN has been seen is not the last") {
  Scene scene;
  sendAll(scene.peer.get(), bytesOf("hello"));
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  waitFor(scene.fd, POLLRDHUP);
  scene.loop->turn(0);
  CHECK(scene.ours.readable >= 1);
  Bytes into(16);
  CHECK_EQUAL(scene.connection().read(into).count, 5u);
  CHECK(scene.connection().isReadable());
  CHECK(scene.connection().read(into).kind == Received::Kind::kEnd);
  CHECK(scene.connection().peerEnded());
  CHECK(scene.connection().read(into).kind == Received::Kind::kEnd);
  CHECK(!scene.connection().isBroken());
  CHECK_EQUAL(scene.ours.broken, 0);
}

TEST("a FIN that comes after a short read is told") {
  Scene scene;
  sendAll(scene.peer.get(), bytesOf("hello"));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable == 1; }));
  Bytes into(16);
  CHECK_EQUAL(scene.connection().read(into).count, 5u);
  CHECK(!scene.connection().isReadable());
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable == 2; }));
  CHECK(scene.connection().isReadable());
  CHECK(scene.connection().read(into).kind == Received::Kind::kEnd);
}

TEST("the peer sends 1,000 bytes and resets: they are read, then the error, for ever") {
  Scene scene;
  sendAndReset(scene, 1000);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.ours.broken, 1);
  CHECK_EQUAL(scene.ours.readable, 0);
  Bytes bytes;
  for (int reads = 0; reads < 3; ++reads) CHECK(scene.ours.readInto(bytes) == Received::Kind::kBroken);
  CHECK(bytes == patternOf(1000));
  CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
  CHECK(!scene.connection().peerEnded());
  const auto sent = scene.connection().write(bytes, false);
  CHECK(!sent && sent.error().code == ECONNRESET);
}

TEST("the error that a send has met first is not lost to the reader, who would see an end") {
  ::signal(SIGPIPE, SIG_DFL);  // a library that forgets MSG_NOSIGNAL dies here
  for (const bool queued : {false, true}) {
    Scene scene;
    sendAndReset(scene, 1000);
    const auto hello = bytesOf("hello");
    if (queued) {
      CHECK(!scene.connection().writeOrQueue(hello));
    } else {
      CHECK(!scene.connection().write(hello, false));
    }
    CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
    Bytes bytes;
    for (int reads = 0; reads < 3; ++reads) CHECK(scene.ours.readInto(bytes) == Received::Kind::kBroken);
    CHECK_EQUAL(bytes.size(), 1000u);
    CHECK(!scene.connection().peerEnded());
    scene.loop->turn(0);
    CHECK_EQUAL(scene.ours.broken, 1);
  }
}

TEST("a reset after the peer's end that was read breaks the connection, and the end stays the end") {
  Scene scene;
  fill(scene.fd);  // so that closing the peer resets
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  waitFor(scene.fd, POLLRDHUP);
  Bytes bytes;
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
  scene.peer.reset();
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.broken > 0; }));
  CHECK(scene.connection().isBroken());
  CHECK(scene.connection().error().code == EPIPE || scene.connection().error().code == ECONNRESET);
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
}

TEST("a reset right behind the peer's FIN is kept, although no read ever meets it") {
  Scene scene;
  fill(scene.fd);
  sendAll(scene.peer.get(), patternOf(1000));
  VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
  scene.peer.reset();
  waitFor(scene.fd, POLLERR);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.ours.broken, 1);
  Bytes bytes;
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
  CHECK(bytes == patternOf(1000));
  CHECK(scene.connection().isBroken());
}

TEST("a socket shut down from below is told once and keeps nobody busy") {
  Scene scene;
  REQUIRE(::shutdown(scene.fd, SHUT_RDWR) == 0);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.ours.readable, 1);
  CHECK(settleDown(*scene.loop));
  Bytes bytes;
  CHECK(scene.ours.readInto(bytes) == Received::Kind::kEnd);
  CHECK(!scene.connection().write(bytesOf("x"), false));
  CHECK_EQUAL(scene.connection().error().code, EPIPE);
  CHECK(settleDown(*scene.loop));
}

TEST("a hang-up and an error keep nobody busy while neither reader nor writer waits") {
  Scene scene;
  sendAndReset(scene, 1000);
  const uint64_t before = scene.loop->iterations();
  CHECK(settleDown(*scene.loop));
  CHECK(scene.loop->iterations() - before <= 2);
  CHECK(scene.ours.broken >= 1);
}

TEST("everybody gets the turn that was asked for") {
  Scene scene;
  scene.connection().enlist();
  CHECK_EQUAL(scene.ours.turns, 0);
  scene.loop->turn(0);
  scene.loop->turn(0);
  CHECK_EQUAL(scene.ours.turns, 1);
}

TEST("a unix peer that goes with bytes unread resets as well") {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  const auto loop = makeLoop();
  Watched ours(*loop, UniqueFd(fds[0]));
  UniqueFd peer(fds[1]);
  CHECK(ours.connection.write(bytesOf("unread"), false));
  sendAll(peer.get(), patternOf(1000));
  peer.reset();
  CHECK(turnUntil(*loop, [&] { return ours.broken == 1; }));
  Bytes bytes;
  for (int reads = 0; reads < 3; ++reads) CHECK(ours.readInto(bytes) == Received::Kind::kBroken);
  CHECK_EQUAL(bytes.size(), 1000u);
  CHECK_EQUAL(ours.connection.error().code, ECONNRESET);
}

}  // namespace
