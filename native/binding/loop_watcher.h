#pragma once

#include <functional>

namespace cotcp {

// Watches one descriptor from Node's own loop. The only place that knows libuv, which lies outside the Node-API promise: no
// more than uv_poll_*, uv_ref, uv_unref and uv_close of it is used. Owns the handle until closed() has been called.
class LoopWatcher {
 public:
  using Callback = std::function<void()>;

  // uvLoop: what napi_get_uv_event_loop gave. nullptr if libuv refuses; errorCode is libuv's.
  static LoopWatcher* start(void* uvLoop, int fd, Callback onReadable, int& errorCode);

  // While on, the watcher keeps Node's loop alive. Off at first.
  void hold(bool on);
  void stop();
  // Deletes the watcher, then calls closed from Node's loop.
  void close(Callback closed);

 private:
  LoopWatcher() = default;
  ~LoopWatcher() = default;

  void* handle_ = nullptr;  // uv_poll_t of uv_handle_size bytes
  Callback onReadable_;
  Callback onClosed_;
};

}  // namespace cotcp
