#include "calculation.h"

#include <utility>

#include "expression.h"
#include "numerals.h"
#include "refusal.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMaxPrompt = 4000;

using Replacement = std::pair<std::string_view, std::string_view>;

// Words that stand between or behind numbers; longer ones first.
constexpr Replacement kEnglish[] = {
    {"raised to the power of", "^"},
    {"to the power of", "^"},
    {"raised to", "^"},
    {"multiplied by", "*"},
    {"divided by", "/"},
    {"the square root of", "sqrt"},
    {"square root of", "sqrt"},
    {"the cube root of", "cbrt"},
    {"cube root of", "cbrt"},
    {"factorial of", "factorial"},
    {"per cent", "%"},
    {"percent", "%"},
    {"squared", "^2"},
    {"cubed", "^3"},
    {"plus", "+"},
    {"minus", "-"},
    {"times", "*"},
    {"over", "/"},
    {"modulo", "mod"},
    {"degrees", "deg"},
};

constexpr Replacement kJapanese[] = {
    {"√", " sqrt "},     {"π", " pi "},   {"円周率", " pi "}, {"°", " deg "}, {"ルート", " sqrt "},
    {"足す", "+"},       {"たす", "+"},   {"プラス", "+"},    {"引く", "-"},  {"ひく", "-"},
    {"マイナス", "-"},   {"掛ける", "*"}, {"かける", "*"},    {"割る", "/"},  {"わる", "/"},
    {"パーセント", "%"}, {"円", ""},      {"ドル", ""},       {"¥", ""},      {"$", ""},
    {"€", ""},           {"£", ""},
};

// Ways to ask; taken from either end of the text. Longer ones first.
constexpr std::string_view kAsking[] = {
    "what is the value of",
    "what is the result of",
    "what is the answer to",
    "what would be",
    "what does",
    "what is",
    "what's",
    "whats",
    "how much is",
    "how many is",
    "can you",
    "could you",
    "please",
    "tell me",
    "calculate",
    "compute",
    "evaluate",
    "work out",
    "solve",
    "find",
    "the value of",
    "the result of",
    "the sum",
    "equals",
    "equal to",
    "equal",
    "for me",
    "thanks",
    "を計算してください",
    "を計算して下さい",
    "を計算して",
    "計算してください",
    "計算して",
    "を計算",
    "計算",
    "の答えを教えて",
    "の答えは何ですか",
    "の答えは",
    "の答え",
    "答えは",
    "はいくつになりますか",
    "はいくつですか",
    "はいくつ",
    "はいくらになりますか",
    "はいくらですか",
    "はいくら",
    "いくつですか",
    "いくつ",
    "いくらですか",
    "いくら",
    "は何ですか",
    "はなんですか",
    "は何",
    "はなに",
    "を教えてください",
    "を教えて",
    "教えてください",
    "教えて",
    "ください",
    "下さい",
    "お願いします",
    "ですか",
    "です",
    "とは",
    "になりますか",
    "になる",
    "すると",
    "すれば",
    "は",
    "と",
    "？",
    "。",
    "、",
    "?",
    "=",
    ":",
    "：",
    ".",
    ",",
};

bool cut(std::string_view& text) {
  text = trim(text);
  for (const std::string_view word : kAsking) {
    const bool bounded = isAsciiWord(word.back());
    if (startsWith(text, word) &&
        !(bounded && text.size() > word.size() && isAsciiWord(text[word.size()])) && word != ".") {
      text.remove_prefix(word.size());
      return true;
    }
    if (endsWith(text, word) && !(bounded && text.size() > word.size() &&
                                  isAsciiWord(text[text.size() - word.size() - 1]))) {
      text.remove_suffix(word.size());
      return true;
    }
  }
  return false;
}

