#pragma once
// What came of a strategy's decision, as the strategy is told, and where what it learnt is kept.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/domain/chat.h"
#include "core/domain/failure.h"

namespace pagoda {

/// How one attempt of a plan went.
struct LessonStep {
  std::uint32_t step = 0;              ///< index within the plan
  std::string candidate;               ///< "provider/upstream-id", as in the strategy's catalogue
  std::optional<FailureKind> failure;  ///< empty: it answered
  Tokens promptTokens = -1, completionTokens = -1;
  Money cost;
  Millis firstToken{-1}, total{0};
  std::optional<double> score;  ///< 0..1 by the host's checks; none: nothing was checked
};

struct Lesson {
  enum class Source {
    Outcome,     ///< the request ended; one for each decision
    Rating,      ///< a person's, perhaps days later
    Evaluation,  ///< of recorded outcomes
  };
  Source source = Source::Outcome;
  RequestId decision;
  std::string slot;      ///< Plan::slot
  std::string strategy;  ///< Plan::strategy: name and version of the plugin that decided
  std::uint64_t memo = 0;
  std::optional<FailureKind> failure;  ///< of the request as a whole
  std::optional<std::size_t> winner;   ///< index into `steps`
  std::vector<LessonStep> steps;       ///< those that ran
  Millis total{0};
  Money cost;
  std::optional<double> rating;  ///< 0..1
  std::string label;             ///< of a rating: "wrong", "too-long"; may be empty
};

/// What a strategy had learnt.
struct StrategyState {
  std::string version;  ///< of the plugin that wrote it
  std::string bytes;
};

/// A rating as it is kept.
struct RatingRow {
  RequestId request;
  ApiKeyId key;
  UnixMillis time = 0;
  double rating = 0;  ///< 0..1
  std::string label;
};

/// Where strategies' states and ratings outlive the process. Thread-safe; everything blocks.
class StrategyMemory {
 public:
  virtual ~StrategyMemory() = default;
  /// `plugin` without its version. Errors: StorageUnavailable.
  virtual Result<std::optional<StrategyState>> state(const std::string& slot,
                                                     const std::string& plugin) = 0;
  virtual Result<void> keepState(const std::string& slot, const std::string& plugin,
                                 const StrategyState& state, UnixMillis time) = 0;
  /// True: the first rating of this request by this key. False: it took the former one's place.
  virtual Result<bool> keepRating(const RatingRow& row) = 0;
};

}  // namespace pagoda
