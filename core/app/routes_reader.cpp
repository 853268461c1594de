// `routes:` of models.yaml: model names that stand for a plan.

#include <algorithm>

#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

const std::vector<std::string> kRouteKeys = {"strategy", "candidates",     "hedge_after_ms",
                                             "on_break", "content_filter", "settings"};
constexpr std::int64_t kLongestHedge = 600'000;

class RouteReader {
 public:
  RouteReader(const ReadContext& context, const Catalogue& catalogue)
      : context_(context), catalogue_(catalogue) {}

  ModelRoute read(const YamlNode::Entry& entry) const {
    const std::string where = "routes." + entry.key + ".";
    ModelRoute route;
    route.name = entry.key;
    checkName(entry);
    if (entry.value.kind != YamlKind::Map) {
      context_.wrong(entry.value.position, "route '" + entry.key + "' must be a map",
                     "write {strategy: fallback, candidates: [MODEL, MODEL]}");
      return route;
    }
    context_.refuseUnknown(entry.value, kRouteKeys, "routes." + entry.key);
    const auto option = [&](const char* key, auto target, std::vector<std::string> choices = {},
                            std::int64_t most = 0) {
      const YamlNode* node = entry.value.find(key);
      if (node == nullptr) return false;
      Option wanted{.path = where + key, .target = target, .choices = std::move(choices)};
      if (most > 0) wanted.most = most;
      const auto refusal = assign(wanted, *node);
      if (refusal)
        context_.wrong(node->position, where + key + ": " + refusal->message, refusal->suggestion);
      return !refusal;
    };
    option("strategy", &route.strategy);
    readSettings(entry.value, where, route);
    option("hedge_after_ms", &route.hedgeAfter, {}, kLongestHedge);
    if (entry.value.find("hedge_after_ms") != nullptr && route.strategy != "race")
      context_.wrong(entry.value.find("hedge_after_ms")->position,
                     where + "hedge_after_ms is for 'strategy: race'", "set the strategy to race");
    std::string word;
    if (option("on_break", &word, {"error", "restart"}))
      route.onBreak = word == "error" ? OnBreak::Error : OnBreak::Restart;
    if (option("content_filter", &word, {"stop", "next"})) route.filterElsewhere = word == "next";
    readCandidates(entry, where, route);
    return route;
  }

 private:
  void readSettings(const YamlNode& node, const std::string& where, ModelRoute& route) const {
    const YamlNode* settings = node.find("settings");
    if (settings == nullptr || settings->kind == YamlKind::Null) return;
    if (settings->kind != YamlKind::Map)
      context_.wrong(settings->position, where + "settings must be a map");
    else if (route.strategy == "fallback" || route.strategy == "race")
      context_.wrong(settings->position, where + "settings are for strategy plugins",
                     "fallback and race have none");
    else
      route.settingsJson = toJson(*settings);
  }

  void checkName(const YamlNode::Entry& entry) const {
    const std::string& name = entry.key;
    const bool tier =
        name.size() == 5 && name.starts_with("tier") && name[4] >= '0' && name[4] <= '9';
    if (name.empty() || name == "auto" || tier)
      context_.wrong(entry.position, "a route cannot be called '" + name + "'",
                     "the API gives auto and tier0 to tier4 a meaning of their own");
    if (catalogue_.find(name) != nullptr)
      context_.wrong(entry.position, "there is a model called '" + name + "'",
                     "give the route another name");
  }

  void readCandidates(const YamlNode::Entry& entry, const std::string& where,
                      ModelRoute& route) const {
    const YamlNode* node = entry.value.find("candidates");
    if (node == nullptr) {
      context_.wrong(entry.position, where + "candidates is missing", "a list of models");
      return;
    }
    const Option option{.path = where + "candidates", .target = &route.candidates};
    if (const auto refusal = assign(option, *node)) {
      context_.wrong(node->position, option.path + ": " + refusal->message, refusal->suggestion);
      return;
    }
    if (route.candidates.empty())
      context_.wrong(node->position, where + "candidates is empty", "a list of models");
    std::vector<std::string> known;
    for (const Model& model : catalogue_.models) known.push_back(model.key);
    for (std::size_t i = 0; i < route.candidates.size(); ++i) {
      const std::string& key = route.candidates[i];
      const Position place = i < node->items.size() ? node->items[i].position : node->position;
      const auto first = std::ranges::find(route.candidates, key) - route.candidates.begin();
      if (static_cast<std::size_t>(first) < i)
        context_.wrong(place, where + "candidates names '" + key + "' twice");
      if (std::ranges::find(known, key) != known.end()) continue;
      const std::string near = nearestName(key, known);
      context_.wrong(place, where + "candidates: there is no model '" + key + "' in 'models:'",
                     near.empty() ? "" : "did you mean '" + near + "'?");
    }
  }

  const ReadContext& context_;
  const Catalogue& catalogue_;
};

}  // namespace

void readRoutes(const YamlNode& root, Catalogue& catalogue, const ReadContext& context) {
  const YamlNode* routes = root.find("routes");
  if (routes == nullptr || routes->kind == YamlKind::Null) return;
  if (routes->kind != YamlKind::Map) {
    context.wrong(routes->position, "'routes' must be a map",
                  "write NAME: {strategy: fallback, candidates: [MODEL, MODEL]}");
    return;
  }
  const RouteReader reader(context, catalogue);
  for (const YamlNode::Entry& entry : routes->entries)
    catalogue.routes.push_back(reader.read(entry));
}

}  // namespace pagoda::app
