// Writing: what the kernel does not take, when it goes out, and when an end before that is a reset.
#include "connection_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr size_t kMuchOutput = 16 * 1024 * 1024;  // more than the kernel takes of a peer that does not read

// Turns, and reads at the peer, until the fact holds.
template <typename Fact>
bool turnAndHear(Scene& scene, Heard& heard, Fact fact) {
  return turnUntil(*scene.loop, [&] {
    hear(scene.peer.get(), heard);
    return fact();
  });
}

TEST("what the kernel takes at once is not queued and arms nothing") {
  Scene scene;
  CHECK_EQUAL(VALUE_OF(scene.connection().write(bytesOf("hello"), false)), 5u);
  CHECK(scene.connection().writeOrQueue(bytesOf(" you")));
  CHECK(!scene.connection().isBlocked());
  CHECK_EQUAL(scene.connection().outputBytes(), 0u);
  CHECK_EQUAL(scene.connection().bytesWritten(), 9u);
  CHECK(!isResetArmed(scene.fd));
  scene.connection().abandon(false);
  const Heard heard = hearAll(scene.peer.get());
  CHECK(heard.bytes == bytesOf("hello you"));
  CHECK_EQUAL(heard.ending, 0);
}

TEST("what the kernel does not take is queued, arms the reset, and goes out in order as the peer reads") {
  Scene scene;
  const Bytes all = patternOf(kMuchOutput);
  CHECK(scene.connection().writeOrQueue(viewOf(all).first(kMuchOutput / 2)));
  CHECK(scene.connection().outputBytes() > 0);
  CHECK(scene.connection().writeOrQueue(viewOf(all).subspan(kMuchOutput / 2)));
  CHECK_EQUAL(scene.connection().outputBytes() + scene.connection().bytesWritten(), kMuchOutput);
  CHECK(scene.connection().isBlocked());
  CHECK(isResetArmed(scene.fd));
  // Behind what is queued a write takes nothing.
  CHECK_EQUAL(VALUE_OF(scene.connection().write(bytesOf("x"), true)), 0u);
  CHECK_EQUAL(VALUE_OF(scene.connection().write({}, false)), 0u);
  const int told = scene.ours.writable;
  Heard heard;
  CHECK(turnAndHear(scene, heard, [&] { return scene.connection().outputBytes() == 0; }));
  CHECK(scene.ours.writable > told);
  CHECK(!scene.connection().isBlocked());
  CHECK(!isResetArmed(scene.fd));
  CHECK_EQUAL(scene.connection().bytesWritten(), kMuchOutput);
  CHECK(turnAndHear(scene, heard, [&] { return heard.bytes.size() == kMuchOutput; }));
  CHECK(heard.bytes == all);
}

TEST("a peer that does not read leaves the loop at rest, and what is queued where it is") {
  Scene scene;
  CHECK(scene.connection().writeOrQueue(patternOf(kMuchOutput)));
  CHECK(settleDown(*scene.loop));
  CHECK(scene.connection().outputBytes() > 0);
}

TEST("a write that takes a part arms the reset until the caller has handed in the rest") {
  Scene scene;
  const Bytes all = patternOf(kMuchOutput);
  size_t sent = VALUE_OF(scene.connection().write(all, false));
  CHECK(sent > 0 && sent < kMuchOutput);
  CHECK(isResetArmed(scene.fd));
  CHECK_EQUAL(scene.connection().outputBytes(), 0u);
  Heard heard;
  CHECK(turnAndHear(scene, heard, [&] {
    if (sent < kMuchOutput) sent += VALUE_OF(scene.connection().write(viewOf(all).subspan(sent), false));
    return sent == kMuchOutput;
  }));
  CHECK(!isResetArmed(scene.fd));
  CHECK(turnAndHear(scene, heard, [&] { return heard.bytes.size() == kMuchOutput; }));
  CHECK(heard.bytes == all);
}

TEST("bytes that the caller holds arm the reset, and only the caller's own write or shutdown ends that") {
  Scene scene;
  CHECK_EQUAL(VALUE_OF(scene.connection().write(bytesOf("a"), true)), 1u);
  CHECK(isResetArmed(scene.fd));
  CHECK_EQUAL(VALUE_OF(scene.connection().write(bytesOf("b"), false)), 1u);
  CHECK(!isResetArmed(scene.fd));
  scene.connection().holdOutput();
  CHECK(isResetArmed(scene.fd));
  CHECK_EQUAL(VALUE_OF(scene.connection().write({}, false)), 0u);
  CHECK(!isResetArmed(scene.fd));
  scene.connection().holdOutput();
  scene.connection().shutdown();
  CHECK(!isResetArmed(scene.fd));
}

TEST("bytes posted before a send that waits do not disarm the reset that it holds") {
  Scene scene;
  scene.connection().holdOutput();
  CHECK(scene.connection().writeOrQueue(bytesOf("posted before")));
  CHECK(isResetArmed(scene.fd));
  scene.connection().abandon(false);
  CHECK_EQUAL(hearAll(scene.peer.get()).ending, ECONNRESET);
}

TEST("output that goes out does not disarm the reset while the caller holds more") {
  Scene scene;
  CHECK(scene.connection().writeOrQueue(patternOf(kMuchOutput)));
  scene.connection().holdOutput();
  Heard heard;
  CHECK(turnAndHear(scene, heard, [&] { return scene.connection().outputBytes() == 0; }));
  CHECK(isResetArmed(scene.fd));
}

