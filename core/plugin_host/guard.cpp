#include "core/plugin_host/guard.h"

#include <cstdio>

namespace pagoda::plugin_host {
namespace {

thread_local Running tRunning;

}  // namespace

std::shared_ptr<PluginFigures> FigureBoard::of(const std::string& pluginId) {
  const std::scoped_lock lock(mutex_);
  auto& figures = figures_[pluginId];
  if (!figures) figures = std::make_shared<PluginFigures>();
  return figures;
}

std::map<std::string, std::shared_ptr<const PluginFigures>> FigureBoard::all() const {
  const std::scoped_lock lock(mutex_);
  return {figures_.begin(), figures_.end()};
}

Running running() noexcept {
  return tRunning;
}

RunningScope::RunningScope(Running now) noexcept : former_(tRunning) {
  tRunning = now;
}
RunningScope::~RunningScope() {
  tRunning = former_;
}

void noteThrown(const Callee& callee, const char* function, const char* what,
                pagoda_error* err) noexcept {
  callee.figures.errors.fetch_add(1, std::memory_order_relaxed);
  if (err == nullptr) return;
  err->status = PAGODA_E_INTERNAL;
  if (what != nullptr) {
    std::snprintf(err->message, sizeof err->message, "the plugin threw in %s: %s", function, what);
  } else {
    std::snprintf(err->message, sizeof err->message, "the plugin threw in %s", function);
  }
}

}  // namespace pagoda::plugin_host
