#include "models.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace pagoda::anthropic {

namespace {

enum class Family { Other, Opus, Sonnet, Haiku, Fable };

struct Name {
  bool claude = false;
  Family family = Family::Other;
  int version = -1;  // 4.5 is 405
};

void readToken(std::string_view token, Name& name, int& numbers) {
  if (token == "opus") name.family = Family::Opus;
  if (token == "sonnet") name.family = Family::Sonnet;
  if (token == "haiku") name.family = Family::Haiku;
  if (token == "fable") name.family = Family::Fable;
  // One or two digits are a part of the version; more are a date.
  int number = 0;
  const char* const end = token.data() + token.size();
  const auto result = std::from_chars(token.data(), end, number);
  if (token.empty() || token.size() > 2 || result.ec != std::errc{} || result.ptr != end) return;
  if (numbers == 0) name.version = number * 100;
  if (numbers == 1) name.version += number;
  ++numbers;
}

Name parse(std::string_view model) {
  std::string lower(model);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  Name name;
  const std::size_t at = lower.find("claude");
  if (at == std::string::npos) return name;
  name.claude = true;
  std::string_view rest = std::string_view(lower).substr(at);
  int numbers = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("-._@:/");
    const std::string_view token = rest.substr(0, end);
    if (token.size() > 2 && token.find_first_not_of("0123456789") == std::string_view::npos) break;
    readToken(token, name, numbers);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return name;
}

}  // namespace

ModelTraits traitsOf(std::string_view model, ThinkingForm form) {
  const Name name = parse(model);
  ModelTraits traits;
  if (name.claude) {
    const int version = name.version < 0 ? 500 : name.version;
    const bool opus = name.family == Family::Opus;
    const bool newest = version >= 500 || (opus && version >= 407);
    traits.thinking = version >= 406   ? ModelTraits::Thinking::Adaptive
                      : version >= 307 ? ModelTraits::Thinking::Budget
                                       : ModelTraits::Thinking::None;
    traits.takesBudget = version >= 307 && !newest;
    traits.betweenTools = version >= 505;
    traits.takesEffort = version >= 406 || (opus && version >= 405);
    traits.takesMaxEffort = version >= 406;
    traits.takesXhighEffort = newest;
    traits.takesSampling = !newest;
    traits.takesSchema = version >= 405 || (opus && version >= 401);
    traits.takesForcedTool = version < 505 || (!opus && name.family != Family::Sonnet);
    traits.mostOutput = version < 305 ? 4096 : version < 307 ? 8192 : 32000;
  }
  if (form == ThinkingForm::None) traits.thinking = ModelTraits::Thinking::None;
  if (form == ThinkingForm::Budget) {
    traits.thinking = ModelTraits::Thinking::Budget;
    traits.takesBudget = true;
  }
  if (form == ThinkingForm::Adaptive) traits.thinking = ModelTraits::Thinking::Adaptive;
  return traits;
}

}  // namespace pagoda::anthropic
