#pragma once
// A conversation with a model about code: turns that the host adds, calls through the corridor, and
// the blocks of code in what came back.

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/services/orchestrator.h"

namespace pagoda::services {

/// The code in an answer's first fenced block; nothing: it has none.
std::optional<std::string> firstCodeBlock(std::string_view answer);

/// What all calls of one request share, and have used.
struct DialogueFrame {
  Orchestrator& orchestrator;
  Runtime& runtime;
  /// A corridor request of the caller's, with an id that was not used yet.
  std::function<CorridorRequest()> begin;
  std::string model;              ///< "auto", or as the client named it
  std::optional<Money> mostCost;  ///< of all calls together
  Money cost{};
  Tokens tokens = 0;  ///< prompts and answers of all attempts, as far as they are known
  int calls = 0;
};

/// One conversation; every call of it is a request of its own in the ledger. Lives on one loop.
class CodeDialogue {
 public:
  CodeDialogue(DialogueFrame& frame, std::string system);
  CodeDialogue(const CodeDialogue&) = delete;
  CodeDialogue& operator=(const CodeDialogue&) = delete;

  void user(std::string text) { add(Role::User, std::move(text)); }
  /// Asks with all turns so far and adds the answer as the next one. Errors: the corridor's, and
  /// BudgetExceeded where the frame's `mostCost` is spent.
  Task<Result<std::string>> ask();

  /// Of the last call that was made.
  const Outcome& last() const { return last_; }

 private:
  void add(Role role, std::string text);

  struct Turn {
    Role role;
    std::string_view text;
  };
  DialogueFrame& frame_;
  std::shared_ptr<std::deque<std::string>> texts_;
  std::vector<Turn> turns_;
  Outcome last_;
};

}  // namespace pagoda::services
