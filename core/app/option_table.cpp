#include "core/app/option_table.h"

namespace pagoda::app {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

void addServer(std::vector<Option>& options, ServerSettings& server) {
  const std::vector<Option> own = {
      {.path = "server.host", .target = &server.host},
      {.path = "server.port", .target = &server.port, .most = 65'535, .seedVariable = "PORT"},
      {.path = "server.threads", .target = &server.threads, .most = 256},
      {.path = "server.workers", .target = &server.workers, .least = 1, .most = 256},
      {.path = "server.header_timeout_ms",
       .target = &server.headerTimeout,
       .least = 1,
       .most = kDay},
      {.path = "server.body_timeout_ms", .target = &server.bodyTimeout, .least = 1, .most = kDay},
      {.path = "server.idle_timeout_ms", .target = &server.idleTimeout, .least = 1, .most = kDay},
      {.path = "server.write_timeout_ms", .target = &server.writeTimeout, .least = 1, .most = kDay},
      {.path = "server.drain_timeout_ms", .target = &server.drainTimeout, .most = kDay},
      {.path = "server.watch_configuration", .target = &server.watchConfiguration},
      {.path = "server.watch_debounce_ms",
       .target = &server.watchDebounce,
       .least = 1,
       .most = 60'000},
      {.path = "server.max_body_bytes", .target = &server.maxBodyBytes, .least = 1, .most = kGiB},
      {.path = "server.max_header_bytes",
       .target = &server.maxHeaderBytes,
       .least = 256,
       .most = 1 << 20},
      {.path = "server.max_headers", .target = &server.maxHeaders, .least = 1, .most = 10'000},
      {.path = "server.max_connections",
       .target = &server.maxConnections,
       .least = 1,
       .most = 1'000'000},
      {.path = "server.trusted_proxies", .target = &server.trustedProxies},
      {.path = "server.tls.cert", .target = &server.tlsCert},
      {.path = "server.tls.key", .target = &server.tlsKey},
  };
  options.insert(options.end(), own.begin(), own.end());
}

void addUpstream(std::vector<Option>& options, UpstreamSettings& upstream) {
  const std::vector<Option> own = {
      {.path = "upstream.connect_timeout_ms",
       .target = &upstream.connectTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.first_byte_timeout_ms",
       .target = &upstream.firstByteTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.first_token_timeout_ms",
       .target = &upstream.firstTokenTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.idle_timeout_ms",
       .target = &upstream.idleTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.attempt_timeout_ms", .target = &upstream.attemptTimeout, .most = kDay},
      {.path = "upstream.total_timeout_ms",
       .target = &upstream.totalTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.stream_total_timeout_ms",
       .target = &upstream.streamTotalTimeout,
       .least = 1,
       .most = kDay},
      {.path = "upstream.max_body_bytes",
       .target = &upstream.maxBodyBytes,
       .least = 1,
       .most = kGiB},
      {.path = "upstream.max_head_bytes",
       .target = &upstream.maxHeadBytes,
       .least = 256,
       .most = 1 << 20},
      {.path = "upstream.max_event_bytes",
       .target = &upstream.maxEventBytes,
       .least = 256,
       .most = kGiB},
      {.path = "upstream.max_attempts", .target = &upstream.maxAttempts, .least = 1, .most = 64},
      {.path = "upstream.tries_per_candidate",
       .target = &upstream.triesPerCandidate,
       .least = 1,
       .most = 16},
      {.path = "upstream.retry_base_ms", .target = &upstream.retryBase, .most = 60'000},
      {.path = "upstream.longest_retry_after_ms",
       .target = &upstream.longestRetryAfter,
       .most = kDay},
      {.path = "upstream.retry_budget_percent",
       .target = &upstream.retryBudgetPercent,
       .most = 1'000},
      {.path = "upstream.retry_reserve", .target = &upstream.retryReserve, .most = 1'000},
      {.path = "upstream.breaker_failures",
       .target = &upstream.breakerFailures,
       .least = 1,
       .most = 1'000},
      {.path = "upstream.breaker_cooldown_ms",
       .target = &upstream.breakerCoolDown,
       .least = 1,
       .most = kDay},
      {.path = "upstream.breaker_max_cooldown_ms",
       .target = &upstream.breakerMaxCoolDown,
       .least = 1,
       .most = kDay},
      {.path = "upstream.breaker_trials",
       .target = &upstream.breakerTrials,
       .least = 1,
       .most = 1'000},
      {.path = "upstream.default_max_tokens",
       .target = &upstream.defaultMaxTokens,
       .least = 1,
       .most = 10'000'000},
      {.path = "upstream.max_idle_connections",
       .target = &upstream.maxIdleConnections,
       .most = 100'000},
      {.path = "upstream.max_connections_per_host",
       .target = &upstream.maxConnectionsPerHost,
       .least = 1,
       .most = 1'000'000},
      {.path = "upstream.ca_file", .target = &upstream.caFile},
      {.path = "upstream.proxy", .target = &upstream.proxy},
  };
  options.insert(options.end(), own.begin(), own.end());
}

void addLimits(std::vector<Option>& options, LimitSettings& limits) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const std::pair<const char*, LimitSettings::Scope*> scopes[] = {
      {"limits.key.", &limits.key},
      {"limits.address.", &limits.address},
      {"limits.global.", &limits.global}};
  for (const auto& [prefix, scope] : scopes) {
    const std::string path = prefix;
    options.push_back(
        {.path = path + "requests_per_minute", .target = &scope->requests, .most = kMost});
    options.push_back(
        {.path = path + "tokens_per_minute", .target = &scope->tokens, .most = kMost});
    options.push_back({.path = path + "concurrent", .target = &scope->concurrent, .most = kMost});
  }
  options.push_back(
      {.path = "limits.wrong_keys_per_minute", .target = &limits.wrongKeys, .most = kMost});
  options.push_back(
      {.path = "limits.tracked", .target = &limits.tracked, .least = 1'000, .most = 10'000'000});
  options.push_back({.path = "limits.queue", .target = &limits.queue, .most = 10'000});
  options.push_back(
      {.path = "limits.queue_timeout_ms", .target = &limits.queueTimeout, .most = 60'000});
}

void addOthers(std::vector<Option>& options, Settings& s) {
  const std::vector<Option> own = {
      {.path = "security.auth", .target = &s.security.auth, .choices = {"auto", "api_key", "none"}},
      {.path = "security.jwt_secret",
       .target = &s.security.jwtSecret,
       .seedVariable = "JWT_SECRET"},
      {.path = "security.cors_origins", .target = &s.security.corsOrigins},
      {.path = "plugins.directories", .target = &s.plugins.directories},
      {.path = "plugins.policy",
       .target = &s.plugins.policy,
       .choices = {"any", "listed", "signed"}},
      {.path = "plugins.allow", .target = &s.plugins.allow},
      {.path = "plugins.public_keys", .target = &s.plugins.publicKeys},
      {.path = "plugins.state", .target = &s.plugins.state},
      {.path = "storage.data_dir", .target = &s.storage.dataDir, .seedVariable = "PAGODA_DATA_DIR"},
      {.path = "storage.durability",
       .target = &s.storage.durability,
       .choices = {"group", "process"}},
      {.path = "storage.busy_timeout_ms", .target = &s.storage.busyTimeout, .most = kDay},
      {.path = "storage.queue", .target = &s.storage.queue, .least = 1, .most = 1'000'000},
      {.path = "storage.idempotency_keep_ms",
       .target = &s.storage.keepAnswers,
       .least = 60'000,
       .most = 30 * kDay},
      {.path = "storage.idempotency_max_bytes",
       .target = &s.storage.answerBytes,
       .least = 1 << 20,
       .most = 1024 * kGiB},
      {.path = "logging.level",
       .target = &s.logging.level,
       .choices = {"trace", "debug", "info", "warn", "error", "off"},
       .seedVariable = "LOG_LEVEL"},
      {.path = "logging.format", .target = &s.logging.format, .choices = {"text", "json"}},
      {.path = "discovery.enabled", .target = &s.discovery.enabled},
      {.path = "discovery.timeout_ms", .target = &s.discovery.timeout, .least = 1, .most = 10'000},
      {.path = "strategy.type", .target = &s.strategy.type},
      {.path = "router.learned", .target = &s.router.learned},
      {.path = "router.abstain_percent", .target = &s.router.abstainPercent, .most = 100},
  };
  options.insert(options.end(), own.begin(), own.end());
}

void addSandbox(std::vector<Option>& options, SandboxSettings& s) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kMiB = 1 << 20;
  const std::vector<Option> own = {
      {.path = "sandbox.layer",
       .target = &s.layer,
       .choices = {"auto", "bubblewrap", "landlock", "off"}},
      {.path = "sandbox.concurrent", .target = &s.concurrent, .least = 1, .most = 16},
      {.path = "sandbox.queue", .target = &s.queue, .most = 10'000},
      {.path = "sandbox.wall_timeout_ms", .target = &s.wallTimeout, .least = 1, .most = kHour},
      {.path = "sandbox.cpu_timeout_ms", .target = &s.cpuTimeout, .least = 1, .most = kHour},
      {.path = "sandbox.memory_bytes",
       .target = &s.memoryBytes,
       .least = 16 * kMiB,
       .most = 64 * kGiB},
      {.path = "sandbox.disk_bytes", .target = &s.diskBytes, .least = kMiB, .most = 64 * kGiB},
      {.path = "sandbox.files", .target = &s.files, .least = 16, .most = 1'000'000},
      {.path = "sandbox.processes", .target = &s.processes, .least = 4, .most = 10'000},
      {.path = "sandbox.output_bytes", .target = &s.outputBytes, .least = 1024, .most = kGiB},
      {.path = "sandbox.keep_files_ms", .target = &s.keepFiles, .least = 1, .most = kDay},
  };
  options.insert(options.end(), own.begin(), own.end());
}

void addModels(std::vector<Option>& options, Settings& s) {
  constexpr int kTiers = 5;
  options.push_back({.path = "cost_management.monthly_budget_usd",
                     .target = &s.cost.monthlyBudget,
                     .file = ConfigFile::Models,
                     .seedVariable = "MONTHLY_BUDGET"});
  options.push_back({.path = "cost_management.max_request_cost_usd",
                     .target = &s.cost.maxRequestCost,
                     .file = ConfigFile::Models,
                     .seedVariable = "MAX_REQUEST_COST"});
  options.push_back({.path = "cost_management.daily_budget_usd",
                     .target = &s.cost.dailyBudget,
                     .file = ConfigFile::Models});
  options.push_back({.path = "cost_management.total_budget_usd",
                     .target = &s.cost.totalBudget,
                     .file = ConfigFile::Models});
  options.push_back({.path = "cost_management.time_zone",
                     .target = &s.cost.timeZone,
                     .file = ConfigFile::Models});
  options.push_back({.path = "cost_management.borrowing",
                     .target = &s.cost.borrowing,
                     .choices = {"none", "lower", "any"},
                     .file = ConfigFile::Models});
  for (int tier = 0; tier < kTiers; ++tier)
    options.push_back({.path = "cost_management.tier" + std::to_string(tier) + "_allocation",
                       .target = Share{&s.cost.tierAllocation, tier},
                       .file = ConfigFile::Models});
  options.push_back(
      {.path = "models.passthrough", .target = &s.passthrough, .file = ConfigFile::Models});
  options.push_back({.path = "models.only_qwen",
                     .target = &s.onlyQwen,
                     .file = ConfigFile::Models,
                     .seedVariable = "ENABLE_ONLY_QWEN"});
}

}  // namespace

std::vector<Option> optionsOf(Settings& settings) {
  std::vector<Option> options;
  addServer(options, settings.server);
  addUpstream(options, settings.upstream);
  addLimits(options, settings.limits);
  addOthers(options, settings);
  addSandbox(options, settings.sandbox);
  addModels(options, settings);
  return options;
}

std::string environmentName(std::string_view path) {
  std::string name = "PAGODA_";
  for (const char c : path) {
    if (c == '.') {
      name += "__";
    } else if (c == '-') {
      name += '_';
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

}  // namespace pagoda::app
