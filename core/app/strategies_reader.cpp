// `strategies:` of pagoda.yaml: further strategies, and which requests each decides.

#include <algorithm>

#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

const std::vector<std::string> kStrategyKeys = {"type", "settings", "keys", "tasks", "header"};
const std::vector<std::string> kTasks = {"coding", "general", "analysis", "premium", "realtime"};
constexpr std::size_t kLongestName = 64;

/// It is sent in a header.
bool isPlainName(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, plain);
}

NamedStrategySettings readOne(const YamlNode::Entry& entry, const ReadContext& context) {
  const std::string where = "strategies." + entry.key;
  NamedStrategySettings named;
  named.name = entry.key;
  named.place = context.place(entry.position);
  if (!isPlainName(entry.key))
    context.wrong(entry.position, "a strategy cannot be called '" + entry.key + "'",
                  "1 to 64 letters, digits, '-', '_' and '.'");
  if (entry.value.kind != YamlKind::Map) {
    context.wrong(entry.value.position, where + " must be a map",
                  "write {type: cascade, tasks: [coding]}");
    return named;
  }
  context.refuseUnknown(entry.value, kStrategyKeys, where);
  const auto option = [&](const char* key, auto target) {
    const YamlNode* node = entry.value.find(key);
    if (node == nullptr) return;
    const Option wanted{.path = where + "." + key, .target = target};
    if (const auto refusal = assign(wanted, *node))
      context.wrong(node->position, wanted.path + ": " + refusal->message, refusal->suggestion);
  };
  option("type", &named.type);
  option("keys", &named.keys);
  option("tasks", &named.tasks);
  option("header", &named.byHeader);
  if (entry.value.find("type") == nullptr)
    context.wrong(entry.position, where + ".type is missing", "a strategy plugin's type");
  if (const YamlNode* settings = entry.value.find("settings");
      settings != nullptr && settings->kind != YamlKind::Null) {
    if (settings->kind == YamlKind::Map)
      named.settingsJson = toJson(*settings);
    else
      context.wrong(settings->position, where + ".settings must be a map");
  }
  const YamlNode* tasks = entry.value.find("tasks");
  for (const std::string& task : named.tasks)
    if (std::ranges::find(kTasks, task) == kTasks.end())
      context.wrong(tasks->position, where + ".tasks: there is no task '" + task + "'",
                    "coding, general, analysis, premium or realtime");
  if (named.keys.empty() && named.tasks.empty() && !named.byHeader)
    context.wrong(entry.position, where + " decides no request",
                  "say which ones with keys, tasks or header: true");
  return named;
}

}  // namespace

void readStrategies(const YamlNode& root, std::vector<NamedStrategySettings>& strategies,
                    const ReadContext& context) {
  const YamlNode* node = root.find("strategies");
  if (node == nullptr || node->kind == YamlKind::Null) return;
  if (node->kind != YamlKind::Map) {
    context.wrong(node->position, "'strategies' must be a map",
                  "write NAME: {type: cascade, tasks: [coding]}");
    return;
  }
  for (const YamlNode::Entry& entry : node->entries) strategies.push_back(readOne(entry, context));
}

}  // namespace pagoda::app
