#include "core/plugin_host/host_context.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/plugin_host/secret_book.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kLongestLogLine = 1000;

LogLevel levelOf(pagoda_log_level level) {
  switch (level) {
    case PAGODA_LOG_TRACE:
      return LogLevel::Trace;
    case PAGODA_LOG_DEBUG:
      return LogLevel::Debug;
    case PAGODA_LOG_INFO:
      return LogLevel::Info;
    case PAGODA_LOG_WARN:
      return LogLevel::Warn;
    default:
      return LogLevel::Error;
  }
}

bool isMetricName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= 64 && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, allowed);
}

}  // namespace

pagoda_status MetricTable::define(pagoda_metric_kind kind, std::string_view name,
                                  std::string_view help, std::uint32_t& id) {
  if (!isMetricName(name) || kind < PAGODA_METRIC_COUNTER || kind > PAGODA_METRIC_HISTOGRAM)
    return PAGODA_E_INVALID_REQUEST;
  const std::scoped_lock lock(defining_);
  const std::uint32_t used = used_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < used; ++i) {
    if (cells_[i].name != name) continue;
    if (cells_[i].kind != kind) return PAGODA_E_INVALID_REQUEST;
    id = i;
    return PAGODA_OK;
  }
  if (used == kMost) return PAGODA_E_TOO_LARGE;
  cells_[used].name = name;
  cells_[used].help = cleanLine(help, 256);
  cells_[used].kind = kind;
  used_.store(used + 1, std::memory_order_release);
  id = used;
  return PAGODA_OK;
}

void MetricTable::record(std::uint32_t id, double value) noexcept {
  if (id >= used_.load(std::memory_order_acquire) || !std::isfinite(value)) return;
  Cell& cell = cells_[id];
  if (cell.kind == PAGODA_METRIC_GAUGE) {
    cell.value.store(value, std::memory_order_relaxed);
  } else if (cell.kind == PAGODA_METRIC_HISTOGRAM || value > 0) {  // a counter never falls
    cell.value.fetch_add(value, std::memory_order_relaxed);
  }
  cell.count.fetch_add(1, std::memory_order_relaxed);
}

std::vector<PluginMetric> MetricTable::snapshot() const {
  std::vector<PluginMetric> all;
  const std::uint32_t used = used_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < used; ++i) {
    PluginMetric metric;
    metric.name = cells_[i].name;
    metric.help = cells_[i].help;
    metric.kind = cells_[i].kind;
    metric.value = cells_[i].value.load(std::memory_order_relaxed);
    metric.count = cells_[i].count.load(std::memory_order_relaxed);
    all.push_back(std::move(metric));
  }
  return all;
}

/// The functions that plugins call. None lets an exception out: what can throw is caught in `kept`.
struct HostContext::Services {
  static HostContext& of(const pagoda_host* host) { return *static_cast<HostContext*>(host->impl); }

  template <class F>
  static pagoda_status kept(F&& work) noexcept {
    try {
      return work();
    } catch (...) {
      return PAGODA_E_NO_MEMORY;
    }
  }

  static const void* PAGODA_CALL extension(const pagoda_host* host, const char* id) noexcept {
    if (host == nullptr || id == nullptr) return nullptr;
    const std::string_view asked(id);
    if (asked == PAGODA_EXT_HOST_WORK) return &kWork;
    if (asked == PAGODA_EXT_HOST_METRICS) return &kMetrics;
    if (asked == PAGODA_EXT_HOST_SECRETS && of(host).rawSecrets_ && of(host).secrets_ != nullptr)
      return &kSecrets;
    return nullptr;
  }

  static pagoda_log_level PAGODA_CALL logLevel(const pagoda_host* host) noexcept {
    switch (of(host).parts_->log.level()) {
      case LogLevel::Trace:
        return PAGODA_LOG_TRACE;
      case LogLevel::Debug:
        return PAGODA_LOG_DEBUG;
      case LogLevel::Info:
        return PAGODA_LOG_INFO;
      case LogLevel::Warn:
        return PAGODA_LOG_WARN;
      default:
        return PAGODA_LOG_ERROR;
    }
  }

  static void PAGODA_CALL log(const pagoda_host* host, pagoda_log_level level,
                              pagoda_str message) noexcept {
    kept([&] {
      const HostContext& self = of(host);
      if (!self.parts_->log.enabled(levelOf(level))) return PAGODA_OK;
      // Scrubbed before it is cut, so that no piece of a secret is left at the end.
      std::string line(viewOf(message).substr(0, kLongestLogLine * 4));
      if (self.secrets_ != nullptr) self.secrets_->scrubFrom(line);
      line = cleanLine(line, kLongestLogLine);
      self.parts_->log.write(
          levelOf(level), "plugin",
          {{"plugin", self.plugin_}, {"instance", self.instance_}, {"message", line}});
      return PAGODA_OK;
    });
  }

