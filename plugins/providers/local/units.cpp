#include "units.h"

#include <vector>

#include "numerals.h"
#include "refusal.h"
#include "unit_table.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMaxPrompt = 400;
constexpr int kDigits = 9;

struct Quantity {
  Number value;
  const Unit* unit = nullptr;
};

/// What was read: "5 ft 10 in" has two parts.
struct Source {
  std::vector<Quantity> parts;
  std::size_t begin = 0, end = 0;
};

Number toBase(const Quantity& q) {
  return q.value * Number::fraction(q.unit->numerator, q.unit->denominator) +
         Number::fraction(q.unit->offsetHundredths, 100);
}

// 32 °F is 273.15 K: the size of a degree alone does not say where zero is.
Number toKelvin(const Quantity& q) {
  if (q.unit->symbol != "°F") return toBase(q);
  return (q.value - Number::fraction(32)) * Number::fraction(5, 9) + Number::fraction(27315, 100);
}

Number fromBase(const Number& base, const Unit& unit) {
  if (unit.symbol == "°F")
    return (base - Number::fraction(27315, 100)) * Number::fraction(9, 5) + Number::fraction(32);
  return (base - Number::fraction(unit.offsetHundredths, 100)) *
         Number::fraction(unit.denominator, unit.numerator);
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// The number at `at`, with thousands separators and sign; moves past it.
std::optional<Number> takeNumber(std::string_view text, std::size_t& at) {
  std::string digits;
  std::size_t i = at;
  const bool negative = i < text.size() && text[i] == '-';
  if (negative) ++i;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' && i + 3 < text.size() && isDigit(text[i + 1]) && isDigit(text[i + 2]) &&
        isDigit(text[i + 3]))
      continue;
    if (!isDigit(c) && !(c == '.' && i + 1 < text.size() && isDigit(text[i + 1]))) break;
    digits += c;
  }
  const auto number = Number::parse(digits);
  if (!number) return std::nullopt;
  at = i;
  return negative ? -*number : *number;
}

std::size_t skipSpace(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// 摂氏100度, 華氏72度: the unit comes first.
std::optional<Source> japaneseDegrees(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kScales[] = {
      {"摂氏", "celsius"}, {"セ氏", "celsius"}, {"華氏", "fahrenheit"}, {"カ氏", "fahrenheit"}};
  for (const auto& [word, name] : kScales) {
    const std::size_t begin = text.find(word);
    if (begin == std::string_view::npos) continue;
    std::size_t at = skipSpace(text, begin + word.size());
    const auto number = takeNumber(text, at);
    constexpr std::string_view kDegree = "度";
    if (!number) continue;
    if (startsWith(text.substr(at), kDegree)) at += kDegree.size();
    return Source{{{*number, unitAt(name).unit}}, begin, at};
  }
  return std::nullopt;
}

std::optional<Source> findSource(std::string_view text) {
  if (auto degrees = japaneseDegrees(text)) return degrees;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts =
        isDigit(text[i]) || (text[i] == '-' && i + 1 < text.size() && isDigit(text[i + 1]));
    if (!starts || (i > 0 && (isAsciiWord(text[i - 1]) || text[i - 1] == '.'))) continue;
    Source source;
    source.begin = i;
    std::size_t at = i;
    while (const auto number = takeNumber(text, at)) {
      at = skipSpace(text, at);
      const Dimension* same =
          source.parts.empty() ? nullptr : &source.parts.front().unit->dimension;
      const UnitMatch match = unitAt(text.substr(at), same);
      if (match.unit == nullptr) break;
      source.parts.push_back({*number, match.unit});
      at += match.size;
      source.end = at;
      at = skipSpace(text, at);
    }
    if (!source.parts.empty()) return source;
    while (i + 1 < text.size() && (isDigit(text[i + 1]) || text[i + 1] == '.')) ++i;
  }
  return std::nullopt;
}

// Takes one of `words` from the front.
bool takeAny(std::string_view& text, std::initializer_list<std::string_view> words) {
  text = trim(text);
  for (const std::string_view word : words) {
    if (!startsWith(text, word)) continue;
    if (isAsciiWord(word.back()) && text.size() > word.size() && isAsciiWord(text[word.size()]))
      continue;
    text.remove_prefix(word.size());
    text = trim(text);
    return true;
  }
  return false;
}

UnitMatch unitOf(std::string_view text, Dimension dimension) {
  const UnitMatch same = unitAt(text, &dimension);
  return same.unit != nullptr ? same : unitAt(text);
}

