#include "core/services/ballot.h"

#include <cctype>
#include <map>

namespace pagoda::services {
namespace {

constexpr std::string_view kMarks = " .!\"'`*";

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::string gistOf(const ChatAnswer& answer) {
  if (answer.choices.empty()) return {};
  const AnswerChoice& choice = answer.choices.front();
  const std::string& text = choice.text;
  // Of a JSON text no white space counts that is outside of its strings.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && (text[first] == '{' || text[first] == '[');
  std::string gist;
  bool space = false;
  bool quoted = false;
  bool escaped = false;
  for (const char c : text) {
    if (isSpace(c)) {
      space = (!json || quoted) && !gist.empty();
      continue;
    }
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = c == '\\' && !escaped;
    if (space) gist += ' ';
    space = false;
    const auto byte = static_cast<unsigned char>(c);
    gist += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
  }
  const std::size_t begin = gist.find_first_not_of(kMarks);
  gist = begin == std::string::npos ? std::string{}
                                    : gist.substr(begin, gist.find_last_not_of(kMarks) - begin + 1);
  if (gist.ends_with("。")) gist.resize(gist.size() - std::string_view("。").size());
  for (const AnswerToolCall& call : choice.toolCalls) {
    gist.append("\n").append(call.name).append("(");
    for (const char c : call.arguments)
      if (!isSpace(c)) gist += c;
    gist += ')';
  }
  return gist;
}

std::size_t winnerOf(const std::vector<Vote>& votes) {
  std::map<std::string_view, double> sums;
  for (const Vote& vote : votes) sums[vote.gist] += vote.weight;
  std::size_t best = 0;
  for (std::size_t i = 1; i < votes.size(); ++i)
    if (sums[votes[i].gist] > sums[votes[best].gist]) best = i;
  return best;
}

std::optional<std::size_t> namedBy(std::string_view judge, std::size_t count) {
  for (std::size_t i = 0; i < judge.size();) {
    std::size_t number = 0;
    std::size_t digits = 0;
    for (; i < judge.size() && judge[i] >= '0' && judge[i] <= '9'; ++i, ++digits)
      if (digits < 4) number = number * 10 + static_cast<std::size_t>(judge[i] - '0');
    if (digits > 0 && digits <= 4 && number >= 1 && number <= count) return number;
    if (digits == 0) ++i;
  }
  return std::nullopt;
}

}  // namespace pagoda::services
