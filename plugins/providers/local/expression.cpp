#include "expression.h"

#include <cmath>
#include <string>

#include "functions.h"
#include "refusal.h"

namespace pagoda::local {
namespace {

constexpr int kMaxDepth = 64;
constexpr long double kPi = 3.14159265358979323846264338327950288L;
constexpr long double kE = 2.71828182845904523536028747135266250L;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return c >= 'a' && c <= 'z';
}

[[noreturn]] void refuse(std::string en, std::string ja) {
  throw Refusal({std::move(en), std::move(ja)}, Refusal::Kind::Value);
}
[[noreturn]] void refuseSyntax(std::string en, std::string ja) {
  throw Refusal({std::move(en), std::move(ja)}, Refusal::Kind::Syntax);
}

// A value, and whether it was written as a mere percentage: 100 + 10% adds a tenth of the 100.
struct Operand {
  Number value;
  bool percent = false;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Evaluation run() {
    const Operand result = sum();
    if (peek() != 0) unexpected();
    if (!result.value.isFinite())
      refuse("the result is not a real number, or too large to hold",
             "結果が実数でないか、大きすぎて扱えません");
    return {result.value, operations_};
  }

 private:
  struct Nesting {
    explicit Nesting(Parser& p) : parser(p) {
      if (++parser.depth_ > kMaxDepth)
        refuseSyntax("the expression nests too deeply", "式の入れ子が深すぎます");
    }
    ~Nesting() { --parser.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Parser& parser;
  };

  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    peek();
    std::size_t end = at_;
    while (end < text_.size() && (isLetter(text_[end]) || (end > at_ && isDigit(text_[end]))))
      ++end;
    return text_.substr(at_, end - at_);
  }
  bool takeWord(std::string_view name) {
    if (word() != name) return false;
    at_ += name.size();
    return true;
  }
  [[noreturn]] void unexpected() {
    if (peek() == 0) refuseSyntax("the expression ends too early", "式が途中で終わっています");
    const std::string what(cutAtChar(text_.substr(at_), 12));
    refuseSyntax("I cannot read \"" + what + "\" at position " + std::to_string(at_ + 1) +
                     " of the expression",
                 "式の" + std::to_string(at_ + 1) + "文字目の「" + what + "」を読めません");
  }

  Operand sum() {
    const Nesting nesting(*this);
    Operand left = product();
    for (;;) {
      const char c = peek();
      if (c != '+' && c != '-') return left;
      ++at_;
      ++operations_;
      const Operand right = product();
      const Number change = right.percent && !left.percent ? left.value * right.value : right.value;
      left.value = c == '+' ? left.value + change : left.value - change;
    }
  }

  Operand product() {
    Operand left = sign();
    for (;;) {
      const std::string_view name = word();
      const char c = peek();
      if (take('*') || takeWord("of")) {
        left = {left.value * sign().value};
      } else if (take('/')) {
        left = {quotientOf(left.value, sign().value)};
      } else if (take('%') || takeWord("mod")) {
        left = {remainderOf(left.value, sign().value)};
      } else if (left.percent && takeWord("off")) {
        left = {sign().value * (Number::fraction(1) - left.value)};
      } else if (c == '(' || (!name.empty() && name != "off")) {
        left = {left.value * power().value};
      } else {
        return left;
      }
      ++operations_;
    }
  }

  Operand sign() {
    bool negative = false;
    for (char c = peek(); c == '+' || c == '-'; c = peek()) {
      negative ^= c == '-';
      ++at_;
    }
    Operand operand = power();
    if (negative) operand.value = -operand.value;
    return operand;
  }

  Operand power() {
    const Nesting nesting(*this);
    const Operand base = postfix();
    if (!take('^')) return base;
    ++operations_;
    const Number exponent = sign().value;
    if (base.value.isZero() && exponent.isNegative())
      refuse("division by zero is not defined", "0で割ることはできません");
    return {Number::power(base.value, exponent)};
  }

  Operand postfix() {
    Operand operand = primary();
    for (;;) {
      if (take('!')) {
        operand = {factorialOf(operand.value)};
      } else if (takeWord("deg")) {
        operand = {operand.value * Number::approximate(kPi) / Number::fraction(180)};
      } else if (peek() == '%' && !dividesNext()) {
        ++at_;
        operand = {operand.value / Number::fraction(100), true};
      } else {
        return operand;
      }
      ++operations_;
    }
  }

