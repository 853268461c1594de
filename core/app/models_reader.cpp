// `models:` and `routing:` of models.yaml, in the seed's form.

#include <algorithm>
#include <charconv>
#include <iterator>

#include "core/app/config_reader.h"
#include "core/domain/chat.h"
#include "core/domain/parameter.h"

namespace pagoda::app {
namespace {

constexpr int kHighestTier = 4;
const std::vector<std::string> kTasks = {"coding", "general", "analysis", "premium", "realtime"};
const std::vector<std::string> kModelKeys = {"tier",
                                             "kind",
                                             "provider",
                                             "model",
                                             "cost_per_1k_tokens",
                                             "price_per_million",
                                             "capabilities",
                                             "priority_keywords",
                                             "context_tokens",
                                             "max_output_tokens",
                                             "supports",
                                             "refuses",
                                             "prompt_cache_min_tokens",
                                             "simulated",
                                             "local",
                                             "extra",
                                             "then",
                                             "enabled"};

struct NamedCapability {
  const char* name;
  std::uint64_t bit;
};
constexpr NamedCapability kCapabilities[] = {{"stream", kCapStream},
                                             {"tools", kCapTools},
                                             {"json", kCapJson},
                                             {"json_schema", kCapJsonSchema},
                                             {"images", kCapImageIn},
                                             {"audio", kCapAudioIn},
                                             {"files", kCapFileIn},
                                             {"reasoning", kCapReasoning},
                                             {"seed", kCapSeed},
                                             {"logprobs", kCapLogprobs},
                                             {"prompt_cache", kCapPromptCache}};

class ModelsReader {
 public:
  ModelsReader(const ReadContext& context, const Catalogue* builtIn, Catalogue& catalogue)
      : context_(context), builtIn_(builtIn), catalogue_(catalogue) {}

  void readModels(const YamlNode& node) {
    if (!isMap(node, "models")) return;
    for (const YamlNode::Entry& entry : node.entries) {
      if (entry.key == "unpriced") {
        std::vector<Price> prices;
        if (readPrices(entry.value, PriceUnit::Million, "models.unpriced", ModelKind::Chat,
                       context_, prices)) {
          if (prices.size() > 1)
            context_.wrong(entry.value.position, "models.unpriced has several entries",
                           "keep the one that holds");
          catalogue_.unpriced = prices.front();
        }
      } else if (entry.key != "passthrough" && entry.key != "only_qwen") {
        readModel(entry);
      }
    }
  }

  void readRouting(const YamlNode& node) {
    if (!isMap(node, "routing")) return;
    context_.refuseUnknown(node, {"task_classification", "default_task"}, "routing");
    if (const YamlNode* task = node.find("default_task")) readTask(*task, catalogue_.defaultTask);
    if (const YamlNode* rules = node.find("task_classification");
        rules != nullptr && isMap(*rules, "routing.task_classification"))
      for (const YamlNode::Entry& entry : rules->entries) readRule(entry);
  }

 private:
  bool isMap(const YamlNode& node, const std::string& what) const {
    if (node.kind == YamlKind::Map) return true;
    if (node.kind != YamlKind::Null) context_.wrong(node.position, "'" + what + "' must be a map");
    return false;
  }

  template <class Target>
  bool read(const YamlNode& node, const std::string& what, Target target, std::int64_t least = 0,
            std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
    const Option option{.path = what, .target = target, .least = least, .most = most};
    const auto refusal = assign(option, node);
    if (refusal) context_.wrong(node.position, what + ": " + refusal->message, refusal->suggestion);
    return !refusal;
  }

