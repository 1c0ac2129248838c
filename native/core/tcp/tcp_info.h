#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace cotcp {

// TCP_INFO of tcp(7) as doubles in the order of the public type TcpInfo: state, rtt, rttVariation, minRtt (ms),
// congestionWindow, sendMss, receiveMss, unacked, lost, retransmits, bytesAcked, bytesReceived, notSentBytes, deliveryRate.
using TcpInfoValues = std::array<double, 14>;
inline constexpr size_t kInfoBytesReceived = 11;

// nullopt for a socket that is not TCP.
std::optional<TcpInfoValues> readTcpInfo(int fd);

}  // namespace cotcp