// "... in miles", 「…は何キロ」, 「…をマイルに」.
const Unit* targetAfter(std::string_view rest, Dimension dimension) {
  const bool marked = takeAny(
      rest, {"into", "in", "to", "as", "->", "=>", "→", "=", "is how many", "equals how many",
             "equal to how many", "って", "だと", "では", "なら", "は", "を", "が"});
  if (!marked) return nullptr;
  while (takeAny(rest, {"、", "how many", "degrees", "何", "なん", "いくつの"})) {
  }
  const UnitMatch match = unitOf(rest, dimension);
  if (match.unit == nullptr) return nullptr;
  std::string_view tail = trim(rest.substr(match.size));
  // What follows a unit in a question is little; "10 m in a box" is no question.
  takeAny(tail, {"ですか", "になりますか", "になる", "に換算", "に変換", "に直", "にすると",
                 "でいうと", "で", "に", "か", "please"});
  return charCount(tail) <= 12 ? match.unit : nullptr;
}

// "how many miles (are) in 10 km", "how many miles is 10 km".
const Unit* targetBefore(std::string_view before, Dimension dimension) {
  constexpr std::string_view kAsk[] = {"how many ", "how much "};
  for (const std::string_view ask : kAsk) {
    const std::size_t at = before.rfind(ask);
    if (at != std::string_view::npos)
      return unitOf(trim(before.substr(at + ask.size())), dimension).unit;
  }
  return nullptr;
}

std::string prepared(std::string_view prompt) {
  std::string text = digitsForNumerals(foldWidth(trim(prompt)));
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"in a mile", "in 1 mile"},
      {"in an hour", "in 1 hour"},
      {"in a day", "in 1 day"},
      {"in a week", "in 1 week"},
      {"in a foot", "in 1 foot"},
      {"in a pound", "in 1 pound"},
      {"in a gallon", "in 1 gallon"},
      {"in a year", "in 1 year"},
      {"時速", ""},
      {"キロは時速", "km/hは"},
      {"℃", "°C"},
      {"℉", "°F"}};
  const bool speed = contains(text, "時速");
  for (const auto& [from, to] : kWords) text = replaceAll(text, from, to);
  if (speed) {
    text = replaceAll(replaceAll(text, "キロメートル", "キロ"), "キロ", "km/h");
    text = replaceAll(text, "マイル", "mph");
  }
  return text;
}

}  // namespace

std::optional<Number> convertUnits(const Number& value, std::string_view from,
                                   std::string_view to) {
  const UnitMatch source = unitAt(from);
  if (source.unit == nullptr || source.size != from.size()) return std::nullopt;
  const UnitMatch target = unitAt(to, &source.unit->dimension);
  const UnitMatch any = target.unit != nullptr ? target : unitAt(to);
  if (any.unit == nullptr || any.size != to.size()) return std::nullopt;
  if (target.unit == nullptr)
    throw Refusal({nameOf(source.unit->dimension).en + " cannot be converted to " +
                       nameOf(any.unit->dimension).en,
                   nameOf(source.unit->dimension).ja + "を" + nameOf(any.unit->dimension).ja +
                       "に換算することはできません"});
  return fromBase(toKelvin({value, source.unit}), *target.unit);
}

std::optional<std::string> convertUnits(std::string_view prompt) {
  if (prompt.size() > kMaxPrompt) return std::nullopt;
  const std::string text = prepared(prompt);
  const auto source = findSource(text);
  if (!source) return std::nullopt;
  const Dimension dimension = source->parts.front().unit->dimension;
  const std::string lowered = lower(text);
  const Unit* target = targetAfter(std::string_view(text).substr(source->end), dimension);
  if (target == nullptr)
    target = targetBefore(std::string_view(lowered).substr(0, source->begin), dimension);
  if (target == nullptr) return std::nullopt;

  Quantity first = source->parts.front();
  // 5キロは何ポンド: a name of two units takes the meaning that fits the target.
  if (first.unit->dimension != target->dimension) {
    std::size_t at = source->begin;
    if (takeNumber(text, at)) {
      const UnitMatch other =
          unitAt(std::string_view(text).substr(skipSpace(text, at)), &target->dimension);
      if (other.unit != nullptr && source->parts.size() == 1) first.unit = other.unit;
    }
  }
  if (first.unit->dimension != target->dimension)
    throw Refusal({nameOf(dimension).en + " cannot be converted to " + nameOf(target->dimension).en,
                   nameOf(dimension).ja + "を" + nameOf(target->dimension).ja +
                       "に換算することはできません"});
  Number base = toKelvin(first);
  std::string shown;
  bool rounded = false;
  shown = first.value.text(kDigits, rounded) + " " + std::string(first.unit->symbol);
  for (std::size_t i = 1; i < source->parts.size(); ++i) {
    const Quantity& part = source->parts[i];
    base = base + toBase(part);
    shown += " " + part.value.text(kDigits, rounded) + " " + std::string(part.unit->symbol);
  }
  // An exact factor can have many places; nine digits are what a person can use.
  const Number result = fromBase(base, *target);
  std::string value = result.text(kDigits, rounded);
  if (!rounded && value.size() > 16)
    value = Number::approximate(result.value()).text(kDigits, rounded);
  return shown + (rounded ? " ≈ " : " = ") + value + " " + std::string(target->symbol);
}

}  // namespace pagoda::local
