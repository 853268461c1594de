#pragma once
// Task, needs and language of a request by the keywords of models.yaml, English and Japanese.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/chat.h"
#include "core/domain/routing.h"

namespace pagoda::services {

/// Immutable; thread-safe. Made once for a catalogue.
class KeywordClassifier {
 public:
  explicit KeywordClassifier(const Catalogue& catalogue);

  /// `request.taskType`, where it names a known task, decides alone. Otherwise the last user
  /// message does: each keyword that occurs counts once, by its length, for its task (those of the
  /// default task by half). Latin keywords match at the start of a word without regard to case
  /// ("implement" in "Implementing"); others anywhere.
  RequestClass classify(const ChatRequest& request) const;
  /// Needs, size and the task that the client named, else the default: enough where the model is
  /// named and the keywords would decide nothing.
  RequestClass describe(const ChatRequest& request) const;

 private:
  struct Keyword {
    std::string text;  ///< in lower case
    std::size_t rule;
    bool latin;
  };
  void take(RequestClass& result, std::string_view task, double confidence) const;

  std::vector<TaskRule> rules_;
  std::string defaultTask_;
  std::array<std::vector<Keyword>, 256> byFirstByte_;
};

/// Sound upper bound of prompt tokens: a byte-level tokenizer makes at most one token per UTF-8
/// byte.
Tokens promptTokensBound(const ChatRequest& request);
/// What a provider that reports no usage is taken to have used: a token per three bytes, which is
/// near the truth for Japanese and a third above it for English.
Tokens estimatedTokens(std::size_t bytes);
/// Bytes of all text in the messages.
std::size_t textBytes(const ChatRequest& request);

}  // namespace pagoda::services
