#pragma once

#include <node_api.h>

#include <array>
#include <cstdint>
#include <span>

#include "binding/environment.h"

namespace cotcp {

// The view's memory as it is now: a detached or shrunk one is short. Not to be kept after the call.
inline std::span<uint8_t> viewBytes(napi_env env, napi_value view) {
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type{};
  if (napi_get_typedarray_info(env, view, &type, &length, &data, nullptr, nullptr) != napi_ok) return {};
  return {static_cast<uint8_t*>(data), data == nullptr ? 0 : length};
}

// The arguments of one call from JavaScript. All checks were made there: what is read here has the right type.
template <size_t Count>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = Count;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values_.data(), nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  Environment& environment() const { return *environment_; }
  Plane& plane() const { return environment_->plane(); }
  napi_value value(size_t index) const { return values_[index]; }

  uint32_t uint32(size_t index) const {
    uint32_t number = 0;
    napi_get_value_uint32(env_, values_[index], &number);
    return number;
  }
  double number(size_t index) const {
    double number = 0;
    napi_get_value_double(env_, values_[index], &number);
    return number;
  }
  bool boolean(size_t index) const {
    bool truth = false;
    napi_get_value_bool(env_, values_[index], &truth);
    return truth;
  }
  // As viewBytes().
  std::span<uint8_t> bytes(size_t index) const { return viewBytes(env_, values_[index]); }
  // A Float64Array of ours.
  std::span<double> doubles(size_t index) const {
    void* data = nullptr;
    size_t length = 0;
    napi_get_typedarray_info(env_, values_[index], nullptr, &length, &data, nullptr, nullptr);
    return {static_cast<double*>(data), length};
  }
  ConnectionPort* connection() const { return plane().connection(uint32(0), uint32(1)); }

 private:
  napi_env env_;
  std::array<napi_value, Count> values_{};
  Environment* environment_ = nullptr;
};

inline napi_value toNumber(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}
inline napi_value toNumber(napi_env env, int32_t number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  return value;
}
inline napi_value toBoolean(napi_env env, bool truth) {
  napi_value value;
  napi_get_boolean(env, truth, &value);
  return value;
}

struct NamedCall {
  const char* name;
  napi_callback call;
};

std::span<const NamedCall> transferCalls();  // bytes in and out
std::span<const NamedCall> lifetimeCalls();  // endings and descriptions
std::span<const NamedCall> setupCalls();     // listen, connect
std::span<const NamedCall> loopCalls();      // memory, timers, holders
std::span<const NamedCall> remoteCalls();    // to and from other threads

}  // namespace cotcp