  static std::uint64_t PAGODA_CALL now(const pagoda_host* host) noexcept {
    return static_cast<std::uint64_t>(of(host).parts_->clock.now().time_since_epoch().count());
  }

  static pagoda_status PAGODA_CALL post(const pagoda_host* host, std::uint64_t delayMs,
                                        pagoda_work_fn work, void* argument,
                                        std::uint64_t* id) noexcept {
    if (work == nullptr) return PAGODA_E_INVALID_REQUEST;
    return kept([&] {
      const HostContext& self = of(host);
      const auto delay =
          std::chrono::milliseconds(std::min<std::uint64_t>(delayMs, 366ULL * 24 * 3600 * 1000));
      const std::uint64_t made = self.parts_->work.post(
          delay, [work, argument] { work(argument); }, &self);
      if (id != nullptr) *id = made;
      return made == 0 ? PAGODA_E_OVERLOADED : PAGODA_OK;
    });
  }

  static pagoda_status PAGODA_CALL cancel(const pagoda_host* host, std::uint64_t id,
                                          std::int32_t wait) noexcept {
    return kept([&] {
      const auto cancelled = of(host).parts_->work.cancel(id, wait != 0);
      return cancelled == WorkQueue::Cancelled::BeforeRun ? PAGODA_OK : PAGODA_E_BAD_STATE;
    });
  }

  static pagoda_status PAGODA_CALL define(const pagoda_host* host, pagoda_metric_kind kind,
                                          pagoda_str name, pagoda_str help, std::uint32_t* metric,
                                          pagoda_error*) noexcept {
    if (metric == nullptr) return PAGODA_E_INVALID_REQUEST;
    return kept(
        [&] { return of(host).metrics_.define(kind, viewOf(name), viewOf(help), *metric); });
  }

  static void PAGODA_CALL record(const pagoda_host* host, std::uint32_t metric,
                                 double value) noexcept {
    of(host).metrics_.record(metric, value);
  }

  static pagoda_status PAGODA_CALL reveal(const pagoda_host* host, pagoda_str name, pagoda_buf* out,
                                          pagoda_error*) noexcept {
    if (out == nullptr) return PAGODA_E_INVALID_REQUEST;
    std::size_t ordinal = 0;
    const Secret* secret = of(host).secrets_->current(viewOf(name), ordinal);
    if (secret == nullptr) return PAGODA_E_INVALID_REQUEST;
    const std::string_view value = secret->reveal();
    if (static_cast<std::size_t>(out->end - out->pos) < value.size()) {
      if (out->grow == nullptr) return PAGODA_E_TOO_LARGE;
      if (const pagoda_status status = out->grow(out, value.size()); status < 0) return status;
    }
    if (!value.empty()) std::memcpy(out->pos, value.data(), value.size());
    out->pos += value.size();
    return PAGODA_OK;
  }

  static constexpr pagoda_host_work kWork{sizeof(pagoda_host_work), 0, post, cancel};
  static constexpr pagoda_host_metrics kMetrics{sizeof(pagoda_host_metrics), 0, define, record};
  static constexpr pagoda_host_secrets kSecrets{sizeof(pagoda_host_secrets), 0, reveal};
};

HostContext::HostContext(std::shared_ptr<HostParts> parts, std::string plugin, std::string instance,
                         const SecretBook* secrets, bool rawSecrets)
    : parts_(std::move(parts)),
      plugin_(std::move(plugin)),
      instance_(std::move(instance)),
      secrets_(secrets),
      rawSecrets_(rawSecrets) {
  host_.struct_size = sizeof host_;
  host_.abi_major = PAGODA_ABI_MAJOR;
  host_.abi_minor = PAGODA_ABI_MINOR;
  host_.name = "pagoda";
  host_.version = parts_->hostVersion.c_str();
  host_.impl = this;
  host_.get_extension = Services::extension;
  host_.log_level = Services::logLevel;
  host_.log = Services::log;
  host_.now_ns = Services::now;
}

HostContext::~HostContext() {
  dropWork();
}

void HostContext::dropWork() {
  parts_->work.dropAll(this);
}

std::vector<PluginMetric> HostContext::metrics() const {
  std::vector<PluginMetric> all = metrics_.snapshot();
  for (PluginMetric& metric : all) {
    metric.plugin = plugin_;
    metric.instance = instance_;
  }
  return all;
}

bool HostContext::offers(std::string_view extension) {
  return extension == PAGODA_EXT_HOST_WORK || extension == PAGODA_EXT_HOST_METRICS ||
         extension == PAGODA_EXT_HOST_SECRETS;
}

}  // namespace pagoda::plugin_host
