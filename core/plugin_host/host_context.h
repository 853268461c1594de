#pragma once
// The host as one library, or one instance of it, sees it: log, time, and the services asked for by
// id.

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <pagoda/ext/host_services.h>
#include <pagoda/plugin.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/plugin_host/guard.h"
#include "core/plugin_host/work_queue.h"

namespace pagoda::plugin_host {

class SecretBook;

/// What libraries and instances share; lives as long as the last of them. Log and clock are the
/// wiring's.
struct HostParts {
  HostParts(Log& l, const Clock& c, std::string v) : log(l), clock(c), hostVersion(std::move(v)) {}

  Log& log;
  const Clock& clock;
  const std::string hostVersion;
  FigureBoard figures;
  WorkQueue work{{.threads = 4, .jobs = 65'536}};
};

/// A figure that a plugin keeps; appears as pagoda_plugin_<name>{plugin=...,instance=...}.
struct PluginMetric {
  std::string plugin;
  std::string instance;
  std::string name;
  std::string help;
  pagoda_metric_kind kind = PAGODA_METRIC_COUNTER;
  double value = 0;         ///< counter and gauge; of a histogram the sum
  std::uint64_t count = 0;  ///< recordings
};

/// The metrics of one instance: at most 64, recorded without a lock. Thread-safe.
class MetricTable {
 public:
  static constexpr std::uint32_t kMost = 64;

  pagoda_status define(pagoda_metric_kind kind, std::string_view name, std::string_view help,
                       std::uint32_t& id);
  void record(std::uint32_t id, double value) noexcept;
  std::vector<PluginMetric> snapshot() const;

 private:
  struct Cell {
    std::string name, help;
    pagoda_metric_kind kind = PAGODA_METRIC_COUNTER;
    std::atomic<double> value{0};
    std::atomic<std::uint64_t> count{0};
  };
  mutable std::mutex defining_;
  std::array<Cell, kMost> cells_;
  std::atomic<std::uint32_t> used_{0};
};

/// Thread-safe. Lives until deinit, resp. destroy, has returned.
class HostContext {
 public:
  /// `instance` is empty for the library's own; `secrets` may be null; `rawSecrets`: the manifest's
  /// permission.
  HostContext(std::shared_ptr<HostParts> parts, std::string plugin, std::string instance,
              const SecretBook* secrets, bool rawSecrets);
  HostContext(const HostContext&) = delete;
  HostContext& operator=(const HostContext&) = delete;
  ~HostContext();

  const pagoda_host* host() const { return &host_; }
  /// Empty metrics for a context that recorded none.
  std::vector<PluginMetric> metrics() const;
  /// Drops work that was posted and has not begun; for after destroy().
  void dropWork();

  static bool offers(std::string_view extension);

 private:
  struct Services;

  pagoda_host host_{};
  const std::shared_ptr<HostParts> parts_;
  const std::string plugin_;
  const std::string instance_;
  const SecretBook* const secrets_;
  const bool rawSecrets_;
  MetricTable metrics_;
};

}  // namespace pagoda::plugin_host
