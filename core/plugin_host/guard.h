#pragma once
// Around every call into a plugin: who is running, and a second belt for what it throws. The first
// belt is in the plugin (the SDK's trampolines); what gets here came from a plugin that was built
// without it.

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <pagoda/base.h>

namespace pagoda::plugin_host {

/// Counts what plugins do wrong, per plugin id and over its versions.
struct PluginFigures {
  std::atomic<std::uint64_t> errors{0};       ///< plugin_errors_total
  std::atomic<std::int64_t> stuckCalls{0};    ///< given up by the host, and not ended by the plugin
  std::atomic<std::uint64_t> absurdUsage{0};  ///< token counts that cannot be true
};

/// Thread-safe; the figures live as long as anyone holds them.
class FigureBoard {
 public:
  std::shared_ptr<PluginFigures> of(const std::string& pluginId);
  std::map<std::string, std::shared_ptr<const PluginFigures>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PluginFigures>> figures_;
};

/// What this thread runs at the moment; empty outside of plugins. For logs and a crash handler,
/// which may read it in a signal.
struct Running {
  const char* plugin = nullptr;    ///< "com.example.acme@1.0.0"
  const char* function = nullptr;  ///< "on_data"
};
Running running() noexcept;

class RunningScope {
 public:
  explicit RunningScope(Running now) noexcept;
  RunningScope(const RunningScope&) = delete;
  RunningScope& operator=(const RunningScope&) = delete;
  ~RunningScope();

 private:
  Running former_;
};

/// Whose code a call enters.
struct Callee {
  const char* plugin;  ///< label; lives as long as the library
  PluginFigures& figures;
};

/// Fills `err` (may be null) and counts the fault. Never throws.
void noteThrown(const Callee& callee, const char* function, const char* what,
                pagoda_error* err) noexcept;

/// Whether the status says that the plugin, and not the request or the upstream, is at fault.
bool isPluginFault(pagoda_status status) noexcept;

/// Calls a function of a plugin's table; PAGODA_E_INTERNAL if it throws. Counts faults. The
/// parameter's type drops the table's `noexcept`: with it, the compiler would leave out the
/// handlers.
template <class... P, class... A>
pagoda_status callPlugin(const Callee& callee, const char* function, pagoda_error* err,
                         pagoda_status (*call)(P...), A... arguments) noexcept {
  const RunningScope scope({callee.plugin, function});
  try {
    const pagoda_status status = call(arguments...);
    if (isPluginFault(status)) callee.figures.errors.fetch_add(1, std::memory_order_relaxed);
    return status;
  } catch (const std::exception& thrown) {
    noteThrown(callee, function, thrown.what(), err);
  } catch (...) {
    noteThrown(callee, function, nullptr, err);
  }
  return PAGODA_E_INTERNAL;
}

/// The same for functions that answer something else; `otherwise` if it throws.
template <class R, class... P, class... A>
R askPlugin(const Callee& callee, const char* function, R otherwise, R (*call)(P...),
            A... arguments) noexcept {
  const RunningScope scope({callee.plugin, function});
  try {
    return call(arguments...);
  } catch (const std::exception& thrown) {
    noteThrown(callee, function, thrown.what(), nullptr);
  } catch (...) {
    noteThrown(callee, function, nullptr, nullptr);
  }
  return otherwise;
}

template <class... P, class... A>
bool tellPlugin(const Callee& callee, const char* function, void (*call)(P...),
                A... arguments) noexcept {
  const RunningScope scope({callee.plugin, function});
  try {
    call(arguments...);
    return true;
  } catch (const std::exception& thrown) {
    noteThrown(callee, function, thrown.what(), nullptr);
  } catch (...) {
    noteThrown(callee, function, nullptr, nullptr);
  }
  return false;
}

}  // namespace pagoda::plugin_host
