// Values of options: from YAML or text into the setting, and back into text for people.

#include <charconv>

#include "core/app/option_table.h"

namespace pagoda::app {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string described(const YamlNode& value) {
  switch (value.kind) {
    case YamlKind::Null:
      return "nothing";
    case YamlKind::Sequence:
      return "a list";
    case YamlKind::Map:
      return "a map";
    case YamlKind::Scalar:
      break;
  }
  return (value.quoted ? "the text '" : "'") + value.text.substr(0, 60) + "'";
}

std::optional<Refusal> readNumber(const Option& option, const YamlNode& value,
                                  std::int64_t& number) {
  const std::string& text = value.text;
  if (scalarType(value) != ScalarType::Integer) {
    std::string suggestion;
    YamlNode plain = value;
    plain.quoted = false;
    if (value.quoted && scalarType(plain) == ScalarType::Integer) suggestion = "remove the quotes";
    if (scalarType(value) == ScalarType::Float) suggestion = "write a whole number";
    return Refusal{"expected a whole number, not " + described(value), suggestion};
  }
  const char* first = text.data() + (text[0] == '+' ? 1 : 0);
  const char* digits = first + (*first == '-' ? 1 : 0);
  if (*digits == '0' && text.data() + text.size() - digits > 1)
    return Refusal{
        "'" + text + "' has a leading zero, which other readers take for octal",
        "write " + std::string(digits).erase(0, std::string(digits).find_first_not_of('0'))};
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), number);
  const bool read = error == std::errc{} && end == text.data() + text.size();
  if (read && number >= option.least && number <= option.most) return std::nullopt;
  if (option.most == std::numeric_limits<std::int64_t>::max())
    return Refusal{text + " is too small", "at least " + std::to_string(option.least)};
  return Refusal{text + " is out of range",
                 std::to_string(option.least) + " to " + std::to_string(option.most)};
}

std::optional<Refusal> readBoolean(const YamlNode& value, bool& out) {
  if (scalarType(value) == ScalarType::Boolean) {
    out = value.text[0] == 't' || value.text[0] == 'T';
    return std::nullopt;
  }
  std::string suggestion = "write true or false";
  for (const char* yes : {"yes", "on", "1", "Yes", "On", "YES", "ON", "y"})
    if (value.text == yes) suggestion = "write true";
  for (const char* no : {"no", "off", "0", "No", "Off", "NO", "OFF", "n"})
    if (value.text == no) suggestion = "write false";
  return Refusal{"expected true or false, not " + described(value), suggestion};
}

std::optional<Refusal> readDecimal(const YamlNode& value, Money& out) {
  const ScalarType type = scalarType(value);
  const auto amount = type == ScalarType::Integer || type == ScalarType::Float
                          ? Money::parseUsd(value.text)
                          : std::nullopt;
  if (!amount)
    return Refusal{"expected a decimal number with at most nine decimals, not " + described(value),
                   ""};
  if (*amount < Money{}) return Refusal{value.text + " is negative", "at least 0"};
  out = *amount;
  return std::nullopt;
}

std::optional<Refusal> readText(const Option& option, const YamlNode& value, std::string& out) {
  if (value.kind == YamlKind::Null) {
    out.clear();
    return option.choices.empty() ? std::nullopt
                                  : std::optional(Refusal{"expected a word, not nothing", ""});
  }
  if (value.kind != YamlKind::Scalar)
    return Refusal{"expected a text, not " + described(value), ""};
  std::string word = value.text;
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string& choice : option.choices) {
    if (word == choice) {
      out = choice;
      return std::nullopt;
    }
  }
  if (!option.choices.empty()) {
    std::string all;
    for (const std::string& choice : option.choices) all += (all.empty() ? "" : ", ") + choice;
    const std::string near = nearestName(word, option.choices);
    return Refusal{described(value) + " is not one of " + all,
                   near.empty() ? "" : "did you mean '" + near + "'?"};
  }
  const ScalarType type = scalarType(value);
  if (type == ScalarType::Boolean || type == ScalarType::Null)
    return Refusal{"expected a text, not " + described(value), "put it in quotes"};
  out = value.text;
  return std::nullopt;
}