TEST("the FIN goes out when the output has, and not before") {
  Scene scene;
  const Bytes all = patternOf(kMuchOutput);
  CHECK(scene.connection().writeOrQueue(all));
  scene.connection().shutdown();
  CHECK(!scene.connection().finSent());
  CHECK(isResetArmed(scene.fd));
  Heard heard;
  CHECK(turnAndHear(scene, heard, [&] { return heard.ending != EAGAIN; }));
  CHECK(scene.connection().finSent());
  CHECK(!isResetArmed(scene.fd));
  CHECK_EQUAL(heard.ending, 0);
  CHECK(heard.bytes == all);
}

TEST("after the peer's FIN 1 MB still goes to it, and after ours 1 MB still comes from it") {
  constexpr size_t kMegabyte = 1024 * 1024;
  for (const bool peerFirst : {true, false}) {
    Scene scene;
    const Bytes all = patternOf(kMegabyte);
    if (peerFirst) {
      VALUE_OF(sockets::shutdownWrite(scene.peer.get()));
      CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readable > 0; }));
      Bytes none;
      CHECK(scene.ours.readInto(none) == Received::Kind::kEnd);
      CHECK(scene.connection().writeOrQueue(all));
      scene.connection().shutdown();
      Heard heard;
      CHECK(turnAndHear(scene, heard, [&] { return heard.ending != EAGAIN; }));
      CHECK(heard.bytes == all);
      CHECK_EQUAL(heard.ending, 0);
    } else {
      scene.connection().shutdown();
      CHECK_EQUAL(hearAll(scene.peer.get()).ending, 0);
      Bytes bytes;
      for (size_t sent = 0; sent < kMegabyte; sent += kMegabyte / 16) {
        sendAll(scene.peer.get(), viewOf(all).subspan(sent, kMegabyte / 16));
        CHECK(turnUntil(*scene.loop, [&] {
          CHECK(scene.ours.readInto(bytes) == Received::Kind::kWait);
          return bytes.size() == sent + kMegabyte / 16;
        }));
      }
      scene.peer.reset();
      CHECK(turnUntil(*scene.loop, [&] { return scene.ours.readInto(bytes) == Received::Kind::kEnd; }));
      CHECK(bytes == all);
    }
    CHECK(!scene.connection().isBroken());
  }
}

TEST("resetUnlessClosed is armed from the first to the FIN, whatever is written meanwhile") {
  Scene scene(true);
  CHECK(isResetArmed(scene.fd));
  CHECK(scene.connection().write(bytesOf("a"), false));
  CHECK(scene.connection().writeOrQueue(bytesOf("b")));
  CHECK(isResetArmed(scene.fd));
  scene.connection().shutdown();
  CHECK(scene.connection().finSent());
  CHECK(!isResetArmed(scene.fd));
  scene.connection().abandon(false);
  const Heard heard = hearAll(scene.peer.get());
  CHECK_EQUAL(heard.ending, 0);
  CHECK_EQUAL(heard.bytes.size(), 2u);
}

struct Ending {
  const char* name;
  bool resetUnlessClosed;
  void (*act)(TcpConnection& connection);
  int seenByPeer;  // 0 = FIN
};

TEST("how the descriptor goes decides between FIN and RST at the peer") {
  const Ending endings[] = {
      {"abandon", false, [](TcpConnection& c) { c.abandon(false); }, 0},
      {"reset", false, [](TcpConnection& c) { c.abandon(true); }, ECONNRESET},
      {"reset after the FIN", false, [](TcpConnection& c) { c.shutdown(), c.abandon(true); }, 0},
      {"a caller that holds bytes", false, [](TcpConnection& c) { c.holdOutput(), c.abandon(false); }, ECONNRESET},
      {"output in the queue", false,
       [](TcpConnection& c) { CHECK(c.writeOrQueue(Bytes(kMuchOutput))), c.abandon(false); }, ECONNRESET},
      {"output behind a shutdown", false,
       [](TcpConnection& c) { CHECK(c.writeOrQueue(Bytes(kMuchOutput))), c.shutdown(), c.abandon(false); }, ECONNRESET},
      {"resetUnlessClosed", true, [](TcpConnection& c) { c.abandon(false); }, ECONNRESET},
      {"resetUnlessClosed, shut down", true, [](TcpConnection& c) { c.shutdown(), c.abandon(false); }, 0},
  };
  for (const Ending& ending : endings) {
    Scene scene(ending.resetUnlessClosed);
    ending.act(scene.connection());
    const int seen = hearAll(scene.peer.get()).ending;
    if (seen != ending.seenByPeer) std::fprintf(stderr, "    %s:\n", ending.name);
    CHECK_EQUAL(seen, ending.seenByPeer);
  }
}

TEST("a connection that is destroyed gives its descriptor back, by RST if output is queued") {
  TcpPair pair;
  const auto loop = makeLoop();
  const size_t before = openDescriptors();
  {
    Watched ours(*loop, std::move(pair.ours));
    CHECK(ours.connection.writeOrQueue(Bytes(kMuchOutput)));
  }
  CHECK_EQUAL(openDescriptors(), before - 1);
  CHECK_EQUAL(hearAll(pair.theirs.get()).ending, ECONNRESET);
}

TEST("a reset that comes while output is queued ends in an error, once and for ever") {
  Scene scene;
  CHECK(scene.connection().writeOrQueue(patternOf(kMuchOutput)));
  resetPeer(scene.peer);
  CHECK(turnUntil(*scene.loop, [&] { return scene.ours.broken > 0; }));
  CHECK_EQUAL(scene.ours.broken, 1);
  CHECK_EQUAL(scene.connection().error().code, ECONNRESET);
  CHECK(!scene.connection().writeOrQueue(bytesOf("x")));
  scene.connection().shutdown();
  CHECK(!scene.connection().finSent());
}

}  // namespace
