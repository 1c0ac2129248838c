#include "load/report.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>

#include "load/clock.h"

namespace load {

namespace {

constexpr double kNanosPerMicro = 1000;

const char* nameOf(Mode mode) {
  switch (mode) {
    case Mode::kEcho:
      return "echo";
    case Mode::kSteady:
      return "steady";
    case Mode::kBurst:
      return "burst";
    case Mode::kIdle:
      return "idle";
    case Mode::kChurn:
      return "churn";
    case Mode::kNeverRead:
      return "never-read";
    case Mode::kHalfFrame:
      return "half-frame";
  }
  return "?";
}

}  // namespace

void Report::addError(size_t peer, PeerError error) {
  ++errors;
  std::fprintf(stderr, "bench_load: connection %zu: %s\n", peer, describe(error));
}

void Report::addError(const char* message) {
  ++errors;
  std::fprintf(stderr, "bench_load: %s\n", message);
}

double Window::serverCpu() const { return serverPid_ == 0 ? -1 : processCpuSeconds(serverPid_); }

void Window::open() {
  serverCpuAtOpen_ = serverCpu();
  loadCpuAtOpen_ = processCpuSeconds(getpid());
  openedAt_ = now();
}

void Window::close(Report& report) const {
  report.seconds = static_cast<double>(now() - openedAt_) / static_cast<double>(kNanosPerSecond);
  report.loadCpuSeconds = processCpuSeconds(getpid()) - loadCpuAtOpen_;
  const double server = serverCpu();
  if (server >= 0 && serverCpuAtOpen_ >= 0) report.serverCpuSeconds = server - serverCpuAtOpen_;
}

std::string congestionControl(int fd) {
  char name[32] = "";
  socklen_t length = sizeof name - 1;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) != 0) return "unknown";
  return name;
}

void print(const Options& options, const Report& report, const std::string& congestion) {
  const double rate = report.seconds > 0 ? static_cast<double>(report.messages) / report.seconds : 0;
  std::printf(
      "{\"mode\":\"%s\",\"connections\":%zu,\"size\":%zu,\"depth\":%zu,\"congestion\":\"%s\",\"messages\":%" PRIu64
      ",\"seconds\":%.6f,\"messages_per_second\":%.1f,\"bytes\":%" PRIu64,
      nameOf(options.mode), options.connections, options.size, options.depth, congestion.c_str(), report.messages,
      report.seconds, rate, report.messages * options.size);
  std::printf(",\"latency_us\":{\"mean\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
              report.latency.mean() / kNanosPerMicro,
              static_cast<double>(report.latency.percentile(0.5)) / kNanosPerMicro,
              static_cast<double>(report.latency.percentile(0.99)) / kNanosPerMicro,
              static_cast<double>(report.latency.max()) / kNanosPerMicro);
  std::printf(",\"load_cpu_seconds\":%.6f", report.loadCpuSeconds);
  if (report.serverCpuSeconds >= 0) std::printf(",\"server_cpu_seconds\":%.6f", report.serverCpuSeconds);
  std::printf(",\"errors\":%" PRIu64 "}\n", report.errors);
  std::fflush(stdout);
}

}  // namespace load
