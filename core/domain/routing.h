#pragma once
// Between a request and its plan: what was understood of the request, what may serve it, and what
// the strategy decided. The strategy plans, the host executes.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/domain/catalogue.h"

namespace pagoda {

/// What the classifier made of a request.
struct RequestClass {
  std::string task = "general";      ///< coding, general, analysis, premium, realtime
  double confidence = 0;             ///< 0..1; 0: nothing matched, the default was taken
  std::optional<double> difficulty;  ///< probability that a strong model is needed; none: not known
  int preferredTier = 1;
  std::uint64_t needs = 0;           ///< Capability bits
  std::string language;              ///< BCP 47, "en", "ja", or empty
  Tokens promptTokens = 0;           ///< sound upper bound: UTF-8 bytes of all that is sent
  std::vector<std::string> matched;  ///< keywords that decided
};

enum class Health { Up, Degraded, Probing, Down };

/// A model that may serve the request, with the host's figures; -1 and NaN: not known.
struct Candidate {
  const Model* model = nullptr;
  Health health = Health::Up;
  Money expectedCost;  ///< worst case of this request
  /// Of `model`, on the day of the request; null: its first one.
  const Price* price = nullptr;
  std::uint32_t dropped = 0;  ///< Parameter bits of the request that it is not sent
  double errorRate = 0;
  double tokensPerSecond = std::numeric_limits<double>::quiet_NaN();
  std::int64_t firstTokenMsP50 = -1, firstTokenMsP95 = -1, totalMsP50 = -1, totalMsP95 = -1;
  std::int64_t samples = 0;
  std::int32_t inFlight = 0;
  std::int64_t budgetLeftNano = -1;
};

/// A model that may not, and why: kept in the decision record and in the 422's message.
struct Excluded {
  std::string model;
  std::string reason;
};

enum class PlanMode { Fallback, Cascade, Refine, Race, Ensemble };

/// What an ensemble makes of its answers.
enum class Combine {
  Vote,   ///< the answer that most give, in other words or not
  Judge,  ///< the plan's judge picks one
  Merge,  ///< the judge writes one out of all
};

struct PlanStep {
  std::size_t candidate = 0;    ///< index into the candidates
  Millis timeout{0};            ///< 0: what is left of the deadline
  Tokens maxOutputTokens = -1;  ///< -1: as requested
  Millis delay{0};              ///< Race: joins so long after the first, or once another has failed
  std::string instruction{};    ///< Refine, judge: in place of the host's own; may be empty
  bool judge = false;           ///< Ensemble: it combines the others' answers
  double weight = 1;            ///< Vote
};

struct Plan {
  PlanMode mode = PlanMode::Fallback;
  std::vector<PlanStep> steps;
  std::string reason;    ///< the strategy's one line on why
  std::string strategy;  ///< name and version of the plugin that decided
  /// Which of the configuration's strategies that is: "strategy", "route:demo"; empty: none was
  /// asked.
  std::string slot;
  std::uint64_t memo = 0;
  Money maxCost = Money::max();
  OnBreak onBreak = OnBreak::Error;
  bool filterElsewhere = false;  ///< see ModelRoute
  Combine combine = Combine::Vote;
  std::uint32_t quorum = 0;  ///< Ensemble: answers that suffice; 0: all
};

struct Lesson;

/// Input of a strategy. Views live until plan() returns.
struct Features {
  RequestId decision;
  const RequestClass* requestClass = nullptr;
  std::string_view pool;  ///< the model name or alias that was asked for
  std::optional<int> preferredTier;
  Tokens outputTokens = -1;
  std::int64_t deadlineMs = -1;
  std::int64_t budgetNano = -1;
  std::string_view tenant;
  bool stream = false;
  bool shadow = false;  ///< the plan will not be carried out
  std::uint32_t turns = 1;
};

/// A strategy plugin. plan() is a pure function, thread-safe, and never blocks.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::string_view name() const = 0;
  virtual Result<Plan> plan(const Features& features, const Catalogue& catalogue,
                            const std::vector<Candidate>& candidates) = 0;

  /// Whether learn() has any effect: lessons cost something to write.
  virtual bool learns() const { return false; }
  /// What came of a decision. Off the requests' path; lessons come in no particular order.
  virtual void learn(const Lesson& /*lesson*/) {}
  /// What was learnt, in the plugin's own form; empty: nothing is kept. Errors: PluginFault.
  virtual Result<std::string> save() { return std::string{}; }
  /// Takes over what save() gave; once, before the first plan. False: it is of a form that this
  /// version does not know, and everything begins anew.
  virtual bool load(std::string_view /*state*/, std::string_view /*fromVersion*/) { return false; }
};

}  // namespace pagoda