std::optional<Refusal> readList(const YamlNode& value, std::vector<std::string>& out) {
  if (value.kind == YamlKind::Null) {
    out.clear();
    return std::nullopt;
  }
  if (value.kind != YamlKind::Sequence)
    return Refusal{"expected a list, not " + described(value), "write [ ... ] or lines with '- '"};
  std::vector<std::string> items;
  for (const YamlNode& item : value.items) {
    if (item.kind != YamlKind::Scalar)
      return Refusal{"expected a list of texts, found " + described(item), ""};
    items.push_back(item.text);
  }
  out = std::move(items);
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

}  // namespace

std::optional<Refusal> assign(const Option& option, const YamlNode& value) {
  return std::visit(
      Overloaded{[&](bool* out) { return readBoolean(value, *out); },
                 [&](std::int64_t* out) { return readNumber(option, value, *out); },
                 [&](std::size_t* out) {
                   std::int64_t number = 0;
                   auto refusal = readNumber(option, value, number);
                   if (!refusal) *out = static_cast<std::size_t>(number);
                   return refusal;
                 },
                 [&](Millis* out) {
                   std::int64_t number = 0;
                   auto refusal = readNumber(option, value, number);
                   if (!refusal) *out = Millis(number);
                   return refusal;
                 },
                 [&](Money* out) { return readDecimal(value, *out); },
                 [&](std::string* out) { return readText(option, value, *out); },
                 [&](Secret* out) -> std::optional<Refusal> {
                   if (value.kind != YamlKind::Scalar && value.kind != YamlKind::Null)
                     return Refusal{"expected a secret, not a list or map", ""};
                   *out = Secret(value.text);
                   return std::nullopt;
                 },
                 [&](std::vector<std::string>* out) { return readList(value, *out); },
                 [&](const Share& share) -> std::optional<Refusal> {
                   Money part;
                   if (auto refusal = readDecimal(value, part)) return refusal;
                   if (part > Money::fromNanoUsd(1'000'000'000))
                     return Refusal{value.text + " is more than the whole", "0 to 1; 15% is 0.15"};
                   (*share.shares)[share.tier] = part;
                   return std::nullopt;
                 }},
      option.target);
}

std::optional<Refusal> assign(const Option& option, const std::string& text) {
  YamlNode node;
  if (std::holds_alternative<std::vector<std::string>*>(option.target)) {
    node.kind = YamlKind::Sequence;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      YamlNode item;
      item.kind = YamlKind::Scalar;
      item.text = text.substr(from, comma - from);
      node.items.push_back(std::move(item));
      from = comma + 1;
    }
  } else {
    node.kind = YamlKind::Scalar;
    node.text = text;
    node.quoted = std::holds_alternative<std::string*>(option.target);
  }
  return assign(option, node);
}

std::string show(const Option& option) {
  return std::visit(
      Overloaded{[](const bool* value) { return std::string(*value ? "true" : "false"); },
                 [](const std::int64_t* value) { return std::to_string(*value); },
                 [](const std::size_t* value) { return std::to_string(*value); },
                 [](const Millis* value) { return std::to_string(value->count()); },
                 [](const Money* value) { return value->toString(); },
                 [](const std::string* value) { return *value; },
                 [](const Secret* value) { return std::string(value->empty() ? "" : "***"); },
                 [](const std::vector<std::string>* value) { return joined(*value); },
                 [](const Share& share) {
                   const auto found = share.shares->find(share.tier);
                   return found == share.shares->end() ? std::string() : found->second.toString();
                 }},
      option.target);
}

std::string_view typeName(const Option& option) {
  constexpr std::string_view kNames[] = {"boolean", "integer", "bytes", "milliseconds", "USD",
                                         "text",    "secret",  "list",  "share"};
  return kNames[option.target.index()];
}

}  // namespace pagoda::app