  void readModel(const YamlNode::Entry& entry) {
    const std::string& key = entry.key;
    if (key == "auto" || key.find('/') != std::string::npos || isTierName(key)) {
      context_.wrong(
          entry.position, "a model cannot be called '" + key + "'",
          "the API gives auto, tier0 to tier4 and names with '/' a meaning of their own");
      return;
    }
    if (entry.value.kind != YamlKind::Map) {
      context_.wrong(entry.value.position, "model '" + key + "' must be a map",
                     "add 'tier:', 'provider:' and 'model:' below it");
      return;
    }
    const YamlNode& node = entry.value;
    context_.refuseUnknown(node, kModelKeys, "models." + key);
    Model model;
    model.key = key;
    // What is not said is not held against a model; its provider will tell.
    model.capabilities = ~std::uint64_t{0};
    if (const Model* lent = builtIn_ ? builtIn_->find(key) : nullptr) borrow(*lent, model);
    const std::string where = "models." + key + ".";
    readIdentity(node, where, model);
    readLimits(node, where, model);
    readModelPrice(entry, where, model);
    if (model.provider.empty() || model.upstreamId.empty())
      context_.wrong(
          entry.position,
          "model '" + key + "' needs " + (model.provider.empty() ? "a provider" : "a model id"),
          "add 'provider: NAME' of pagoda.yaml and 'model: ID' of the provider");
    catalogue_.models.push_back(std::move(model));
  }

  static bool isTierName(const std::string& key) {
    return key.size() == 5 && key.starts_with("tier") && key[4] >= '0' && key[4] <= '9';
  }

  /// The seed's own entries name neither provider nor model id.
  static void borrow(const Model& lent, Model& model) {
    model.provider = lent.provider;
    model.upstreamId = lent.upstreamId;
    model.kind = lent.kind;
    model.capabilities = lent.capabilities;
    model.contextTokens = lent.contextTokens;
    model.maxOutputTokens = lent.maxOutputTokens;
    model.refuses = lent.refuses;
    model.cacheMinimum = lent.cacheMinimum;
  }

  void readIdentity(const YamlNode& node, const std::string& where, Model& model) {
    std::int64_t tier = 0;
    const YamlNode* tierNode = node.find("tier");
    if (tierNode == nullptr) {
      context_.wrong(node.position, where + "tier is missing", "0 to 4");
    } else if (read(*tierNode, where + "tier", &tier, 0, kHighestTier)) {
      model.tier = static_cast<int>(tier);
    }
    if (const YamlNode* provider = node.find("provider"))
      read(*provider, where + "provider", &model.provider);
    readKind(node, where, model);
    if (const YamlNode* id = node.find("model")) read(*id, where + "model", &model.upstreamId);
    if (const YamlNode* tags = node.find("capabilities"))
      read(*tags, where + "capabilities", &model.tags);
    if (const YamlNode* words = node.find("priority_keywords"))
      read(*words, where + "priority_keywords", &model.keywords);
    if (const YamlNode* flag = node.find("simulated"))
      read(*flag, where + "simulated", &model.simulated);
    if (const YamlNode* flag = node.find("local")) read(*flag, where + "local", &model.local);
    if (const YamlNode* flag = node.find("enabled")) read(*flag, where + "enabled", &model.enabled);
    if (const YamlNode* supports = node.find("supports")) readSupports(*supports, where, model);
    if (const YamlNode* extra = node.find("extra"); extra && isMap(*extra, where + "extra"))
      model.extraJson = toJson(*extra);
    if (const YamlNode* then = node.find("then")) readThen(*then, where, model);
    if (const YamlNode* refuses = node.find("refuses")) readRefuses(*refuses, where, model);
  }

  void readKind(const YamlNode& node, const std::string& where, Model& model) {
    const YamlNode* kind = node.find("kind");
    std::string word;
    if (kind == nullptr) return;
    const Option option{.path = where + "kind", .target = &word, .choices = {"chat", "embedding"}};
    if (const auto refusal = assign(option, *kind))
      context_.wrong(kind->position, where + "kind: " + refusal->message, refusal->suggestion);
    model.kind = word == "embedding" ? ModelKind::Embedding : ModelKind::Chat;
    // What chat models can do is not to be shown of it.
    if (model.kind == ModelKind::Embedding) model.capabilities = 0;
  }