std::string withSigns(std::string_view prompt) {
  std::string text = digitsForNumerals(lower(foldWidth(prompt)));
  for (const auto& [from, to] : kEnglish) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
      const std::size_t after = at + from.size();
      const bool whole =
          (at == 0 || !isAsciiWord(text[at - 1]) || (text[at - 1] >= '0' && text[at - 1] <= '9')) &&
          (after == text.size() || !isAsciiWord(text[after]) ||
           (text[after] >= '0' && text[after] <= '9'));
      if (whole) text.replace(at, from.size(), to);
    }
  }
  // "12 x 3": the letter is a sign only between two numbers.
  for (std::size_t at = text.find('x'); at != std::string::npos; at = text.find('x', at + 1)) {
    const std::string_view left = trim(std::string_view(text).substr(0, at));
    const std::string_view right = trim(std::string_view(text).substr(at + 1));
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (left.empty() || right.empty() || left == "0") continue;
    const bool hexadecimal = left.back() == '0' && text[at - 1] == '0' &&
                             (left.size() == 1 || !isAsciiWord(left[left.size() - 2]));
    if ((digit(left.back()) || left.back() == ')') &&
        (digit(right.front()) || right.front() == '(') && !hexadecimal)
      text[at] = '*';
  }
  return text;
}

// "10に5を足す", "10から5を引く", "10に5をかける", "10を5で割る": the verb comes last.
std::string verbLast(std::string text) {
  struct Form {
    std::string_view first, second, verbs[3];
    char sign;
  };
  constexpr Form kForms[] = {
      {"に", "を", {"足", "たす", "加え"}, '+'},
      {"から", "を", {"引", "ひく", "ひいた"}, '-'},
      {"に", "を", {"掛け", "かけ", "乗じ"}, '*'},
      {"を", "で", {"割", "わる", "わった"}, '/'},
  };
  for (const Form& form : kForms) {
    const std::size_t first = text.find(form.first);
    if (first == std::string::npos) continue;
    const std::size_t second = text.find(form.second, first + form.first.size());
    if (second == std::string::npos) continue;
    const std::string_view verb = std::string_view(text).substr(second + form.second.size());
    for (const std::string_view begin : form.verbs) {
      if (!startsWith(verb, begin)) continue;
      const std::string left(trim(std::string_view(text).substr(0, first)));
      const std::string right =
          text.substr(first + form.first.size(), second - first - form.first.size());
      return left + " " + form.sign + " " + right;
    }
  }
  return text;
}

// The number that ends at `end`, or an empty view.
std::string_view numberBefore(std::string_view text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && ((text[begin - 1] >= '0' && text[begin - 1] <= '9') ||
                       text[begin - 1] == '.' || text[begin - 1] == ','))
    --begin;
  return text.substr(begin, end - begin);
}

// "16の平方根" and "2の10乗", "80の15%", "8000の3割引".
std::string particles(std::string text) {
  for (const auto& [suffix, name] :
       {Replacement{"の平方根", "sqrt"}, {"の立方根", "cbrt"}, {"の階乗", "factorial"}}) {
    for (std::size_t at = text.find(suffix); at != std::string::npos; at = text.find(suffix)) {
      const std::string number(numberBefore(text, at));
      if (number.empty()) break;
      text.replace(at - number.size(), number.size() + suffix.size(),
                   std::string(name) + "(" + number + ")");
    }
  }
  text = replaceAll(text, "割引き", "割引");
  // Tenths: 3割 is 30 %.
  for (std::size_t at = text.find("割"); at != std::string::npos; at = text.find("割", at + 1)) {
    const std::string number(numberBefore(text, at));
    const auto tenths = Number::parse(number);
    constexpr std::string_view kTenth = "割";
    const std::string_view next = std::string_view(text).substr(at + kTenth.size());
    if (!tenths || startsWith(next, "る") || startsWith(next, "っ") || startsWith(next, "れ"))
      continue;
    bool rounded = false;
    text.replace(at - number.size(), number.size() + kTenth.size(),
                 (*tenths * Number::fraction(10)).text(15, rounded) + "%");
  }
  for (const std::string_view off : {"%引き", "%引", "%オフ", "%割引", "%off"})
    text = replaceAll(text, off, "% off");
  for (const std::string_view power : {"乗", "じょう"}) {
    for (std::size_t at = text.find(power); at != std::string::npos; at = text.find(power)) {
      const std::string number(numberBefore(text, at));
      const std::size_t from = at - number.size();
      constexpr std::string_view kOf = "の";
      if (number.empty() || from < kOf.size() ||
          !endsWith(std::string_view(text).substr(0, from), kOf))
        break;
      text.replace(from - kOf.size(), kOf.size() + number.size() + power.size(), "^" + number);
    }
  }
  const std::size_t of = text.find("の");
  if (of == std::string::npos) return text;
  const std::string left(trim(std::string_view(text).substr(0, of)));
  const std::string right(trim(std::string_view(text).substr(of + std::string_view("の").size())));
  if (endsWith(right, "off")) return right + " " + left;
  return contains(right, "%") ? right + " of " + left : text;
}

