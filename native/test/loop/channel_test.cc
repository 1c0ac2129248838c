#include "core/loop/channel.h"

#include <cerrno>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("a channel knows its descriptor, its trigger and its handler before it is open") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  const SocketPair sockets;
  const Channel channel(*loop, sockets.ours.get(), endpoint, Trigger::kLevel);
  CHECK_EQUAL(channel.fd(), sockets.ours.get());
  CHECK(channel.trigger() == Trigger::kLevel);
  CHECK(&channel.handler() == static_cast<ChannelHandler*>(&endpoint));
  CHECK(!channel.isOpen());
  CHECK(channel.id() == ChannelId{});
}

TEST("an open channel is registered once, whatever opens it again") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  const ChannelId id = endpoint.channel.id();
  VALUE_OF(endpoint.channel.open());
  CHECK(endpoint.channel.id() == id);
}

TEST("a channel on no descriptor does not open") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  Channel channel(*loop, -1, endpoint, Trigger::kEdge);
  const auto opened = channel.open();
  CHECK(!opened && opened.error().code == EBADF);
  CHECK(!channel.isOpen());
}

TEST("a closed channel hears nothing, and closing it again does nothing") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  endpoint.channel.close();
  endpoint.channel.close();
  CHECK(!endpoint.channel.isOpen());
  endpoint.sockets.peerWrites();
  loop->turn(0);
  CHECK_EQUAL(endpoint.eventCount, 0);
}

TEST("a channel that is opened again hears again, what there is already included") {
  const auto loop = makeLoop();
  Endpoint endpoint(*loop);
  settleDown(*loop);
  endpoint.channel.close();
  endpoint.sockets.peerWrites();
  VALUE_OF(endpoint.channel.open());
  loop->turn(0);
  CHECK((endpoint.lastEvents & kReadable) != 0);
}

TEST("a channel's destructor takes it off the poller") {
  const auto loop = makeLoop();
  const SocketPair sockets;
  Endpoint handler(*loop);
  settleDown(*loop);
  {
    Channel channel(*loop, sockets.ours.get(), handler, Trigger::kEdge);
    VALUE_OF(channel.open());
  }
  sockets.peerWrites();
  CHECK(!isAwake(*loop));
}

}  // namespace
