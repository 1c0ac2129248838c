#include "binding/environment.h"

#include <string>
#include <utility>

#include "core/base/freed_memory.h"
#include "core/tcp/loop_registry.h"

namespace cotcp {

namespace {

void throwLoadError(napi_env env, const std::string& message) {
  napi_throw_error(env, "ERR_TCP_LOAD", message.c_str());
}

}  // namespace

Environment* Environment::create(napi_env env) {
  auto* environment = new Environment(env);
  if (environment->start()) return environment;
  delete environment;
  return nullptr;
}

bool Environment::start() {
  keepFreedMemory();
  auto loop = EventLoop::create();
  if (!loop) {
    throwLoadError(env_, std::string("cotcp cannot make its event loop: ") + loop.error().syscall +
                             " failed with errno " + std::to_string(loop.error().code));
    return false;
  }
  loop_ = std::move(*loop);
  plane_ = std::make_unique<Plane>(*loop_);

  uv_loop_s* uvLoop = nullptr;
  napi_get_uv_event_loop(env_, &uvLoop);
  int error = 0;
  watcher_ = LoopWatcher::start(
      uvLoop, loop_->descriptor(), [this] { onReadable(); }, error);
  if (watcher_ == nullptr) {
    throwLoadError(env_, "cotcp cannot join the event loop of Node: libuv error " + std::to_string(error));
    return false;
  }

  napi_value resource;
  napi_value name;
  napi_create_object(env_, &resource);
  napi_create_string_utf8(env_, "COTCP", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env_, resource, 1, &resource_);
  napi_async_init(env_, resource, name, &context_);
  napi_add_async_cleanup_hook(
      env_, [](napi_async_cleanup_hook_handle hook, void* data) { static_cast<Environment*>(data)->shutDown(hook); },
      this, nullptr);
  return true;
}

uint32_t Environment::bind(napi_value sharedBlock, napi_value onBatch, uint32_t threadNumber) {
  napi_create_reference(env_, sharedBlock, 1, &shared_);
  napi_create_reference(env_, onBatch, 1, &onBatch_);
  mapShared();
  plane_->beginTurn();
  if (!number_) number_ = LoopRegistry::process().add(threadNumber, plane_->mailbox());
  return *number_;
}

napi_value Environment::dereference(napi_ref reference) const {
  napi_value value = nullptr;
  napi_get_reference_value(env_, reference, &value);
  return value;
}

void Environment::mapShared() {
  void* block = nullptr;
  size_t length = 0;
  napi_get_arraybuffer_info(env_, dereference(shared_), &block, &length);
  plane_->memory().map(static_cast<uint8_t*>(block));
}

void Environment::renewArea(size_t area, napi_value arrayBuffer) {
  if (areas_[area] != nullptr) napi_delete_reference(env_, areas_[area]);
  napi_create_reference(env_, arrayBuffer, 1, &areas_[area]);
  plane_->area().renew(area);
}

void Environment::mapAreas() {
  for (size_t area = 0; area < layout::kAreas; ++area) {
    void* bytes = nullptr;
    size_t length = 0;
    if (areas_[area] != nullptr) napi_get_arraybuffer_info(env_, dereference(areas_[area]), &bytes, &length);
    plane_->area().map(area, {static_cast<uint8_t*>(bytes), bytes == nullptr ? 0 : length});
  }
}

void Environment::onReadable() {
  if (ending_ || shared_ == nullptr) return;
  napi_handle_scope scope;
  napi_open_handle_scope(env_, &scope);
  mapShared();
  mapAreas();
  plane_->beginTurn();
  loop_->turn(0);
  const size_t completions = plane_->endTurn();
  // Without memory to receive into nothing may complete: JavaScript provides it when it is entered.
  if (completions > 0 || plane_->isWaitedFor() || plane_->memory().control(layout::kAreasWanted) != 0) {
    enterJavaScript(completions);
    plane_->leaveBatch();
  }
  napi_close_handle_scope(env_, scope);
}

void Environment::enterJavaScript(size_t completions) {
  napi_value count;
  napi_create_uint32(env_, static_cast<uint32_t>(completions), &count);
  const napi_status status =
      napi_make_callback(env_, context_, dereference(resource_), dereference(onBatch_), 1, &count, nullptr);
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env_, &pending);
  if (!pending) {
    // The environment is ending: JavaScript is not entered again.
    ending_ = true;
    watcher_->stop();
    return;
  }
  napi_value error;
  napi_get_and_clear_last_exception(env_, &error);
  napi_fatal_exception(env_, error);
}

void Environment::shutDown(napi_async_cleanup_hook_handle hook) {
  ending_ = true;
  watcher_->stop();
  if (number_) LoopRegistry::process().remove(*number_);
  plane_->releaseAll();
  for (napi_ref reference : areas_) {
    if (reference != nullptr) napi_delete_reference(env_, reference);
  }
  for (napi_ref reference : {shared_, onBatch_, resource_}) {
    if (reference != nullptr) napi_delete_reference(env_, reference);
  }
  napi_async_destroy(env_, context_);
  watcher_->close([this, hook] {
    delete this;
    napi_remove_async_cleanup_hook(hook);
  });
}

}  // namespace cotcp
