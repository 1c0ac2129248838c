#include "load/options.h"

#include <arpa/inet.h>
#include <getopt.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "load/pattern.h"

namespace load {

namespace {

constexpr int kUsageExit = 2;
constexpr double kMaxPort = 65'535;
constexpr double kMaxConnections = 20'000;
constexpr double kMinSizeBytes = 1;
constexpr double kMaxSizeBytes = 16 * 1024 * 1024;
constexpr double kMaxDepth = 1024;
constexpr double kMaxSeconds = 600;
constexpr double kMaxPid = 4'194'304;  // the kernel's PID_MAX_LIMIT
constexpr double kMaxBytesInFlight = 1024.0 * 1024 * 1024;

constexpr char kHelp[] =
    "Load generator for echo servers on this machine. Prints one line of JSON; exit 1 on any wrong byte or error.\n"
    "\n"
    "  bench_load --port N [options]\n"
    "\n"
    "  --mode MODE             echo: closed loop (default)\n"
    "                          steady: the same until stdin ends; each line of stdin ends a measured time and prints "
    "it\n"
    "                          burst: all connections send one message at once, then all answers are awaited\n"
    "                          idle: one echo each, prints `ready`, holds the connections until stdin ends\n"
    "                          churn: peers that say nothing; each is followed by another one when the server ends it\n"
    "                          never-read: peers that send nothing and read nothing; prints `ready`, and JSON when "
    "the\n"
    "                          server has ended all, or after --seconds\n"
    "                          half-frame: the same, but each sends half a frame of --size bytes first\n"
    "  --host ADDRESS          of the loopback: 127.x.x.x or ::1 (default 127.0.0.1)\n"
    "  --port N                1 to 65535\n"
    "  --connections N         1 to 20000 (default 50)\n"
    "  --size BYTES            of one message, 1 to 16777216 (default 64)\n"
    "  --depth N               messages in flight per connection, 1 to 1024 (default 1)\n"
    "  --framed                the first four bytes of a message are the number of the rest, big-endian; --size from "
    "5\n"
    "  --separate-writes       one write per message, also where several may go out together\n"
    "  --seconds S             measured time, above 0 to 600 (default 2)\n"
    "  --warmup S              before it, 0 to 600 (default 1)\n"
    "  --server-pid PID        also report the CPU time of that process within the measured time\n"
    "  --help\n";

[[noreturn]] void refuse(const std::string& message) {
  std::fprintf(stderr, "bench_load: %s (see --help)\n", message.c_str());
  std::exit(kUsageExit);
}

double parseNumber(const char* name, const char* text, double min, double max) {
  errno = 0;
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  // Written so that NaN is refused too.
  if (end == text || *end != '\0' || errno != 0 || !(value >= min && value <= max)) {
    char range[64];
    std::snprintf(range, sizeof range, "%.15g to %.15g", min, max);
    refuse(std::string("--") + name + " takes a number from " + range + ", not '" + text + "'");
  }
  return value;
}

size_t parseInteger(const char* name, const char* text, double min, double max) {
  const double value = parseNumber(name, text, min, max);
  const auto integer = static_cast<size_t>(value);
  if (static_cast<double>(integer) != value) refuse(std::string("--") + name + " takes an integer, not '" + text + "'");
  return integer;
}

constexpr std::pair<const char*, Mode> kModes[] = {
    {"echo", Mode::kEcho},   {"steady", Mode::kSteady},        {"burst", Mode::kBurst},          {"idle", Mode::kIdle},
    {"churn", Mode::kChurn}, {"never-read", Mode::kNeverRead}, {"half-frame", Mode::kHalfFrame},
};

Mode parseMode(const char* text) {
  for (const auto& [name, mode] : kModes) {
    if (std::strcmp(text, name) == 0) return mode;
  }
  refuse(std::string("--mode takes echo, steady, burst, idle, churn, never-read or half-frame, not '") + text + "'");
}

// Only the loopback: this program must not be a weapon.
void setAddress(Options& options, const char* host, uint16_t port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, host, &v4.sin_addr) == 1 && (ntohl(v4.sin_addr.s_addr) >> 24) == 127) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&options.address, &v4, sizeof v4);
    options.addressLength = sizeof v4;
  } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&options.address, &v6, sizeof v6);
    options.addressLength = sizeof v6;
  } else {
    refuse(std::string("--host takes 127.x.x.x or ::1, not '") + host + "'");
  }
}

enum Key {
  kMode,
  kHost,
  kPort,
  kConnections,
  kSize,
  kDepth,
  kSeparate,
  kFramed,
  kSeconds,
  kWarmup,
  kServerPid,
  kHelpKey
};

const option kLongOptions[] = {
    {"mode", required_argument, nullptr, kMode},
    {"host", required_argument, nullptr, kHost},
    {"port", required_argument, nullptr, kPort},
    {"connections", required_argument, nullptr, kConnections},
    {"size", required_argument, nullptr, kSize},
    {"depth", required_argument, nullptr, kDepth},
    {"separate-writes", no_argument, nullptr, kSeparate},
    {"framed", no_argument, nullptr, kFramed},
    {"seconds", required_argument, nullptr, kSeconds},
    {"warmup", required_argument, nullptr, kWarmup},
    {"server-pid", required_argument, nullptr, kServerPid},
    {"help", no_argument, nullptr, kHelpKey},
    {nullptr, 0, nullptr, 0},
};

}  // namespace

Options parseOptions(int argc, char** argv) {
  Options options;
  const char* host = "127.0.0.1";
  size_t port = 0;
  for (int key; (key = getopt_long(argc, argv, "", kLongOptions, nullptr)) != -1;) {
    switch (key) {
      case kMode:
        options.mode = parseMode(optarg);
        break;
      case kHost:
        host = optarg;
        break;
      case kPort:
        port = parseInteger("port", optarg, 1, kMaxPort);
        break;
      case kConnections:
        options.connections = parseInteger("connections", optarg, 1, kMaxConnections);
        break;
      case kSize:
        options.size = parseInteger("size", optarg, kMinSizeBytes, kMaxSizeBytes);
        break;
      case kDepth:
        options.depth = parseInteger("depth", optarg, 1, kMaxDepth);
        break;
      case kSeparate:
        options.separateWrites = true;
        break;
      case kFramed:
        options.framed = true;
        break;
      case kSeconds:
        options.seconds = parseNumber("seconds", optarg, 0.001, kMaxSeconds);
        break;
      case kWarmup:
        options.warmupSeconds = parseNumber("warmup", optarg, 0, kMaxSeconds);
        break;
      case kServerPid:
        options.serverPid = static_cast<pid_t>(parseInteger("server-pid", optarg, 1, kMaxPid));
        break;
      case kHelpKey:
        std::fputs(kHelp, stdout);
        std::exit(0);
      default:
        refuse("unknown option or missing value");
    }
  }
  if (optind < argc) refuse(std::string("unexpected argument '") + argv[optind] + "'");
  if (port == 0) refuse("--port is missing");
  if ((options.framed || options.mode == Mode::kHalfFrame) && options.size < kMinFrameBytes)
    refuse("--size is less than a frame has, 5 bytes");
  const auto bytesInFlight = static_cast<double>(options.connections * options.size * options.depth);
  if (bytesInFlight > kMaxBytesInFlight) refuse("--connections x --size x --depth is more than 1 GiB in flight");
  setAddress(options, host, static_cast<uint16_t>(port));
  return options;
}

}  // namespace load
