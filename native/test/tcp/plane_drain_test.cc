// The submission ring: small sends that JavaScript has posted.
#include <linux/tcp.h>
#include <netinet/in.h>

#include "plane_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

#if defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 2'000;
#else
constexpr int kRounds = 10'000;
#endif

struct Peers : PlaneScene {
  SlotId door;
  std::vector<UniqueFd> peers;
  std::vector<SlotId> ids;

  explicit Peers(size_t count) {
    door = listen(loopback());
    for (size_t i = 0; i < count; ++i) {
      peers.push_back(connectPeer(addressOf(door)));
      ids.push_back(acceptNow(door));
    }
    while (turn() > 0) {
    }
  }
  std::string heardBy(size_t index) {
    release(ids[index]);
    const Heard heard = hearAll(peers[index].get());
    CHECK_EQUAL(heard.ending, 0);
    return {heard.bytes.begin(), heard.bytes.end()};
  }
  // Segments with data that have gone out; with TCP_NODELAY and little data, one per write.
  uint32_t writes(size_t index) {
    tcp_info info{};
    socklen_t length = sizeof info;
    const int fd = connection(ids[index])->connection().fd();
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
    return info.tcpi_data_segs_out;
  }
};

TEST("posts go out in order when the batch is left, all of one connection in one write, whoever posts in between") {
  Peers scene(2);
  scene.post(scene.ids[0], "a");
  scene.post(scene.ids[0], "b");
  scene.post(scene.ids[0], "c");
  scene.post(scene.ids[1], "1");
  scene.post(scene.ids[0], "d");
  scene.post(scene.ids[1], "2");
  scene.post(scene.ids[1], "3");
  CHECK_EQUAL(scene.writes(0), 0u);
  scene.plane.leaveBatch();
  CHECK_EQUAL(scene.writes(0), 1u);
  CHECK_EQUAL(scene.writes(1), 1u);
  CHECK_EQUAL(scene.plane.memory().control(layout::kSubmitted), 0);
  CHECK_EQUAL(scene.plane.memory().control(layout::kOutUsed), 0);
  scene.plane.drain();  // nothing is written twice
  CHECK_EQUAL(scene.heardBy(0), "abcd");
  CHECK_EQUAL(scene.heardBy(1), "123");
}

TEST("the slab is used from its start again after a drain") {
  Peers scene(1);
  std::string expected;
  for (int round = 0; round < 100; ++round) {
    for (const char* text : {"x", "yy", "zzz"}) {
      scene.post(scene.ids[0], text);
      expected += text;
    }
    scene.plane.drain();
  }
  CHECK_EQUAL(scene.heardBy(0), expected);
}

TEST("a full ring is drained whole") {
  Peers scene(2);
  std::string expected[2];
  for (size_t i = 0; i < layout::kSubmissions; ++i) {
    const std::string text = std::to_string(i) + " ";
    scene.post(scene.ids[i % 2], text);
    expected[i % 2] += text;
  }
  scene.plane.drain();
  for (size_t i = 0; i < 2; ++i) CHECK_EQUAL(scene.heardBy(i), expected[i]);
}

TEST("posts under a stale name are dropped, and their neighbours are not") {
  Peers scene(3);
  scene.post(scene.ids[0], "a");
  scene.post(scene.ids[1], "to nobody");
  scene.post(scene.ids[0], "b");
  scene.post({scene.ids[2].slot, scene.ids[2].generation + 1}, "foreign");
  scene.post(scene.ids[2], "own");
  scene.post(scene.door, "a listener");
  scene.post({layout::kMaxSlots - 1, 1}, "out of range");
  scene.release(scene.ids[1]);
  scene.plane.drain();
  CHECK_EQUAL(scene.heardBy(0), "ab");
  CHECK(hearAll(scene.peers[1].get()).bytes.empty());
  CHECK_EQUAL(scene.heardBy(2), "own");
}

TEST("a post that meets an error is told by a completion, and the others go out") {
  Peers scene(2);
  resetPeer(scene.peers[0]);
  waitFor(scene.connection(scene.ids[0])->connection().fd(), POLLERR);
  scene.post(scene.ids[0], "in vain");
  scene.post(scene.ids[1], "heard");
  scene.plane.drain();
  CHECK(scene.turnUntilTold(1));
  CHECK(scene.told.back().is(Kind::kEnded, ECONNRESET, 1));
  CHECK_EQUAL(scene.told.back().id.slot, scene.ids[0].slot);
  CHECK_EQUAL(scene.heardBy(1), "heard");
}

// send(small); release; accept. The new peer may come in the same turn or, under the same slot, in the next.
void releaseWithPosts(PlaneScene& scene, SlotId door, const InetAddress& address, int rounds, bool inNextTurn) {
  int reused = 0;
  size_t foreignBytes = 0;
  for (int round = 0; round < rounds; ++round) {
    auto oldPeer = connectPeer(address);
    const SlotId old = scene.acceptNow(door);
    scene.post(old, "for the old peer only");
    scene.release(old);
    auto newPeer = connectPeer(address);
    if (inNextTurn) scene.enterBatch();
    const SlotId fresh = scene.acceptNow(door);
    if (fresh.slot == old.slot) ++reused;
    scene.plane.leaveBatch();
    scene.turn();
    Heard heard;
    hear(newPeer.get(), heard);
    foreignBytes += heard.bytes.size();
    if (heard.ending != EAGAIN) ++foreignBytes;
    scene.release(fresh);
    VALUE_OF(sockets::setResetOnClose(oldPeer.get(), true));
    VALUE_OF(sockets::setResetOnClose(newPeer.get(), true));
    scene.turn();
  }
  CHECK_EQUAL(foreignBytes, 0u);
  CHECK_EQUAL(reused, inNextTurn ? rounds : 0);
}

TEST("send, release, accept: not one byte reaches the new peer, whenever it comes") {
  for (const bool inNextTurn : {false, true}) {
    PlaneScene scene;
    const auto address = abstractPath(inNextTurn ? "next" : "same");
    releaseWithPosts(scene, scene.listen(address), address, kRounds, inNextTurn);
  }
}

TEST("send, release, accept: the same over TCP") {
  for (const bool inNextTurn : {false, true}) {
    PlaneScene scene;
    const SlotId door = scene.listen(loopback());
    releaseWithPosts(scene, door, scene.addressOf(door), kRounds / 20, inNextTurn);
  }
}

}  // namespace