  void readSupports(const YamlNode& node, const std::string& where, Model& model) {
    std::vector<std::string> names;
    if (!read(node, where + "supports", &names)) return;
    model.capabilities = 0;
    std::vector<std::string> known;
    for (const NamedCapability& capability : kCapabilities) known.push_back(capability.name);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = std::ranges::find(
          kCapabilities, names[i], [](const NamedCapability& c) { return std::string(c.name); });
      if (found != std::end(kCapabilities)) {
        model.capabilities |= found->bit;
        continue;
      }
      const std::string near = nearestName(names[i], known);
      context_.wrong(node.items[i].position, where + "supports: '" + names[i] + "' is not known",
                     near.empty()
                         ? "stream, tools, json, json_schema, images, audio, files, reasoning, "
                           "seed, logprobs, prompt_cache"
                         : "did you mean '" + near + "'?");
    }
  }

  void readThen(const YamlNode& node, const std::string& where, Model& model) {
    std::string tier;
    const Option option{
        .path = where + "then", .target = &tier, .choices = {"tier0", "tier1", "tier2", "tier3"}};
    if (const auto refusal = assign(option, node)) {
      context_.wrong(node.position, where + "then: " + refusal->message, refusal->suggestion);
    } else {
      model.then = tier.back() - '0';
    }
  }

  void readRefuses(const YamlNode& node, const std::string& where, Model& model) {
    std::vector<std::string> names;
    if (!read(node, where + "refuses", &names)) return;
    model.refuses = 0;
    std::vector<std::string> known = {"sampling"};
    for (const ParameterName& parameter : kParameterNames) known.emplace_back(parameter.name);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = std::ranges::find(kParameterNames, names[i], &ParameterName::name);
      if (names[i] == "sampling") {
        model.refuses |= kParTemperature | kParTopP | kParPenalties;
      } else if (found != std::end(kParameterNames)) {
        model.refuses |= found->bit;
      } else {
        const std::string near = nearestName(names[i], known);
        context_.wrong(node.items[i].position, where + "refuses: '" + names[i] + "' is not known",
                       near.empty() ? "sampling, " + namesOf(~std::uint32_t{0})
                                    : "did you mean '" + near + "'?");
      }
    }
  }

  void readLimits(const YamlNode& node, const std::string& where, Model& model) {
    constexpr std::int64_t kMostTokens = 1'000'000'000;
    if (const YamlNode* context = node.find("context_tokens"))
      read(*context, where + "context_tokens", &model.contextTokens, 1, kMostTokens);
    if (const YamlNode* output = node.find("max_output_tokens"))
      read(*output, where + "max_output_tokens", &model.maxOutputTokens, 1, kMostTokens);
    if (const YamlNode* cache = node.find("prompt_cache_min_tokens"))
      read(*cache, where + "prompt_cache_min_tokens", &model.cacheMinimum, 0, kMostTokens);
  }

  void readModelPrice(const YamlNode::Entry& entry, const std::string& where, Model& model) {
    const YamlNode* thousand = entry.value.find("cost_per_1k_tokens");
    const YamlNode* million = entry.value.find("price_per_million");
    if (thousand != nullptr && million != nullptr) {
      context_.wrong(million->position, where + "price_per_million beside cost_per_1k_tokens",
                     "keep one of them");
    } else if (million != nullptr) {
      takePrices(*million, PriceUnit::Million, where + "price_per_million", model);
    } else if (thousand != nullptr) {
      takePrices(*thousand, PriceUnit::Thousand, where + "cost_per_1k_tokens", model);
    } else if (!model.local) {
      context_.wrong(entry.position,
                     "model '" + model.key + "' has no price, so no budget can be kept",
                     "add price_per_million: {input: ..., output: ...}, or local: true");
    }
  }

  void takePrices(const YamlNode& node, PriceUnit unit, const std::string& where, Model& model) {
    std::vector<Price> prices;
    if (!readPrices(node, unit, where, model.kind, context_, prices)) return;
    model.price = std::move(prices.front());
    model.later.assign(std::make_move_iterator(prices.begin() + 1),
                       std::make_move_iterator(prices.end()));
  }

