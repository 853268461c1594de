// Strategy `tiered`, the seed's: the tier that was asked for or that the task prefers first, the
// next ones up when it fails.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "order.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::tiered;

#define PAGODA_TIERED_SCHEMA                                                                      \
  R"({"type":"object","additionalProperties":false,"properties":{)"                               \
  R"("escalate":{"type":"string","enum":["up","any","none"],"description":"where to go on when )" \
  R"(a tier fails: upwards, upwards and then downwards, or nowhere"},)"                           \
  R"("max_steps":{"type":"integer","minimum":1,"maximum":16,"description":"models to try"}}})"

constexpr std::uint32_t kOnStack = 64;

std::string_view labelOf(const pagoda_array& labels, std::string_view name) {
  for (std::uint32_t i = 0; i < labels.count; ++i) {
    const pagoda_pair& pair = *PAGODA_AT(pagoda_pair, labels, i);
    if (view(pair.name) == name) return view(pair.value);
  }
  return {};
}

bool holdsTag(std::string_view tags, std::string_view tag) {
  while (!tags.empty()) {
    const std::size_t comma = tags.find(',');
    if (tags.substr(0, comma) == tag) return true;
    if (comma == std::string_view::npos) break;
    tags.remove_prefix(comma + 1);
  }
  return false;
}

int tierIn(std::string_view text, int otherwise) {
  int tier = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), tier);
  return tier;
}

struct Settings {
  Escalate escalate = Escalate::Any;
  std::uint32_t maxSteps = 4;
};

Settings readSettings(std::string_view config) {
  Settings settings;
  if (config.empty()) return settings;
  pagoda::json::Reader reader(config);
  reader.object([&](std::string_view name, pagoda::json::Reader& value) {
    std::string buffer;
    if (name == "escalate") {
      const std::string_view word = value.string(buffer).value_or("");
      if (word == "up")
        settings.escalate = Escalate::Up;
      else if (word == "any")
        settings.escalate = Escalate::Any;
      else if (word == "none")
        settings.escalate = Escalate::None;
      else
        throw Failure(PAGODA_E_CONFIG, "escalate must be up, any or none");
    } else if (name == "max_steps") {
      const std::int64_t steps = value.integer().value_or(0);
      if (steps < 1 || steps > 16) throw Failure(PAGODA_E_CONFIG, "max_steps must be from 1 to 16");
      settings.maxSteps = static_cast<std::uint32_t>(steps);
    }
  });
  reader.finish();
  return settings;
}

Facts factsOf(const pagoda_candidate& candidate, std::uint32_t index, std::string_view task) {
  Facts facts;
  facts.index = index;
  facts.tier = candidate.tier;
  facts.down = candidate.health == PAGODA_HEALTH_DOWN;
  facts.costNano = candidate.expected_cost_nusd;
  facts.id = view(candidate.id);
  facts.tagged = holdsTag(labelOf(candidate.labels, "tags"), task);
  facts.lastResort = labelOf(candidate.labels, "local") == "true";
  return facts;
}

/// "coding: tier 0, then 1, 2", in a fixed buffer: plan() allocates nothing for usual catalogues.
class Reason {
 public:
  void text(std::string_view part) {
    const std::size_t size = std::min(part.size(), sizeof buffer_ - size_);
    part.copy(buffer_ + size_, size);
    size_ += size;
  }
  void tier(int number) {
    char digit[12];
    const auto end = std::to_chars(digit, digit + sizeof digit, number).ptr;
    text({digit, static_cast<std::size_t>(end - digit)});
  }
  std::string_view view() const { return {buffer_, size_}; }

 private:
  char buffer_[160];
  std::size_t size_ = 0;
};

class Tiered {
 public:
  static constexpr const char* kType = "tiered";
  static constexpr const char* kTitle = "By tier, as the task prefers";
  static constexpr const char* kConfigSchema = PAGODA_TIERED_SCHEMA;

  Tiered(Host, std::string_view config) : settings_(readSettings(config)) {}

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    const std::string_view task = labelOf(features.labels, "task");
    const std::string_view asked = labelOf(features.labels, "requested_tier");
    const int start = tierIn(asked.empty() ? labelOf(features.labels, "preferred_tier") : asked, 1);

    const std::uint32_t count = catalogue.candidates.count;
    std::array<Facts, kOnStack> few;
    std::vector<Facts> many;
    if (count > kOnStack) many.resize(count);
    Facts* const facts = count > kOnStack ? many.data() : few.data();
    for (std::uint32_t i = 0; i < count; ++i)
      facts[i] = factsOf(*PAGODA_AT(pagoda_candidate, catalogue.candidates, i), i, task);

    std::uint32_t wanted = orderFrom(facts, count, start, settings_.escalate);
    // The host never hands over an empty catalogue, and a plan has a step: where the way leads to
    // nobody, whoever is there may try.
    if (wanted == 0) wanted = count;
    wanted = std::min(wanted, settings_.maxSteps);
    Reason reason;
    reason.text(task.empty() ? std::string_view("general") : task);
    reason.text(asked.empty() ? " prefers tier " : ", asked for tier ");
    reason.tier(start);
    reason.text("; tiers in order: ");
    for (std::uint32_t i = 0; i < wanted; ++i) {
      plan.add(facts[i].index);
      if (i > 0) reason.text(", ");
      reason.tier(facts[i].tier);
    }
    plan.explain(reason.view());
  }

 private:
  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.tiered","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Tiered",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Tiers in the order of the task",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"tiered","config_schema":)" PAGODA_TIERED_SCHEMA
    R"(}],"unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN("dev.pagoda.tiered", "1.0.0", Strategies<Tiered>)
