#include "core/tcp/tcp_info.h"

// The kernel's header: libc's own lacks the fields that came after Linux 3.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace cotcp {

namespace {

constexpr double kMicrosPerMilli = 1000.0;

double milliseconds(unsigned micros) { return static_cast<double>(micros) / kMicrosPerMilli; }

}  // namespace

std::optional<TcpInfoValues> readTcpInfo(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  return TcpInfoValues{static_cast<double>(info.tcpi_state),
                       milliseconds(info.tcpi_rtt),
                       milliseconds(info.tcpi_rttvar),
                       milliseconds(info.tcpi_min_rtt),
                       static_cast<double>(info.tcpi_snd_cwnd),
                       static_cast<double>(info.tcpi_snd_mss),
                       static_cast<double>(info.tcpi_rcv_mss),
                       static_cast<double>(info.tcpi_unacked),
                       static_cast<double>(info.tcpi_lost),
                       static_cast<double>(info.tcpi_total_retrans),
                       static_cast<double>(info.tcpi_bytes_acked),
                       static_cast<double>(info.tcpi_bytes_received),
                       static_cast<double>(info.tcpi_notsent_bytes),
                       static_cast<double>(info.tcpi_delivery_rate)};
}

}  // namespace cotcp
