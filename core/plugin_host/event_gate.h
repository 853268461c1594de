#pragma once
// Between a plugin's events and the corridor's: order, sizes, UTF-8, JSON and token counts are
// checked here, once, so that nothing behind the plugin boundary can send an answer that no client
// could read.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pagoda/chat.h>

#include "core/domain/chat.h"
#include "core/domain/failure.h"
#include "core/plugin_host/guard.h"
#include "core/plugin_host/plugin_host.h"

namespace pagoda::plugin_host {

enum class AnswerKind {
  Chat,        ///< `start (content | extra | usage)* finish-per-choice (extra | usage)*`
  Embeddings,  ///< `start (embedding | usage | extra)*`, one embedding for each input
  TokenCount,  ///< `start? usage`
};

/// One attempt's events, in the order that their kind of answer has. One thread at a time.
class EventGate {
 public:
  /// `parts`: choices of a chat, inputs of embeddings.
  EventGate(const ProviderLimits& limits, std::uint32_t parts, PluginFigures& figures,
            AnswerKind kind = AnswerKind::Chat);

  /// Checks one event; PAGODA_OK and `event` (views into `raw`), PAGODA_OK and nothing for an event
  /// of a type that this host does not know, or the status to give back. After a failure every call
  /// gives the same status.
  pagoda_status check(const pagoda_event* raw, std::optional<Event>& event);
  /// Whether the answer is whole; for the end of an attempt that succeeded.
  std::optional<AttemptFailure> checkEnd() const;
  /// What a check refused.
  const std::optional<AttemptFailure>& failure() const { return failure_; }

 private:
  struct Choice {
    bool content = false;
    bool finished = false;
    std::vector<bool> tools;
  };

  pagoda_status reject(FailureKind kind, std::string message);
  pagoda_status checkOrder(const pagoda_event& raw);
  pagoda_status checkContent(const pagoda_event& raw, Choice& choice);
  pagoda_status checkText(const pagoda_event& raw);
  pagoda_status checkExtra(const pagoda_event& raw);
  pagoda_status checkOther(const pagoda_event& raw);
  pagoda_status checkEmbedding(const pagoda_event& raw);
  bool fill(const pagoda_event& raw, Event& event);
  bool readUsage(const pagoda_usage* raw);

  const ProviderLimits& limits_;
  PluginFigures& figures_;
  const AnswerKind kind_;
  std::vector<Choice> choices_;
  std::vector<bool> embedded_;  ///< by input
  std::size_t dimensions_ = 0;
  std::optional<AttemptFailure> failure_;
  Usage usage_;
  std::string oneLine_;
  std::size_t bytes_ = 0;
  std::size_t events_ = 0;
  bool started_ = false;
  bool counted_ = false;
};

}  // namespace pagoda::plugin_host
