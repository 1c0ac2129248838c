#include "binding/loop_watcher.h"

#include <uv.h>

#include <cstdlib>
#include <utility>

namespace cotcp {

namespace {

uv_handle_t* handleOf(void* handle) { return static_cast<uv_handle_t*>(handle); }
uv_poll_t* pollOf(void* handle) { return static_cast<uv_poll_t*>(handle); }

}  // namespace

LoopWatcher* LoopWatcher::start(void* uvLoop, int fd, Callback onReadable, int& errorCode) {
  // Node's libuv may be newer than the header: its size is asked for.
  void* handle = std::calloc(1, uv_handle_size(UV_POLL));
  if (handle == nullptr) {
    errorCode = UV_ENOMEM;
    return nullptr;
  }
  errorCode = uv_poll_init(static_cast<uv_loop_t*>(uvLoop), pollOf(handle), fd);
  if (errorCode != 0) {
    std::free(handle);
    return nullptr;
  }
  auto* watcher = new LoopWatcher;
  watcher->handle_ = handle;
  watcher->onReadable_ = std::move(onReadable);
  handleOf(handle)->data = watcher;
  uv_poll_start(pollOf(handle), UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<LoopWatcher*>(poll->data)->onReadable_(); });
  uv_unref(handleOf(handle));
  return watcher;
}

void LoopWatcher::hold(bool on) {
  if (on) {
    uv_ref(handleOf(handle_));
  } else {
    uv_unref(handleOf(handle_));
  }
}

void LoopWatcher::stop() { uv_poll_stop(pollOf(handle_)); }

void LoopWatcher::close(Callback closed) {
  onClosed_ = std::move(closed);
  uv_close(handleOf(handle_), [](uv_handle_t* handle) {
    auto* watcher = static_cast<LoopWatcher*>(handle->data);
    Callback done = std::move(watcher->onClosed_);
    delete watcher;
    std::free(handle);
    done();
  });
}

}  // namespace cotcp
