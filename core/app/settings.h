#pragma once
// Everything that can be set, with its defaults. pagoda.yaml and the environment write here through
// the table in option_table.h; models.yaml fills `cost` and the catalogue.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/app/mistake.h"
#include "core/base/clock.h"
#include "core/base/money.h"
#include "core/base/secret.h"

namespace pagoda {

/// Here and not beside Secret: whether a setting has changed is asked nowhere else.
inline bool operator==(const Secret& a, const Secret& b) {
  return equalConstantTime(a.reveal(), b.reveal());
}

}  // namespace pagoda

namespace pagoda::app {

struct ServerSettings {
  std::string host = "127.0.0.1";
  std::int64_t port = 4000;  ///< 0: the kernel chooses
  std::int64_t threads = 0;  ///< event loops; 0: one per core
  std::int64_t workers = 4;  ///< threads for what blocks
  Millis headerTimeout{10'000};
  Millis bodyTimeout{30'000};
  Millis idleTimeout{60'000};
  Millis writeTimeout{30'000};
  Millis drainTimeout{30'000};
  bool watchConfiguration = true;  ///< read the folder again when a file of it changes
  Millis watchDebounce{500};       ///< that the folder has to be still for
  std::size_t maxBodyBytes = 16u << 20;
  std::size_t maxHeaderBytes = 32u << 10;
  std::int64_t maxHeaders = 100;
  std::int64_t maxConnections = 10'000;
  std::vector<std::string> trustedProxies;  ///< addresses and networks
  std::string tlsCert;
  std::string tlsKey;
};

struct UpstreamSettings {
  Millis connectTimeout{5'000};
  Millis firstByteTimeout{60'000};
  Millis firstTokenTimeout{60'000};
  Millis idleTimeout{30'000};
  Millis attemptTimeout{0};
  Millis totalTimeout{120'000};
  Millis streamTotalTimeout{600'000};
  std::size_t maxBodyBytes = 16u << 20;
  std::size_t maxHeadBytes = 64u << 10;
  std::size_t maxEventBytes = 4u << 20;
  std::int64_t maxAttempts = 4;
  std::int64_t triesPerCandidate = 2;
  Millis retryBase{200};
  Millis longestRetryAfter{3'000};
  std::int64_t retryBudgetPercent = 20;
  std::int64_t retryReserve = 5;
  std::int64_t breakerFailures = 5;
  Millis breakerCoolDown{5'000};
  Millis breakerMaxCoolDown{30'000};
  std::int64_t breakerTrials = 1;
  std::int64_t defaultMaxTokens = 4096;
  std::int64_t maxIdleConnections = 64;
  std::int64_t maxConnectionsPerHost = 4096;
  std::string caFile;
  std::string proxy;
};

struct SecuritySettings {
  std::string auth = "auto";  ///< auto, api_key, none
  Secret jwtSecret;
  std::vector<std::string> corsOrigins;
};

/// Rates; 0: no limit.
struct LimitSettings {
  struct Scope {
    std::int64_t requests = 0;  ///< a minute
    std::int64_t tokens = 0;    ///< a minute
    std::int64_t concurrent = 0;
  };
  Scope key, address, global;
  std::int64_t wrongKeys = 60;  ///< a minute, of one address
  std::int64_t tracked = 100'000;
  std::int64_t queue = 256;
  Millis queueTimeout{1'000};
};

struct PluginSettings {
  std::vector<std::string> directories;
  std::string policy = "any";  ///< any, listed, signed
  std::vector<std::string> allow;
  std::vector<std::string> publicKeys;
  std::string state;
};

struct StorageSettings {
  std::string dataDir;
  std::string durability = "group";  ///< group (power failure), process (kill -9)
  Millis busyTimeout{2'000};
  std::int64_t queue = 65'536;
  Millis keepAnswers{86'400'000};          ///< by Idempotency-Key
  std::size_t answerBytes = 256ull << 20;  ///< of all of them
};

struct LoggingSettings {
  std::string level = "info";
  std::string format = "text";
};

struct DiscoverySettings {
  bool enabled = true;
  Millis timeout{300};
};

struct StrategySettings {
  std::string type = "tiered";
  std::string settingsJson = "{}";
  bool operator==(const StrategySettings&) const = default;
};

/// One entry of `strategies:`.
struct NamedStrategySettings {
  std::string name;
  std::string type;
  std::string settingsJson = "{}";
  std::vector<std::string> keys;  ///< ids of API keys, or "team:NAME"
  std::vector<std::string> tasks;
  bool byHeader = false;
  Place place{};
};

struct RouterSettings {
  bool learned = true;  ///< the trained router weighs in beside the keywords
  std::int64_t abstainPercent = 40;
};

struct SandboxSettings {
  std::string layer = "auto";   ///< auto, bubblewrap, landlock, off
  std::int64_t concurrent = 4;  ///< runs at once
  std::int64_t queue = 64;      ///< runs that may wait
  Millis wallTimeout{10'000};
  Millis cpuTimeout{10'000};
  std::size_t memoryBytes = 256u << 20;
  std::size_t diskBytes = 64u << 20;
  std::int64_t files = 1'000;
  std::int64_t processes = 64;
  std::size_t outputBytes = 1u << 20;
  Millis keepFiles{15 * 60'000};  ///< that a run produced
};

struct CostSettings {
  Money monthlyBudget = Money::fromNanoUsd(70'000'000'000);
  Money maxRequestCost = Money::fromNanoUsd(5'000'000'000);
  std::map<int, Money> tierAllocation;  ///< parts of one as nano, 0.15 is 150'000'000
  Money dailyBudget;                    ///< 0: no limit of its own
  Money totalBudget;                    ///< 0: none
  std::string timeZone = "UTC";
  std::string borrowing = "lower";  ///< none, lower, any
  struct Team {
    Money daily, monthly, total;  ///< 0: none
  };
  std::map<std::string, Team> teams;
};

/// One entry of `providers:`.
struct ProviderSettings {
  std::string name;
  std::string type;
  std::string baseUrl;
  std::vector<Secret> apiKeys;  ///< take turns; none where the upstream wants none
  /// base_url and what else the plugin reads; never the key.
  std::string settingsJson = "{}";
  std::string extraJson;  ///< object: members to send with each request, or empty
  bool keyless = true;    ///< no `api_key` at all: the upstream wants none
  /// Empty: in use. Otherwise why not, for people.
  std::string disabled;
  Place place;
  bool operator==(const ProviderSettings&) const = default;
  std::string keyFrom;  ///< "environment OPENAI_API_KEY or OPENAI_API_KEY_2", or empty
};

struct Settings {
  ServerSettings server;
  UpstreamSettings upstream;
  SecuritySettings security;
  LimitSettings limits;
  PluginSettings plugins;
  StorageSettings storage;
  LoggingSettings logging;
  DiscoverySettings discovery;
  StrategySettings strategy;
  std::vector<NamedStrategySettings> strategies;  ///< in the file's order
  RouterSettings router;
  SandboxSettings sandbox;
  CostSettings cost;
  bool passthrough = false;  ///< `<provider>/<any id>` may be asked for
  bool onlyQwen = false;  ///< ENABLE_ONLY_QWEN: models whose key or id holds "qwen", and no others
  std::vector<ProviderSettings> providers;
};

}  // namespace pagoda::app
