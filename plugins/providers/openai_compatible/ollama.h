#pragma once
// Ollama's own dialect: /api/chat with lines of JSON, /api/embed.
// Source: Ollama API reference and recorded exchanges, read 2026-11-25.

#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"
#include "chat_completions/tool_calls.h"

namespace pagoda::ollama {

/// Writes the body of one call of /api/chat. Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for what
/// Ollama cannot take: files, sound, and images by address.
void writeChat(const pagoda_chat_request& request, const chat_completions::Settings& settings,
               sdk::Buffer& out);

/// One answer. Calls match: line* end; a whole answer is one line. Throws sdk::Failure:
/// PAGODA_E_PROTOCOL for what is no answer, the upstream's own error if a line reports one, or what
/// the host's sink answered.
class AnswerReader {
 public:
  /// `model` is the name that was asked for, for an answer without one.
  AnswerReader(std::string_view model, std::string_view requestId)
      : model_(model), requestId_(requestId), tools_(0, requestId) {}

  void line(std::string_view text, sdk::Events& events);
  /// Throws PAGODA_E_PROTOCOL unless a line said that the answer is done.
  void end() const;

 private:
  struct Line;
  void start(const Line& line, sdk::Events& events);
  void message(std::string_view raw, sdk::Events& events);
  void finish(const Line& line, sdk::Events& events);

  std::string model_;
  std::string requestId_;
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

}  // namespace pagoda::ollama
