#pragma once

#include <node_api.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "binding/loop_watcher.h"
#include "core/loop/event_loop.h"
#include "core/tcp/plane.h"

namespace cotcp {

// Everything native of one Node environment (main thread or worker): the loop inside Node's, the data plane, the references
// to JavaScript's memory and callback. Owns all of it; deletes itself when the environment's cleanup hook has closed the
// watcher. The environment's own thread only.
class Environment {
 public:
  // nullptr with a pending JavaScript exception.
  static Environment* create(napi_env env);

  Plane& plane() { return *plane_; }
  EventLoop& loop() { return *loop_; }
  napi_env env() const { return env_; }

  // The shared block and the function that reads the completions: bind once, before anything else.
  // Returns the number under which other threads find this one, which is `threadNumber` unless the thread has the addon twice.
  uint32_t bind(napi_value sharedBlock, napi_value onBatch, uint32_t threadNumber);
  void renewArea(size_t area, napi_value arrayBuffer);
  // Fetches the receive areas anew: user code may have detached them since.
  void mapAreas();
  void hold(bool on) { watcher_->hold(on); }

 private:
  explicit Environment(napi_env env) : env_(env) {}
  bool start();
  void onReadable();
  void enterJavaScript(size_t completions);
  void mapShared();
  void shutDown(napi_async_cleanup_hook_handle hook);
  napi_value dereference(napi_ref reference) const;

  napi_env env_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Plane> plane_;
  LoopWatcher* watcher_ = nullptr;
  napi_async_context context_ = nullptr;
  napi_ref resource_ = nullptr;
  napi_ref shared_ = nullptr;
  napi_ref onBatch_ = nullptr;
  std::array<napi_ref, layout::kAreas> areas_{};
  std::optional<uint32_t> number_;  // in the registry
  bool ending_ = false;
};

}  // namespace cotcp
