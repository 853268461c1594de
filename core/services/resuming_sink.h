#pragma once
// A stream that may be taken up by another model after a break. The client keeps what it has, so
// the new answer, which begins anew, is passed on only from where it goes beyond that, and only if
// it began alike: the head of one answer never gets the tail of another.

#include <cstddef>
#include <string>
#include <vector>

#include "core/services/orchestrator.h"

namespace pagoda::services {

/// Lives on the request's loop; `client` outlives it.
class ResumingSink final : public AnswerSink {
 public:
  explicit ResumingSink(AnswerSink& client) : client_(client) {}

  void begin(const Outcome& outcome) override;
  /// False also when a new answer differs from what the client has.
  bool emit(const Event& event) override;
  Task<Result<void>> drain() override { return client_.drain(); }

  /// A new answer begins.
  void restart();
  bool begun() const { return begun_; }        ///< the client has something
  bool diverged() const { return diverged_; }  ///< the answer since restart() is another one

 private:
  struct Piece {
    std::string text;      ///< that the client has
    std::size_t seen = 0;  ///< of it, in the new answer
    bool caughtUp() const { return seen == text.size(); }
  };
  struct ToolCall {
    std::string name;
    Piece arguments;
    bool seen = false;
  };
  struct Choice {
    Piece text, reasoning, refusal;
    std::vector<ToolCall> toolCalls;
    bool finished = false;
  };

  bool piece(Choice& choice, Piece& piece, const Event& event);
  bool toolBegin(Choice& choice, const Event& event);
  bool diverge();
  static bool caughtUp(const Choice& choice);
  Choice& choiceAt(std::uint32_t index);

  AnswerSink& client_;
  std::vector<Choice> choices_;
  bool begun_ = false;
  bool restarted_ = false;
  bool diverged_ = false;
};

}  // namespace pagoda::services
