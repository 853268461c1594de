#pragma once
// Cohere's own dialect: /v2/chat with typed events, /v2/embed.
// Source: Cohere API v2 reference and recorded exchanges of 2026-08, read 2026-11-25.

#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"
#include "chat_completions/tool_calls.h"

namespace pagoda::cohere {

/// Writes the body of one call of /v2/chat. Members that Cohere knows pass, messages keep their
/// bytes as far as it reads them; others are left out, since it refuses what it does not know.
void writeChat(const pagoda_chat_request& request, const chat_completions::Settings& settings,
               sdk::Buffer& out);

/// One answer. Calls match: whole | event* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer, the upstream's own error if it reports one, or what the host's sink answered.
class AnswerReader {
 public:
  /// Answers do not name the model; `model` is what was asked for.
  AnswerReader(std::string_view model, std::string_view requestId)
      : model_(model), tools_(0, requestId) {}

  void whole(std::string_view text, sdk::Events& events);
  /// The data of one server-sent event.
  void event(std::string_view data, sdk::Events& events);
  /// Throws PAGODA_E_PROTOCOL unless the answer has ended.
  void end() const;

 private:
  void start(std::string_view id, sdk::Events& events);
  void message(std::string_view raw, sdk::Events& events);
  void content(std::string_view raw, sdk::Events& events);
  void delta(std::string_view type, std::int64_t index, std::string_view raw, sdk::Events& events);
  void usage(std::string_view raw, sdk::Events& events);
  void finish(std::string_view word, sdk::Events& events);

  std::string model_;
  chat_completions::ToolCalls tools_;
  bool started_ = false;
  bool done_ = false;
};

std::unique_ptr<sdk::Exchange> chat(const chat_completions::Settings& settings,
                                    const pagoda_attempt& attempt,
                                    const pagoda_chat_request& request);
std::unique_ptr<sdk::Exchange> embeddings(const chat_completions::Settings& settings,
                                          const pagoda_attempt& attempt,
                                          const pagoda_embedding_request& request);

}  // namespace pagoda::cohere