bool asksForCalculation(std::string_view text) {
  return containsWord(text, "calculate") || containsWord(text, "compute") ||
         containsWord(text, "evaluate") || contains(text, "計算");
}

bool hasDigit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

// The longest stretch that could be an expression within a sentence that asks for its value.
std::string longestStretch(std::string_view text) {
  constexpr std::string_view kSigns = "0123456789.+-*/^%()! ,";
  std::string_view best;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_of(kSigns, at);
    if (begin == std::string_view::npos) break;
    std::size_t end = text.find_first_not_of(kSigns, begin);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view stretch = trim(text.substr(begin, end - begin));
    const bool touchesWord = begin > 0 && isAsciiWord(text[begin - 1]) && text[begin] != ' ';
    if (!touchesWord && stretch.size() > best.size() && hasDigit(stretch)) best = stretch;
    at = end;
  }
  while (!best.empty() && (best.back() == ',' || best.back() == '.' || best.back() == ' '))
    best.remove_suffix(1);
  while (!best.empty() && (best.front() == ',' || best.front() == ' ')) best.remove_prefix(1);
  return std::string(best);
}

}  // namespace

std::string expressionOf(std::string_view prompt) {
  std::string text = withSigns(prompt);
  std::string_view rest = text;
  while (cut(rest)) {
  }
  text = particles(verbLast(std::string(rest)));
  for (const auto& [from, to] : kJapanese) text = replaceAll(text, from, to);
  rest = text;
  while (cut(rest)) {
  }
  return std::string(rest);
}

std::optional<std::string> calculate(std::string_view prompt) {
  prompt = trim(prompt);
  if (prompt.empty() || prompt.size() > kMaxPrompt) return std::nullopt;
  const std::string expression = expressionOf(prompt);
  const auto shown = [](const std::string& text, const Evaluation& result) {
    const std::string value = result.value.shown();
    return text + (startsWith(value, "≈") ? " " : " = ") + value;
  };
  const bool asked = asksForCalculation(lower(prompt));
  try {
    const Evaluation result = evaluate(expression);
    if (result.operations > 0 || asked) return shown(expression, result);
    return std::nullopt;
  } catch (const Refusal& refusal) {
    if (refusal.kind() == Refusal::Kind::Value && hasDigit(expression)) throw;
    if (asked || contains(prompt, "?") || contains(prompt, "？") || contains(prompt, "=") ||
        contains(prompt, "いくつ") || contains(prompt, "いくら")) {
      const std::string stretch = longestStretch(withSigns(prompt));
      if (!stretch.empty()) {
        try {
          const Evaluation result = evaluate(stretch);
          if (result.operations > 0) return shown(stretch, result);
        } catch (const Refusal& inner) {
          if (inner.kind() == Refusal::Kind::Value) throw;
        }
      }
    }
    const std::string opening = lower(foldWidth(prompt)).substr(0, 40);
    if (asksForCalculation(opening) && hasDigit(expression)) throw;
    return std::nullopt;
  }
}

}  // namespace pagoda::local
