#pragma once
// Task, difficulty, needs and language of a request: by the keywords of models.yaml, English and
// Japanese, and by a model learned from labelled prompts.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/chat.h"
#include "core/domain/routing.h"

namespace pagoda::services {

class PromptModel;

/// Immutable; thread-safe. Made once for a catalogue.
class Classifier {
 public:
  /// Without `learned` keywords decide alone. Where the likeliest task is less probable than
  /// `abstainBelow` (0..1) the learned model says nothing and keywords decide, too.
  explicit Classifier(const Catalogue& catalogue,
                      std::shared_ptr<const PromptModel> learned = nullptr,
                      double abstainBelow = 0.4);

  /// `request.taskType`, where it names a known task, decides alone. Otherwise the last user
  /// message does. Each keyword that occurs counts once, by its length, for its task (those of the
  /// default task by half). Latin keywords match at the start of a word without regard to case
  /// ("implement" in "Implementing"); others anywhere. What the learned model thinks is weighed
  /// with them.
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
  std::vector<std::size_t> countKeywords(std::string_view text, RequestClass& result) const;
  bool weigh(RequestClass& result, std::string_view text,
             const std::vector<std::size_t>& keywords) const;
  void take(RequestClass& result, std::string_view task, double confidence) const;

  std::vector<TaskRule> rules_;
  std::string defaultTask_;
  std::shared_ptr<const PromptModel> learned_;
  double abstainBelow_;
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
