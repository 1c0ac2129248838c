#pragma once

#include "core/tcp/connection_port.h"
#include "core/tcp/connector.h"
#include "core/tcp/port.h"

namespace cotcp {

// A Connector for JavaScript: once connected, a ConnectionPort takes its place under the same slot. Owns the connector,
// borrows the context. Loop thread only.
class ConnectorPort final : public Port, public Connector::Observer {
 public:
  ConnectorPort(PortContext& context, SlotId id, UniqueFd socket, const InetAddress& peer, bool resetUnlessClosed);

  Result<void> start(std::optional<Nanoseconds> within) { return connector_.start(within); }

  void onConnected(UniqueFd fd) override;
  void onFailed(const IoError& error) override;

 private:
  PortContext& context_;
  SlotId id_;
  InetAddress peer_;
  bool resetUnlessClosed_;
  Connector connector_;
};

}  // namespace cotcp
