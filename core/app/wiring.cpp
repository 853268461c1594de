#include "core/app/wiring.h"

#include <cstdlib>
#include <optional>
#include <thread>
#include <unistd.h>

#include "core/api/router.h"
#include "core/app/code_execution.h"
#include "core/app/configuration_watch.h"
#include "core/app/engine.h"
#include "core/app/info.h"
#include "core/app/live_operations.h"
#include "core/net/event_loop_group.h"
#include "core/net/http_client.h"
#include "core/net/http_server.h"
#include "core/net/tls_context.h"
#include "core/net/worker_pool.h"
#include "core/services/rate_limiter.h"

namespace pagoda::app {
namespace {

constexpr std::size_t kWorkerQueue = 1024;

std::size_t loopsOf(const ServerSettings& settings) {
  if (settings.threads > 0) return static_cast<std::size_t>(settings.threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

bool hasUsableKey(const KeyStore& keys) {
  for (const ApiKey& key : keys.list())
    if (!key.revoked) return true;
  return false;
}

/// `auto` asks for a key once there is one, and never opens a server to others without.
services::AuthMode authModeOf(const Settings& settings, const KeyStore& keys) {
  if (settings.security.auth == "none") return services::AuthMode::None;
  if (settings.security.auth == "api_key" || hasUsableKey(keys)) return services::AuthMode::ApiKey;
  if (isLoopback(settings.server.host)) return services::AuthMode::None;
  throw StartError(ExitCode::Configuration,
                   "refusing to listen on " + settings.server.host +
                       " without authentication: make a key with 'pagoda keys create', or say "
                       "security.auth: none");
}

net::ServerLimits serverLimits(const ServerSettings& settings) {
  net::ServerLimits limits;
  limits.headerTimeout = settings.headerTimeout;
  limits.bodyTimeout = settings.bodyTimeout;
  limits.idleTimeout = settings.idleTimeout;
  limits.writeTimeout = settings.writeTimeout;
  limits.maxHeaderBytes = settings.maxHeaderBytes;
  limits.maxTargetBytes = std::min(limits.maxTargetBytes, settings.maxHeaderBytes);
  limits.maxHeaders = static_cast<std::size_t>(settings.maxHeaders);
  limits.maxBodyBytes = settings.maxBodyBytes;
  limits.maxConnections = static_cast<std::size_t>(settings.maxConnections);
  return limits;
}

net::ProxySettings proxySettings(const UpstreamSettings& settings) {
  try {
    return net::ProxySettings::fromEnvironment([&](const char* name) -> std::string {
      const std::string variable = name;
      const bool exception = variable.starts_with("NO_") || variable.starts_with("no_");
      if (!settings.proxy.empty() && !exception) return settings.proxy;
      const char* value = std::getenv(name);
      return value == nullptr ? "" : value;
    });
  } catch (const std::invalid_argument& error) {
    throw StartError(ExitCode::Configuration, settings.proxy.empty()
                                                  ? error.what()
                                                  : "upstream.proxy cannot be used as a proxy");
  }
}

std::unique_ptr<net::TlsServerContext> serverTls(const ServerSettings& settings) {
  if (settings.tlsCert.empty()) return nullptr;
  try {
    return std::make_unique<net::TlsServerContext>(settings.tlsCert, settings.tlsKey);
  } catch (const std::runtime_error& error) {
    throw StartError(ExitCode::Configuration, error.what());
  }
}

net::TlsClientContext::Options clientTls(const UpstreamSettings& settings) {
  net::TlsClientContext::Options options;
  options.caFile = settings.caFile;
  if (!options.caFile.empty() && ::access(options.caFile.c_str(), R_OK) != 0)
    throw StartError(ExitCode::Configuration,
                     "upstream.ca_file: '" + options.caFile + "' cannot be read");
  return options;
}

/// Prices change without a word: those that were read long ago are named once, at the start.
void warnOfStalePrices(const Catalogue& catalogue, CalendarDay today, Log& log) {
  std::string models;
  int count = 0;
  for (const Model& model : catalogue.models) {
    const auto age = ageOf(model.priceAt(today), today);
    if (!age || *age <= kStalePriceDays) continue;
    if (++count <= 10) models += (models.empty() ? "" : ", ") + model.key;
  }
  if (count > 10) models += ", ...";
  if (count > 0)
    log.warn("prices were read more than 90 days ago; compare them with 'pagoda prices diff FILE'",
             {{"prices", std::to_string(count)}, {"models", models}});
}

services::RateLimits rateLimits(const LimitSettings& settings) {
  const auto scope = [](const LimitSettings::Scope& from) {
    return services::RateScope{from.requests, from.tokens, from.concurrent};
  };
  services::RateLimits limits;
  limits.key = scope(settings.key);
  limits.address = scope(settings.address);
  limits.global = scope(settings.global);
  limits.wrongKeysPerMinute = settings.wrongKeys;
  limits.tracked = static_cast<std::size_t>(settings.tracked);
  limits.queue = static_cast<std::size_t>(settings.queue);
  limits.queueTimeout = settings.queueTimeout;
  return limits;
}

services::TrustedProxies trustedProxies(const ServerSettings& settings) {
  Result<services::TrustedProxies> proxies =
      services::TrustedProxies::parse(settings.trustedProxies);
  if (!proxies)
    throw StartError(ExitCode::Configuration, "server.trusted_proxies: " + proxies.error().message);
  return *std::move(proxies);
}

std::string addressOf(const std::string& host) {
  return host == "localhost" ? "127.0.0.1" : host;
}

}  // namespace

struct Server::Parts {
  Parts(Configuration configuration, const EnginePlace& place)
      : engine(std::move(configuration), place),
        settings(engine.configuration.settings),
        live(engine),
        operations(live, engine.plugins),
        authenticator(authModeOf(settings, engine.store.keys()), engine.store.keys(), engine.clock),
        rates(rateLimits(settings.limits), trustedProxies(settings.server), engine.clock),
        upstreamTls(clientTls(settings.upstream)),
        ownTls(serverTls(settings.server)),
        workers(static_cast<std::size_t>(settings.server.workers), kWorkerQueue),
        loops(loopsOf(settings.server), engine.clock, workers),
        code(engine.configuration, engine.clock),
        router(apiContext()),
        http(loops, serverLimits(settings.server), router, ownTls.get()) {
    const net::ProxySettings proxy = proxySettings(settings.upstream);
    for (std::size_t i = 0; i < loops.size(); ++i) {
      net::HttpClientOptions options;
      options.pool.connectionsPerHost =
          static_cast<std::size_t>(settings.upstream.maxConnectionsPerHost);
      options.pool.idlePerHost = static_cast<std::size_t>(settings.upstream.maxIdleConnections);
      options.proxy = proxy;
      loops[i].setHttpClient(net::makeHttpClient(loops[i], upstreamTls, std::move(options)));
    }
    listen();
  }

  api::ApiContext apiContext() {
    api::ApiContext context{engine.orchestrator,
                            authenticator,
                            engine.metrics,
                            engine.health,
                            engine.budgets,
                            engine.store.keys(),
                            engine.store.ledger(),
                            engine.ids,
                            engine.clock,
                            engine.log,
                            {},
                            {},
                            {},
                            settings.security.corsOrigins,
                            &operations};
    context.rates = &rates;
    context.answers = &engine.store.answers();
    context.limits.maxBody = settings.server.maxBodyBytes;
    context.infoJson = [this, started = engine.clock.unixNow()](bool forAdmin) {
      const auto configuration = live.configuration();
      const ReloadReport last = live.last();
      return infoJson(
          {*configuration, engine.plugins, started, engine.clock.unixNow(),
           authenticator.mode() != services::AuthMode::None, last, code.sandbox->state()},
          forAdmin);
    };
    context.code = &code.parts;
    context.notReady = [this] {
      return std::string(draining.load() ? "the server is stopping" : "");
    };
    return context;
  }

  void listen() {
    try {
      port = http.listen(addressOf(settings.server.host),
                         static_cast<std::uint16_t>(settings.server.port));
    } catch (const std::runtime_error& error) {
      throw StartError(ExitCode::PortInUse, error.what());
    }
  }

  Engine engine;
  const Settings& settings;
  LiveConfiguration live;
  LiveOperations operations;
  services::Authenticator authenticator;
  services::RateLimiter rates;
  net::TlsClientContext upstreamTls;
  std::unique_ptr<net::TlsServerContext> ownTls;
  net::WorkerPool workers;
  net::EventLoopGroup loops;
  CodeExecution code;
  api::Router router;
  net::HttpServer http;
  std::uint16_t port = 0;
  std::atomic<bool> draining{false};
  std::optional<ConfigurationWatch> watch;  ///< from start() on
};

Server::Server(Configuration configuration) {
  const EnginePlace place = placeOf(configuration.settings);
  parts_ = std::make_unique<Parts>(std::move(configuration), place);
  Engine& engine = parts_->engine;
  const LedgerTotals totals = engine.store.ledger().totals();
  if (totals.recoveredHolds > 0)
    engine.log.warn("attempts of a former process were charged as unsettled",
                    {{"attempts", std::to_string(totals.recoveredHolds)},
                     {"usd", totals.recoveredUnsettled.toString()}});
  warnOfStalePrices(engine.configuration.catalogue, engine.budgets.today(), engine.log);
  if (!authRequired() && !isLoopback(parts_->settings.server.host))
    engine.log.warn("open to others without authentication",
                    {{"host", parts_->settings.server.host}});
}

Server::~Server() {
  parts_->watch.reset();
  parts_->code.stop();
  parts_->loops.stop();
}

void Server::start() {
  parts_->loops.start();
  const ServerSettings& server = parts_->settings.server;
  LiveConfiguration& live = parts_->live;
  parts_->watch.emplace(
      server.watchConfiguration ? parts_->engine.configuration.sources->directory : std::string(),
      server.watchDebounce,
      ConfigurationWatch::Work{[&live](const std::string& cause) { live.reload(cause); },
                               [&live] { return live.retire(); }},
      parts_->engine.log);
}

void Server::requestReload(const std::string& cause) {
  parts_->watch->request(cause);
}

bool Server::drain(Millis atMost) {
  parts_->draining = true;
  return parts_->http.drain(atMost);
}

std::uint16_t Server::port() const {
  return parts_->port;
}

std::string Server::url() const {
  const ServerSettings& server = parts_->settings.server;
  const bool v6 = server.host.find(':') != std::string::npos;
  return std::string(server.tlsCert.empty() ? "http://" : "https://") +
         (v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(parts_->port);
}

const Configuration& Server::configuration() const {
  return parts_->engine.configuration;
}

bool Server::authRequired() const {
  return parts_->authenticator.mode() != services::AuthMode::None;
}

bool isLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace pagoda::app