  // "10 % 3" is a remainder, "10%", "10% of 3" and "10% + 3" are percentages.
  bool dividesNext() {
    const std::size_t before = at_++;
    const char next = peek();
    const std::string_view name = word();
    at_ = before;
    return isDigit(next) || next == '(' || next == '.' ||
           (!name.empty() && name != "of" && name != "off");
  }

  Operand primary() {
    const char c = peek();
    if (isDigit(c) || c == '.') return {number()};
    if (take('(')) {
      const int commas = commaSeparates_;
      commaSeparates_ = 0;
      const Operand inner = sum();
      commaSeparates_ = commas;
      if (!take(')')) unexpected();
      return {inner.value};
    }
    const std::string_view name = word();
    if (name.empty()) unexpected();
    if (const Function* function = findFunction(name)) return {call(*function)};
    if (takeWord("pi")) return {Number::approximate(kPi)};
    if (takeWord("tau")) return {Number::approximate(2 * kPi)};
    if (takeWord("e")) return {Number::approximate(kE)};
    if (takeWord("phi")) return {Number::approximate((1 + std::sqrt(5.0L)) / 2)};
    unexpected();
  }

  Number call(const Function& function) {
    at_ += function.name.size();
    ++operations_;
    Arguments arguments;
    if (take('(')) {
      ++commaSeparates_;
      do arguments.push_back(sum().value);
      while (arguments.size() < function.most && take(','));
      --commaSeparates_;
      if (!take(')')) unexpected();
    } else {
      arguments.push_back(power().value);
    }
    if (arguments.size() < function.least)
      refuseSyntax(std::string(function.name) + " needs more arguments",
                   std::string(function.name) + " の引数が足りません");
    const Number result = function.run(arguments);
    if (!result.isFinite())
      refuse(std::string(function.name) + " is not defined there",
             "その値に対して " + std::string(function.name) + " は定義されません");
    return result;
  }

  bool digitsFollow(std::size_t from, std::size_t count) const {
    for (std::size_t i = from; i < from + count; ++i)
      if (i >= text_.size() || !isDigit(text_[i])) return false;
    return from + count >= text_.size() || !isDigit(text_[from + count]);
  }

  Number number() {
    if (text_.substr(at_, 2) == "0x" || text_.substr(at_, 2) == "0b") return prefixed();
    std::string digits;
    bool fraction = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (isDigit(c)) {
        digits += c;
      } else if (c == '.' && !fraction) {
        fraction = true;
        digits += c;
      } else if (!fraction && !digits.empty() && commaSeparates_ == 0 && c == ',' &&
                 digitsFollow(at_ + 1, 3)) {
        continue;
      } else if (c == '_' && at_ + 1 < text_.size() && isDigit(text_[at_ + 1])) {
        continue;
      } else {
        break;
      }
    }
    takeExponent(digits);
    const auto parsed = Number::parse(digits);
    if (!parsed) unexpected();
    return *parsed;
  }

  // "1e3" and "2.5e-3"; the e of "2e" is Euler's number.
  void takeExponent(std::string& digits) {
    if (at_ >= text_.size() || text_[at_] != 'e') return;
    std::size_t end = at_ + 1;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    const std::size_t first = end;
    while (end < text_.size() && isDigit(text_[end])) ++end;
    if (end == first || end - first > 4) return;
    digits += text_.substr(at_, end - at_);
    at_ = end;
  }

  Number prefixed() {
    const int base = text_[at_ + 1] == 'x' ? 16 : 2;
    at_ += 2;
    Int128 value = 0;
    const std::size_t from = at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const int digit = isDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
      if (digit >= base) break;
      value = value * base + digit;
      if (at_ - from >= 100 / static_cast<std::size_t>(base == 16 ? 4 : 1))
        refuse("the number is too large", "数が大きすぎます");
    }
    if (at_ == from) unexpected();
    return Number::fraction(value);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int operations_ = 0;
  int commaSeparates_ = 0;  // inside a function's arguments
};

}  // namespace

Evaluation evaluate(std::string_view expression) {
  if (expression.size() > kMaxExpression)
    refuseSyntax("the expression is longer than 2000 characters", "式が2000文字を超えています");
  return Parser(expression).run();
}

}  // namespace pagoda::local
