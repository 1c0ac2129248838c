#include "bare/options.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>

namespace bare {

namespace {

constexpr int kUsageExit = 2;
constexpr double kMaxBufferBytes = 16 * 1024 * 1024;
constexpr double kMaxBurnMs = 10'000;

double parseNumber(const char* program, const char* name, double min, double max) {
  char* end = nullptr;
  const double value = std::strtod(optarg, &end);
  if (end == optarg || *end != '\0' || !(value >= min && value <= max)) {
    std::fprintf(stderr, "%s: --%s takes %.15g to %.15g, not '%s'\n", program, name, min, max, optarg);
    std::exit(kUsageExit);
  }
  return value;
}

}  // namespace

Options parseOptions(int argc, char** argv, const char* help, size_t maxBuffers) {
  const option names[] = {{"port", required_argument, nullptr, 'p'},    {"buffer", required_argument, nullptr, 'b'},
                          {"buffers", required_argument, nullptr, 'n'}, {"burn", required_argument, nullptr, 'u'},
                          {"help", no_argument, nullptr, 'h'},          {nullptr, 0, nullptr, 0}};
  Options options;
  for (int key; (key = getopt_long(argc, argv, "", names, nullptr)) != -1;) {
    switch (key) {
      case 'p':
        options.port = static_cast<uint16_t>(parseNumber(argv[0], "port", 0, UINT16_MAX));
        break;
      case 'b':
        options.bufferBytes = static_cast<size_t>(parseNumber(argv[0], "buffer", 1, kMaxBufferBytes));
        break;
      case 'n':
        options.buffers = static_cast<size_t>(parseNumber(argv[0], "buffers", 1, static_cast<double>(maxBuffers)));
        break;
      case 'u':
        options.burnMs = parseNumber(argv[0], "burn", 0, kMaxBurnMs);
        break;
      case 'h':
        std::fputs(help, stdout);
        std::exit(0);
      default:
        std::exit(kUsageExit);
    }
  }
  return options;
}

}  // namespace bare
