#pragma once
// What a request ended with: the whole answer where it was collected, and the account of its
// attempts.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/time_zone.h"
#include "core/domain/chat.h"
#include "core/domain/embedding.h"
#include "core/domain/failure.h"

namespace pagoda {

struct AnswerToolCall {
  std::string id;
  std::string name;
  std::string arguments;
  bool custom = false;  ///< `arguments` is free text for a custom tool, not JSON
  std::string extra{};  ///< members without braces: `"extra_content":{...}`, or empty
};

/// Thinking that the upstream takes back in the next turn only with its signature.
struct SignedReasoning {
  std::string text;
  std::string signature;
  std::string format;  ///< as in Part::mediaType
};

struct AnswerChoice {
  std::string text;
  std::string reasoning;
  std::vector<SignedReasoning> signedReasoning;  ///< the blocks of `reasoning` that were signed
  std::size_t signedBytes = 0;                   ///< of `reasoning` that are in those blocks
  std::string refusal;
  std::vector<AnswerToolCall> toolCalls;
  FinishReason finish = FinishReason::Stop;
  std::string finishWord;  ///< the upstream's own word where it is none of ours
  bool finished = false;
  bool hasText = false;     ///< text arrived, if only an empty one: "" and null differ
  std::string choiceExtra;  ///< members without braces: `"logprobs":{...},"x":1`, or empty
  std::string messageExtra;
};

/// An answer collected from events (or, for a stream, only its figures).
struct ChatAnswer {
  std::string id;             ///< the upstream's, may be empty
  std::string upstreamModel;  ///< as the upstream names it
  std::vector<AnswerChoice> choices;
  std::vector<Embedding> embeddings;  ///< of an embedding request, in the order of its inputs
  Usage usage;
  std::string answerExtra;
  std::string usageExtra;
};

/// How a cost was found.
enum class CostBasis { Exact, Estimated, WorstCase, Stated, Free };

/// One call of one provider, as it was.
struct AttemptRecord {
  std::uint32_t number = 0;
  std::string provider;
  std::string model;  ///< key in the catalogue
  std::string upstreamModel;
  int tier = 0;
  std::optional<AttemptFailure> failure;  ///< empty: it answered
  Usage usage;
  Money held;
  Money cost;
  CostBasis basis = CostBasis::Free;
  bool overage = false;    ///< the upstream reported more than was held; the hold was charged
  bool delivered = false;  ///< the client got something of it
  std::string weakness{};  ///< it answered, but a better answer was looked for: why
  CalendarDay day = 0;     ///< that it is charged to
  std::string priceBook;   ///< the entry that it was priced by
  /// What the figures cost where the charge is another: by our price where the provider stated one,
  /// by the provider's figures where they pass the hold.
  std::optional<Money> reported;
  Millis firstByte{-1};  ///< -1: none came
  Millis total{0};
};

/// Time spent by phase, for Server-Timing and the decision record.
struct PhaseTimes {
  Duration parse{}, authenticate{}, classify{}, plan{}, reserve{}, upstream{}, account{};
};

/// The end of a request that was admitted. `error` empty: `answer` holds (for a stream: its
/// figures).
struct Outcome {
  RequestId id;
  std::optional<Error> error;
  std::string model;  ///< key of the model that answered, or empty
  std::string provider;
  int tier = -1;
  std::string taskType;  ///< as classified
  bool simulated = false;
  bool ended = false;    ///< no attempt is under way: `attempts` has all of them
  bool clamped = false;  ///< max_tokens was lowered to what the budget pays for
  std::optional<Tokens> clampedTo;
  std::uint32_t dropped = 0;  ///< Parameter bits that the model was not sent
  Money cost;                 ///< of all attempts
  std::vector<AttemptRecord> attempts;
  ChatAnswer answer;
  PhaseTimes times;
};

}  // namespace pagoda
