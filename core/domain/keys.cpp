#include "core/domain/keys.h"

#include <algorithm>
#include <array>

#include <pagoda/json.hpp>

#include "core/domain/catalogue.h"

namespace pagoda {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestTeam = 64;  // what a slot of the hold journal takes
constexpr std::size_t kMostModels = 256;
constexpr std::size_t kLongestModel = 256;
constexpr std::int64_t kLargestRate = 1'000'000'000;

struct ScopeWord {
  KeyScope bit;
  std::string_view word;
};
constexpr std::array<ScopeWord, 4> kScopeWords{{{kScopeGenerate, "generate"},
                                                {kScopeModels, "models"},
                                                {kScopeUsage, "usage"},
                                                {kScopeAdmin, "admin"}}};

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

tl::unexpected<Error> refused(std::string message, std::string param) {
  return fail(ErrorCode::InvalidRequest, std::move(message), std::move(param));
}

std::string textJson(std::string_view text) {
  std::string out;
  json::Writer<std::string> writer(out);
  writer.string(text);
  return out;
}

template <class T, class Show>
std::string orNull(const std::optional<T>& value, Show show) {
  return value ? show(*value) : "null";
}

std::string timeJson(UnixMillis time) {
  return textJson(formatUtc(time));
}

std::string scopesJson(std::uint32_t scopes) {
  std::string out = "[";
  for (const ScopeWord& scope : kScopeWords)
    if ((scopes & scope.bit) != 0) out += (out.size() > 1 ? "," : "") + textJson(scope.word);
  return out + "]";
}

std::string tiersJson(std::uint32_t tiers) {
  std::string out = "[";
  for (int tier = 0; kAllTiers >> tier != 0; ++tier)
    if ((tiers >> tier & 1) != 0) out += (out.size() > 1 ? "," : "") + std::to_string(tier);
  return out + "]";
}

std::string modelsJson(const std::vector<std::string>& models) {
  std::string out = "[";
  for (const std::string& model : models) out += (out.size() > 1 ? "," : "") + textJson(model);
  return out + "]";
}

// The scope admin means nothing without the role.
std::uint32_t scopesOf(const ApiKey& key) {
  return key.role == KeyRole::Admin ? key.grants.scopes : key.grants.scopes & ~kScopeAdmin;
}

Result<void> checkModels(const std::vector<std::string>& models) {
  if (models.size() > kMostModels) return refused("a key names at most 256 models", "models");
  for (const std::string& model : models)
    if (model.empty() || model.size() > kLongestModel || !printable(model) ||
        model.find_first_of(",\\") != std::string::npos)
      return refused(
          "a model is 1 to 256 bytes: a key of models.yaml, provider/id, or a beginning and '*'",
          "models");
  return {};
}

}  // namespace

bool KeyGrants::allows(const Model& model) const {
  if (model.tier < 0 || (tiers >> model.tier & 1) == 0) return false;
  if (models.empty()) return true;
  return std::ranges::any_of(models, [&](const std::string& pattern) {
    return matches(pattern, model.key) || matches(pattern, model.provider + "/" + model.upstreamId);
  });
}

std::vector<std::pair<std::string_view, std::string>> keyMembers(const ApiKey& key) {
  const auto usd = [](Money money) { return money.toString(); };
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  const KeyGrants& grants = key.grants;
  return {
      {"id", textJson(key.id.value())},
      {"name", textJson(key.name)},
      {"prefix", textJson(key.prefix)},
      {"role", key.role == KeyRole::Admin ? R"("admin")" : R"("user")"},
      {"team", key.team.empty() ? "null" : textJson(key.team)},
      {"monthly_budget_usd", orNull(key.monthlyBudget, usd)},
      {"daily_budget_usd", orNull(key.dailyBudget, usd)},
      {"total_budget_usd", orNull(key.totalBudget, usd)},
      {"scopes", scopesJson(scopesOf(key))},
      {"models", grants.models.empty() ? "null" : modelsJson(grants.models)},
      {"tiers", tiersJson(grants.tiers)},
      {"requests_per_minute", orNull(grants.requestsPerMinute, number)},
      {"tokens_per_minute", orNull(grants.tokensPerMinute, number)},
      {"concurrent", orNull(grants.concurrent, number)},
      {"created", timeJson(key.created)},
      {"expires", orNull(key.expires, timeJson)},
      {"former_key_until", orNull(key.formerUntil, timeJson)},
      {"disabled", key.disabled ? "true" : "false"},
      {"revoked", key.revoked ? "true" : "false"},
      {"version", std::to_string(key.version)},
  };
}

Result<void> checkKey(const ApiKey& key) {
  if (!printable(key.name) || key.name.size() > kLongestName)
    return refused("the name of a key has at most 128 bytes and no control characters", "name");
  if (!printable(key.team) || key.team.size() > kLongestTeam)
    return refused("the team of a key has at most 64 bytes and no control characters", "team");
  const std::pair<const std::optional<Money>*, const char*> budgets[] = {
      {&key.monthlyBudget, "monthly_budget_usd"},
      {&key.dailyBudget, "daily_budget_usd"},
      {&key.totalBudget, "total_budget_usd"}};
  for (const auto& [budget, name] : budgets)
    if (*budget && **budget < Money{}) return refused("a budget of a key is not negative", name);
  const KeyGrants& grants = key.grants;
  const std::pair<const std::optional<std::int64_t>*, const char*> rates[] = {
      {&grants.requestsPerMinute, "requests_per_minute"},
      {&grants.tokensPerMinute, "tokens_per_minute"},
      {&grants.concurrent, "concurrent"}};
  for (const auto& [rate, name] : rates)
    if (*rate && (**rate < 1 || **rate > kLargestRate))
      return refused(std::string(name) + " is 1 to 1000000000", name);
  PAGODA_CHECK(checkModels(grants.models));
  if (scopesOf(key) == 0 || (grants.scopes & ~kAllScopes) != 0)
    return refused("a key needs one scope at least, and 'admin' counts for admins only", "scopes");
  if (grants.tiers == 0 || (grants.tiers & ~kAllTiers) != 0)
    return refused("a key needs one tier at least", "tiers");
  return {};
}

std::string scopeWords(std::uint32_t scopes) {
  std::string words;
  for (const ScopeWord& scope : kScopeWords)
    if ((scopes & scope.bit) != 0) words.append(words.empty() ? "" : ",").append(scope.word);
  return words;
}

Result<std::uint32_t> parseScopes(const std::vector<std::string>& words, std::string_view param) {
  std::uint32_t scopes = 0;
  for (const std::string& word : words) {
    const auto found = std::ranges::find(kScopeWords, word, &ScopeWord::word);
    if (found == kScopeWords.end())
      return refused("scopes are generate, models, usage and admin", std::string(param));
    scopes |= found->bit;
  }
  return scopes;
}

Result<std::uint32_t> parseTiers(const std::vector<std::string>& words, std::string_view param) {
  std::uint32_t tiers = 0;
  for (const std::string& word : words) {
    if (word.size() != 1 || word[0] < '0' || word[0] > '4')
      return refused("tiers are numbers from 0 to 4", std::string(param));
    tiers |= 1u << (word[0] - '0');
  }
  return tiers;
}

}  // namespace pagoda
