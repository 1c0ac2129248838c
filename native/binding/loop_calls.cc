// The loop of the thread: its memory, timers and holders.

#include <algorithm>
#include <array>
#include <cmath>

#include "binding/arguments.h"

namespace cotcp {

namespace {

// A timer's id as one number that JavaScript can hold exactly.
constexpr double kTimerSlots = 4194304.0;

// (sharedBlock, onBatch, threadNumber) -> the number of this loop in the process
napi_value bind(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const uint32_t number = arguments.environment().bind(arguments.value(0), arguments.value(1), arguments.uint32(2));
  return toNumber(env, static_cast<double>(number));
}

// (area, arrayBuffer): fresh memory to receive into
napi_value renewArea(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  arguments.environment().renewArea(arguments.uint32(0), arguments.value(1));
  return nullptr;
}

// (on): keeps the process alive
napi_value hold(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  arguments.environment().hold(arguments.boolean(0));
  return nullptr;
}

// (): a turn follows soon, with credit
napi_value wake(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  arguments.environment().loop().wakeup();
  return nullptr;
}

// () -> ms of CLOCK_MONOTONIC
napi_value now(napi_env env, napi_callback_info) {
  return toNumber(env, static_cast<double>(monotonicNow()) / static_cast<double>(kMillisecond));
}

// (ms) -> id
napi_value startTimer(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  // 2^62 ns are 146 years.
  constexpr double kLongestNanoseconds = 4611686018427387904.0;
  const double after =
      std::min(std::ceil(arguments.number(0) * static_cast<double>(kMillisecond)), kLongestNanoseconds);
  const TimerId timer = arguments.plane().startTimer(static_cast<Nanoseconds>(after));
  return toNumber(env, static_cast<double>(timer.generation) * kTimerSlots + static_cast<double>(timer.slot));
}

// (id) -> true if it was armed
napi_value cancelTimer(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const double id = arguments.number(0);
  const double generation = std::floor(id / kTimerSlots);
  const TimerId timer{static_cast<uint32_t>(id - generation * kTimerSlots), static_cast<uint32_t>(generation)};
  return toBoolean(env, arguments.plane().cancelTimer(timer));
}

constexpr std::array kCalls = {
    NamedCall{"bind", bind},
    NamedCall{"renewArea", renewArea},
    NamedCall{"hold", hold},
    NamedCall{"wake", wake},
    NamedCall{"now", now},
    NamedCall{"startTimer", startTimer},
    NamedCall{"cancelTimer", cancelTimer},
};

}  // namespace

std::span<const NamedCall> loopCalls() { return kCalls; }

}  // namespace cotcp
