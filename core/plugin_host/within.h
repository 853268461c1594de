#pragma once
// Code of a plugin that must come back within a time.

#include <future>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "core/base/clock.h"

namespace pagoda::plugin_host {

/// What `work` returns, or nothing if it takes longer than `limit`: then it keeps its thread, and
/// the host goes on without it. `work` owns all that it uses.
template <class Work>
std::optional<std::invoke_result_t<Work>> within(Millis limit, Work work) {
  std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
  auto result = task.get_future();
  std::thread thread(std::move(task));
  if (result.wait_for(limit) != std::future_status::ready) {
    thread.detach();
    return std::nullopt;
  }
  thread.join();
  return result.get();
}

}  // namespace pagoda::plugin_host
