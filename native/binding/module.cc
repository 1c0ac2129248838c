// What the addon exports: the calls, and the layout of the shared block for the loader to compare with its own.

#include <node_api.h>

#include <array>

#include "binding/arguments.h"
#include "binding/environment.h"

namespace cotcp {

namespace {

void exportCalls(napi_env env, napi_value exports, Environment* environment, std::span<const NamedCall> calls) {
  for (const NamedCall& call : calls) {
    napi_value function;
    napi_create_function(env, call.name, NAPI_AUTO_LENGTH, call.call, environment, &function);
    napi_set_named_property(env, exports, call.name, function);
  }
}

void exportLayout(napi_env env, napi_value exports) {
  constexpr std::array kNumbers = {layout::kControlWords,    layout::kCompletionWords,
                                   layout::kCompletions,     layout::kSubmissions,
                                   layout::kOutSlabBytes,    layout::kFlagBytes,
                                   layout::kMaxSlots,        layout::kSharedBytes,
                                   layout::kSmallChunkBytes, static_cast<size_t>(layout::kReportFields)};
  napi_value numbers;
  napi_create_array_with_length(env, kNumbers.size(), &numbers);
  for (uint32_t index = 0; index < kNumbers.size(); ++index) {
    napi_set_element(env, numbers, index, toNumber(env, static_cast<double>(kNumbers[index])));
  }
  napi_set_named_property(env, exports, "layout", numbers);
}

}  // namespace

}  // namespace cotcp

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  auto* environment = cotcp::Environment::create(env);
  if (environment == nullptr) return nullptr;
  for (const auto& calls : {cotcp::transferCalls(), cotcp::lifetimeCalls(), cotcp::setupCalls(), cotcp::loopCalls(),
                            cotcp::remoteCalls()}) {
    cotcp::exportCalls(env, exports, environment, calls);
  }
  cotcp::exportLayout(env, exports);
  return exports;
}
