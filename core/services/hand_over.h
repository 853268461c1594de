#pragma once
// `then: tier1` of a model: its answer is not the client's but the data from which a model of that
// tier answers.

#include <string>
#include <string_view>
#include <vector>

#include "core/domain/answer.h"
#include "core/services/orchestrator.h"

namespace pagoda::services {

/// `request` with `data` as quoted material behind the leading system messages, in its fields and
/// in rawJson. The material is a JSON string, so that nothing in it can end the quotation; it is
/// still foreign text, and the model is told so. Keeps what `request` points to alive.
ChatRequest withData(const ChatRequest& request, std::string_view origin, const ChatAnswer& data);

/// The same with the draft of an answer that is to be improved. `instruction` says how; empty: in
/// the host's words.
ChatRequest withDraft(const ChatRequest& request, const ChatAnswer& draft,
                      std::string_view instruction);

/// The same with several answers, for a judge: its answer is the number of the best one, or with
/// `merge` one answer made out of all.
ChatRequest withAnswers(const ChatRequest& request, const std::vector<const ChatAnswer*>& answers,
                        std::string_view instruction, bool merge);

/// The members by which `data` names its sources, as an object, or empty.
std::string sourcesOf(const ChatAnswer& data);

/// Adds the sources to a stream, in its first chunk.
class SourcedSink final : public AnswerSink {
 public:
  /// `sources` as from sourcesOf(); both outlive the sink.
  SourcedSink(AnswerSink& next, std::string_view sources) : next_(next), sources_(sources) {}
  void begin(const Outcome& outcome) override { next_.begin(outcome); }
  bool emit(const Event& event) override;
  Task<Result<void>> drain() override { return next_.drain(); }

 private:
  AnswerSink& next_;
  std::string_view sources_;
};

/// Says a collected answer to a sink that has heard nothing yet. The outcome ends with it.
void replay(Outcome& outcome, AnswerSink& sink);

}  // namespace pagoda::services
