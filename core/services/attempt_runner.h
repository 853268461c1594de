#pragma once
// Drives one attempt: a translator's exchange over the loop's HTTP client, or a native provider.

#include <functional>

#include "core/domain/answer.h"
#include "core/domain/provider.h"

namespace pagoda::services {

/// Time and size limits of attempts (`upstream:` in pagoda.yaml).
struct AttemptLimits {
  Millis connect{5'000};
  Millis firstByte{60'000};   ///< to the head of the answer
  Millis firstToken{60'000};  ///< of a stream: to the first thing that the model says
  Millis idle{30'000};        ///< between two reads of a body, and between two tokens of a stream
  Millis attempt{0};         ///< one attempt at an answer that is no stream; 0: no limit of its own
  Millis retryAfter{3'000};  ///< the longest wait that is taken while another model is left
  Millis total{120'000};     ///< the whole request, retries included, when it is not a stream
  Millis streamTotal{600'000};
  std::size_t maxBody = 16u << 20;
  std::size_t maxHead = 64u << 10;
  std::size_t maxEvent = 4u << 20;
  Millis retryBase{200};  ///< first back-off; doubles, with full jitter
};

/// Runs the attempt to its end. Events go to `sink`; `afterBatch` is awaited when no further frame
/// is at hand (flush, back-pressure) and its error ends the attempt.
Task<AttemptStatus> runAttempt(Provider& provider, const AttemptContext& context,
                               const ChatRequest& request, const AttemptLimits& limits,
                               EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                               CancelSource* cancel);

/// The same for embeddings.
Task<AttemptStatus> runEmbeddings(Provider& provider, const AttemptContext& context,
                                  const EmbeddingRequest& request, const AttemptLimits& limits,
                                  EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                                  CancelSource* cancel);
/// The same for a count of the prompt's tokens.
Task<AttemptStatus> runTokenCount(Provider& provider, const AttemptContext& context,
                                  const ChatRequest& request, const AttemptLimits& limits,
                                  EventSink& sink, Runtime& runtime, CancelSource* cancel);

}  // namespace pagoda::services
