// Pike's virtual machine: all ways to match go through the text side by side, each instruction at
// most once for each character, so no text makes it slow.
// Source of the method: R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009.
#include "pattern.h"

#include <algorithm>

#include "pattern_parser.h"
#include "text.h"

namespace pagoda::external {
namespace {

using Slots = std::array<std::uint16_t, 2 * (Pattern::kMostGroups + 1)>;
constexpr std::uint16_t kUnset = 0xFFFF;
static_assert(Pattern::kLongestText < kUnset);

struct Thread {
  std::uint32_t at;
  Slots slots;
};

class Machine {
 public:
  Machine(const std::vector<Pattern::Instruction>& program, const std::vector<Pattern::Set>& sets,
          bool caseless, std::u32string_view text)
      : program_(program),
        sets_(sets),
        caseless_(caseless),
        text_(text),
        visited_(program.size(), 0) {}

  std::optional<Slots> run() {
    Slots fresh;
    fresh.fill(kUnset);
    std::optional<Slots> found;
    std::vector<Thread> now;
    std::vector<Thread> then;
    ++generation_;
    for (std::size_t i = 0; i <= text_.size(); ++i) {
      // Later starts come last, and none once there is a match: leftmost wins.
      if (!found) follow(0, fresh, i, now);
      if (now.empty() && found) break;
      ++generation_;
      then.clear();
      for (const Thread& thread : now) {
        const Pattern::Instruction& instruction = program_[thread.at];
        if (instruction.op == Pattern::Op::Match) {
          found = thread.slots;
          break;  // what has lower priority is dropped
        }
        if (i < text_.size() && takes(instruction, text_[i]))
          follow(thread.at + 1, thread.slots, i + 1, then);
      }
      now.swap(then);
    }
    return found;
  }

 private:
  struct Pending {
    std::uint32_t at;
    Slots slots;
  };

  // Adds what can be reached from `start` without a character, in order of preference.
  void follow(std::uint32_t start, const Slots& slots, std::size_t i, std::vector<Thread>& out) {
    pending_.clear();
    pending_.push_back({start, slots});
    while (!pending_.empty()) {
      Pending current = pending_.back();
      pending_.pop_back();
      for (bool goesOn = true; goesOn;) {
        if (visited_[current.at] == generation_) break;
        visited_[current.at] = generation_;
        goesOn = step(current, i, out);
      }
    }
  }

  bool step(Pending& current, std::size_t i, std::vector<Thread>& out) {
    const Pattern::Instruction& instruction = program_[current.at];
    switch (instruction.op) {
      case Pattern::Op::Jump:
        current.at = instruction.x;
        return true;
      case Pattern::Op::Split:
        pending_.push_back({instruction.y, current.slots});
        current.at = instruction.x;
        return true;
      case Pattern::Op::Save:
        current.slots[instruction.x] = static_cast<std::uint16_t>(i);
        ++current.at;
        return true;
      case Pattern::Op::Assert:
        ++current.at;
        return holds(instruction.assertion, i);
      default:
        out.push_back({current.at, current.slots});
        return false;
    }
  }

  bool holds(Pattern::Assertion assertion, std::size_t i) const {
    if (assertion == Pattern::Assertion::Begin) return i == 0;
    if (assertion == Pattern::Assertion::End) return i == text_.size();
    const bool before = i > 0 && isWordCharacter(text_[i - 1]);
    const bool after = i < text_.size() && isWordCharacter(text_[i]);
    return (before != after) == (assertion == Pattern::Assertion::Word);
  }

  bool takes(const Pattern::Instruction& instruction, char32_t c) const {
    switch (instruction.op) {
      case Pattern::Op::Any:
        return c != '\n';
      case Pattern::Op::Set:
        return contains(sets_[instruction.x], c);
      default:
        return instruction.character == (caseless_ ? lowered(c) : c);
    }
  }

  bool contains(const Pattern::Set& set, char32_t c) const {
    const auto in = [&](char32_t one) {
      return std::ranges::any_of(set.ranges, [&](const Pattern::Range& range) {
        return one >= range.first && one <= range.last;
      });
    };
    bool inside = in(c);
    if (!inside && caseless_) {
      const char32_t lower = lowered(c);
      inside = lower != c ? in(lower) : c >= 'a' && c <= 'z' && in(c - 32);
    }
    return inside != set.negated;
  }

  const std::vector<Pattern::Instruction>& program_;
  const std::vector<Pattern::Set>& sets_;
  const bool caseless_;
  const std::u32string_view text_;
  std::vector<std::uint32_t> visited_;  // the generation in which an instruction was reached
  std::uint32_t generation_ = 0;
  std::vector<Pending> pending_;
};

}  // namespace

Pattern::Pattern(std::string_view expression) {
  Compiled compiled = compile(expression);
  program_ = std::move(compiled.program);
  sets_ = std::move(compiled.sets);
  caseless_ = compiled.caseless;
}

std::optional<Pattern::Match> Pattern::find(std::u32string_view text) const {
  const auto slots = Machine(program_, sets_, caseless_, text.substr(0, kLongestText)).run();
  if (!slots) return std::nullopt;
  Match match{{(*slots)[0], (*slots)[1]}, {(*slots)[0], (*slots)[1]}};
  for (std::size_t group = 1; group <= kMostGroups; ++group) {
    if ((*slots)[group * 2 + 1] == kUnset) continue;
    match.value = {(*slots)[group * 2], (*slots)[group * 2 + 1]};
    break;
  }
  return match;
}

}  // namespace pagoda::external
