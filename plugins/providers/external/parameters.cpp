#include "parameters.h"

#include <algorithm>

namespace pagoda::external {
namespace {

constexpr std::size_t kLongestPrompt = 8000;  // bytes
constexpr int kMostStrips = 8;

std::u32string lowerCase(std::u32string text) {
  for (char32_t& c : text) c = lowered(c);
  return text;
}

// "USD" is no word of "USDA", but ドル is one of 米ドル建て.
bool standsAlone(std::u32string_view text, std::size_t at, std::size_t size) {
  const auto word = [&](std::size_t i) { return i < text.size() && isWordCharacter(text[i]); };
  if (word(at) && at > 0 && word(at - 1)) return false;
  return !(word(at + size - 1) && word(at + size));
}

std::optional<std::string> findWord(const Parameter& parameter, const Prompt& prompt) {
  const std::u32string text = lowerCase(prompt.folded);
  int seen = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t step = 1;
    for (const auto& [word, value] : parameter.words) {
      if (text.compare(at, word.size(), word) != 0 || !standsAlone(text, at, word.size())) continue;
      if (++seen == parameter.occurrence) return value;
      step = word.size();
      break;
    }
    at += step;
  }
  return std::nullopt;
}

std::u32string stripped(std::u32string_view found, const std::vector<Pattern>& strip) {
  std::u32string text(trimmed(found));
  bool changed = true;
  for (int round = 0; round < kMostStrips && changed; ++round) {
    changed = false;
    for (const Pattern& pattern : strip) {
      const auto match = pattern.find(text);
      if (!match || match->whole.from == match->whole.to) continue;
      text.erase(match->whole.from, match->whole.to - match->whole.from);
      text = trimmed(text);
      changed = true;
    }
  }
  return text;
}

// What a rule found, stripped and mapped; nullopt if nothing is left of it.
std::optional<std::string> finished(std::u32string_view found, const Parameter& parameter) {
  const std::u32string text = stripped(found, parameter.strip);
  if (text.empty() || text.size() > parameter.mostCharacters) return std::nullopt;
  std::string value = encode(text);
  const auto mapped = parameter.map.find(encode(lowerCase(text)));
  if (mapped != parameter.map.end()) return mapped->second;
  if (parameter.mappedOnly) return std::nullopt;
  value = cleaned(value, parameter.mostCharacters);
  if (value.empty()) return std::nullopt;
  return value;
}

Scope plainScope(const Prompt& prompt) {
  Scope scope;
  scope.value = [&prompt](const Reference& reference) -> std::optional<std::string> {
    if (reference.name == "language") return std::string(codeOf(prompt.language));
    return std::nullopt;
  };
  scope.filters.language = prompt.language;
  return scope;
}

}  // namespace

Prompt Prompt::of(std::string_view text, std::optional<Language> language) {
  Prompt prompt;
  prompt.text = json::cutUtf8(text, kLongestPrompt);
  prompt.folded = external::folded(prompt.text);
  prompt.language = language.value_or(languageOf(prompt.text));
  return prompt;
}

std::optional<std::string> valueOf(const Parameter& parameter, const Prompt& prompt,
                                   const Date& today) {
  for (const Pattern& pattern : parameter.patterns) {
    const auto match = pattern.find(prompt.folded);
    if (!match) continue;
    const auto found = std::u32string_view(prompt.folded)
                           .substr(match->value.from, match->value.to - match->value.from);
    if (auto value = finished(found, parameter)) return value;
  }
  if (!parameter.words.empty()) {
    if (auto value = findWord(parameter, prompt)) return value;
  }
  if (parameter.date) {
    if (auto value = findDate(prompt.folded, today)) return value;
  }
  if (parameter.rest) {
    if (auto value = finished(prompt.folded, parameter)) return value;
  }
  if (parameter.prompt) {
    std::string value = cleaned(prompt.text, parameter.mostCharacters);
    if (!value.empty()) return value;
  }
  if (parameter.fallback) return parameter.fallback->in(prompt.language).whole(plainScope(prompt));
  return std::nullopt;
}

bool wants(const Api& api, const Prompt& prompt) {
  return api.when.empty() || std::ranges::any_of(api.when, [&](const Pattern& pattern) {
           return pattern.find(prompt.folded).has_value();
         });
}

Values readValues(const Api& api, const Prompt& prompt, const Date& today) {
  if (!wants(api, prompt))
    throw sdk::Failure(PAGODA_E_UNSUPPORTED,
                       "the prompt asks for nothing that " + api.name + " answers");
  Values values;
  for (const Parameter& parameter : api.parameters) {
    if (auto value = valueOf(parameter, prompt, today)) {
      values.emplace(parameter.name, std::move(*value));
      continue;
    }
    if (!parameter.required) continue;
    const std::string hint = parameter.missing.in(prompt.language).lines(plainScope(prompt));
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "the prompt has no " + parameter.name + " for " +
                                                 api.name + (hint.empty() ? "" : ": " + hint));
  }
  return values;
}

}  // namespace pagoda::external
