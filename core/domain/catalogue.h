#pragma once
// What can answer: models with tier, price and limits. An immutable snapshot; a change of
// configuration makes a new one.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/money.h"
#include "core/domain/price.h"

namespace pagoda {

/// What a model answers with.
enum class ModelKind { Chat, Embedding };

/// One model at one provider instance.
struct Model {
  std::string key;         ///< in models.yaml, e.g. "qwen3_coder"
  std::string provider;    ///< name of the provider instance
  std::string upstreamId;  ///< what the upstream calls it
  int tier = 0;
  ModelKind kind = ModelKind::Chat;
  Price price;                     ///< the first one
  std::vector<Price> later;        ///< that follow it, by the day from which each holds
  std::uint64_t capabilities = 0;  ///< Capability bits
  std::uint32_t refuses = 0;       ///< Parameter bits
  Tokens cacheMinimum = -1;        ///< shortest prompt that is cached; -1: not known
  Tokens contextTokens = -1;       ///< -1: not known
  Tokens maxOutputTokens = -1;
  std::string extraJson;  ///< object: members that its provider is sent as they are, or empty
  /// Its answers are data: a model of this tier answers from them. Absent: it answers itself.
  std::optional<int> then;
  std::vector<std::string> tags;      ///< the seed's `capabilities: [coding, debugging]`
  std::vector<std::string> keywords;  ///< the seed's `priority_keywords`
  bool simulated = false;             ///< answers are made up; never reached by fallback or auto
  bool local = false;                 ///< costs nothing and needs no network
  bool enabled = true;

  /// The price that holds on a day.
  const Price& priceAt(CalendarDay day) const;
};

/// The seed's `routing.task_classification` entry.
struct TaskRule {
  std::string task;                   ///< coding, general, analysis, premium, realtime
  std::vector<std::string> keywords;  ///< English and Japanese, matched without regard to case
  int preferredTier = 0;
};

/// What becomes of a stream that breaks after the client has something of it.
enum class OnBreak {
  Error,    ///< the client is told
  Restart,  ///< the next candidate is asked anew; its answer goes on only if it begins alike
};

/// A model name that stands for a plan: `routes:` of models.yaml.
struct ModelRoute {
  std::string name;
  std::string strategy = "fallback";    ///< fallback, race, or a strategy plugin's type
  std::string settingsJson = "{}";      ///< of the plugin
  std::vector<std::string> candidates;  ///< keys of models, the first one first
  Millis hedgeAfter{0};                 ///< race: until the next candidate is asked as well
  OnBreak onBreak = OnBreak::Restart;
  bool filterElsewhere = false;  ///< what a content filter refused is asked of the next candidate
};

class Catalogue {
 public:
  std::uint64_t epoch = 0;
  std::vector<Model> models;
  std::vector<ModelRoute> routes;
  std::vector<TaskRule> rules;
  std::string defaultTask = "general";
  bool passthrough = false;  ///< `<provider>/<any id>` is allowed
  /// Models of the configuration that cannot be served at present, and why.
  std::map<std::string, std::string, std::less<>> unavailable;
  std::optional<Price> unpriced;  ///< price of ids outside the catalogue; absent: refused

  const Model* find(std::string_view key) const;
  const ModelRoute* findRoute(std::string_view name) const;
  /// By provider instance and upstream id.
  const Model* find(std::string_view provider, std::string_view upstreamId) const;
  /// Up to three keys or names of routes near a mistyped name, best first.
  std::vector<std::string> near(std::string_view name) const;
};

}  // namespace pagoda