  void readTask(const YamlNode& node, std::string& out) {
    const Option option{.path = "routing.default_task", .target = &out, .choices = kTasks};
    if (const auto refusal = assign(option, node))
      context_.wrong(node.position, "routing.default_task: " + refusal->message,
                     refusal->suggestion);
  }

  void readRule(const YamlNode::Entry& entry) {
    if (std::ranges::find(kTasks, entry.key) == kTasks.end()) {
      context_.unknownKey(entry, kTasks, "routing.task_classification");
      return;
    }
    const std::string where = "routing.task_classification." + entry.key;
    if (!isMap(entry.value, where)) return;
    context_.refuseUnknown(entry.value, {"keywords", "preferred_tier"}, where);
    TaskRule rule;
    rule.task = entry.key;
    if (const YamlNode* words = entry.value.find("keywords"))
      read(*words, where + ".keywords", &rule.keywords);
    if (std::ranges::find(rule.keywords, std::string()) != rule.keywords.end())
      context_.wrong(entry.value.position, where + ".keywords holds an empty word",
                     "it would match everything");
    std::int64_t tier = 0;
    const YamlNode* preferred = entry.value.find("preferred_tier");
    if (preferred == nullptr) {
      context_.wrong(entry.position, where + ".preferred_tier is missing", "0 to 4");
    } else if (read(*preferred, where + ".preferred_tier", &tier, 0, kHighestTier)) {
      rule.preferredTier = static_cast<int>(tier);
    }
    catalogue_.rules.push_back(std::move(rule));
  }

  const ReadContext& context_;
  const Catalogue* builtIn_;
  Catalogue& catalogue_;
};

}  // namespace

void readTeams(const YamlNode& root, std::map<std::string, CostSettings::Team>& teams,
               const ReadContext& context) {
  constexpr std::size_t kLongestName = 64;  // what an open hold keeps of it
  const YamlNode* cost = root.find("cost_management");
  const YamlNode* node = cost == nullptr ? nullptr : cost->find("teams");
  if (node == nullptr || node->kind == YamlKind::Null) return;
  const std::string where = "cost_management.teams";
  if (node->kind != YamlKind::Map) {
    context.wrong(node->position, "'" + where + "' must be a map",
                  "write NAME: {monthly_budget_usd: 10}");
    return;
  }
  for (const YamlNode::Entry& entry : node->entries) {
    const std::string path = where + "." + entry.key;
    if (entry.key.empty() || entry.key.size() > kLongestName)
      context.wrong(entry.position, where + ": a team's name has 1 to 64 bytes");
    if (entry.value.kind != YamlKind::Map) {
      context.wrong(entry.value.position, "'" + path + "' must be a map",
                    "write {monthly_budget_usd: 10}");
      continue;
    }
    CostSettings::Team& team = teams[entry.key];
    const std::pair<std::string, Money*> known[] = {{"daily_budget_usd", &team.daily},
                                                    {"monthly_budget_usd", &team.monthly},
                                                    {"total_budget_usd", &team.total}};
    context.refuseUnknown(entry.value,
                          {"daily_budget_usd", "monthly_budget_usd", "total_budget_usd"}, path);
    for (const auto& [name, target] : known) {
      const YamlNode* value = entry.value.find(name);
      if (value == nullptr) continue;
      const Option option{.path = path + "." + name, .target = target};
      if (const auto refusal = assign(option, *value))
        context.wrong(value->position, option.path + ": " + refusal->message, refusal->suggestion);
    }
  }
}

void readModels(const YamlNode& root, const Catalogue* builtIn, Catalogue& catalogue,
                const ReadContext& context) {
  ModelsReader reader(context, builtIn, catalogue);
  if (const YamlNode* models = root.find("models")) reader.readModels(*models);
  if (const YamlNode* routing = root.find("routing")) reader.readRouting(*routing);
}

}  // namespace pagoda::app
