// Options from file, environment and flags.

#include <algorithm>

#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

bool isSection(std::string_view path, const std::vector<OptionState>& options, ConfigFile file) {
  const std::string prefix = std::string(path) + ".";
  return std::ranges::any_of(options, [&](const OptionState& state) {
    return state.option.file == file && state.option.path.starts_with(prefix);
  });
}

OptionState* find(std::string_view path, std::vector<OptionState>& options) {
  const auto found =
      std::ranges::find_if(options, [&](const OptionState& s) { return s.option.path == path; });
  return found == options.end() ? nullptr : &*found;
}

/// Names that may stand below `section` (empty: the top).
std::vector<std::string> keysBelow(std::string_view section, ConfigFile file,
                                   const std::vector<OptionState>& options) {
  const std::string prefix = section.empty() ? std::string() : std::string(section) + ".";
  std::vector<std::string> keys;
  for (const OptionState& state : options) {
    if (state.option.file != file || !state.option.path.starts_with(prefix)) continue;
    const std::string rest = state.option.path.substr(prefix.size());
    const std::string key = rest.substr(0, rest.find('.'));
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

/// A key that is known in another section: `port` at the top means `server.port`.
std::string sameKeyElsewhere(std::string_view key, const std::vector<OptionState>& options) {
  const std::string suffix = "." + std::string(key);
  for (const OptionState& state : options)
    if (state.option.path.ends_with(suffix)) return state.option.path;
  return {};
}

struct SectionReader {
  ConfigFile file;
  const std::vector<std::string>& others;
  std::vector<OptionState>& options;
  const ReadContext& context;

  void read(const YamlNode& node, const std::string& path) const {
    if (node.kind == YamlKind::Null) return;
    if (node.kind != YamlKind::Map) {
      context.wrong(node.position,
                    (path.empty() ? "the file" : "'" + path + "'") + " must be a map",
                    "write 'key: value' lines");
      return;
    }
    for (const YamlNode::Entry& entry : node.entries) readEntry(entry, path);
  }

 private:
  void readEntry(const YamlNode::Entry& entry, const std::string& section) const {
    const std::string path = section.empty() ? entry.key : section + "." + entry.key;
    if (std::ranges::find(others, path) != others.end()) return;
    if (OptionState* state = find(path, options); state && state->option.file == file) {
      readValue(*state, entry.value);
    } else if (isSection(path, options, file)) {
      read(entry.value, path);
    } else {
      refuse(entry, section);
    }
  }

  void readValue(OptionState& state, const YamlNode& value) const {
    YamlNode node;
    if (!context.expanded(value, node)) return;
    std::optional<Refusal> refusal;
    if (const auto* secret = std::get_if<Secret*>(&state.option.target)) {
      const auto read = readSecret(node.text, context.place(value.position), context.mistakes);
      if (read) **secret = *read;
    } else {
      refusal = assign(state.option, node);
    }
    if (refusal)
      context.wrong(value.position, state.option.path + ": " + refusal->message,
                    refusal->suggestion);
    state.source = context.file + ":" + std::to_string(value.position.line);
  }

  void refuse(const YamlNode::Entry& entry, const std::string& section) const {
    std::vector<std::string> known = keysBelow(section, file, options);
    for (const std::string& other : others) {
      const bool here =
          section.empty() ? other.find('.') == std::string::npos : other.starts_with(section + ".");
      if (here) known.push_back(section.empty() ? other : other.substr(section.size() + 1));
    }
    const std::string elsewhere = sameKeyElsewhere(entry.key, options);
    if (nearestName(entry.key, known).empty() && !elsewhere.empty()) {
      context.wrong(
          entry.position,
          "unknown key '" + entry.key + "'" + (section.empty() ? "" : " in '" + section + "'"),
          "did you mean '" + elsewhere + "'?");
      return;
    }
    context.unknownKey(entry, known, section);
  }
};

void assignText(OptionState& state, const std::string& value, const std::string& source,
                const Place& place, std::vector<Mistake>& mistakes) {
  if (const auto* secret = std::get_if<Secret*>(&state.option.target)) {
    if (const auto read = readSecret(value, place, mistakes)) **secret = *read;
  } else if (const auto refusal = assign(state.option, value)) {
    mistakes.push_back({place, state.option.path + ": " + refusal->message, refusal->suggestion});
  }
  state.source = source;
}

}  // namespace

bool ReadContext::expanded(const YamlNode& node, YamlNode& out) const {
  out = node;
  if (node.kind != YamlKind::Scalar || node.text.find("${") == std::string::npos) return true;
  const auto text = expand(node.text, environment, place(node.position), mistakes);
  if (!text) return false;
  out.text = text->text;
  return true;
}

void ReadContext::unknownKey(const YamlNode::Entry& entry, const std::vector<std::string>& known,
                             std::string_view where) const {
  const std::string near = nearestName(entry.key, known);
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  wrong(
      entry.position,
      "unknown key '" + entry.key + "'" + (where.empty() ? "" : " in '" + std::string(where) + "'"),
      near.empty() ? "known: " + all : "did you mean '" + near + "'?");
}

void ReadContext::refuseUnknown(const YamlNode& node, const std::vector<std::string>& known,
                                std::string_view where) const {
  for (const YamlNode::Entry& entry : node.entries)
    if (std::ranges::find(known, entry.key) == known.end()) unknownKey(entry, known, where);
}

void readOptions(const YamlNode& root, ConfigFile file, const std::vector<std::string>& others,
                 std::vector<OptionState>& options, const ReadContext& context) {
  SectionReader{file, others, options, context}.read(root, {});
}

void readEnvironment(std::vector<OptionState>& options, const ReadContext& context) {
  std::vector<std::string> known;
  for (OptionState& state : options) {
    const std::string own = environmentName(state.option.path);
    known.push_back(own);
    for (const std::string& name : {state.option.seedVariable, own}) {
      if (name.empty()) continue;
      std::optional<std::string> value;
      if (std::holds_alternative<Secret*>(state.option.target)) {
        value = lookUp(context.environment, name, context.mistakes);
      } else if (const auto found = context.environment.find(name);
                 found != context.environment.end() && !found->second.empty()) {
        value = found->second;
      }
      if (value) assignText(state, *value, "environment " + name, {name, 0, 0}, context.mistakes);
    }
  }
  // Two underscores mark a name as meant for an option; PAGODA_PORT may be another program's.
  for (const auto& [name, value] : context.environment) {
    const bool ours = name.starts_with("PAGODA_") && name.find("__") != std::string::npos;
    if (!ours || name.starts_with("PAGODA_PROVIDERS__")) continue;
    const std::string base = name.ends_with("_FILE") ? name.substr(0, name.size() - 5) : name;
    if (std::ranges::find(known, name) != known.end() ||
        std::ranges::find(known, base) != known.end())
      continue;
    const std::string near = nearestName(name, known);
    context.mistakes.push_back({{name, 0, 0},
                                "no option has this environment name",
                                near.empty() ? "" : "did you mean " + near + "?"});
  }
}

void readFlags(const std::vector<Flag>& flags, std::vector<OptionState>& options,
               std::vector<Mistake>& mistakes) {
  for (const Flag& flag : flags) {
    const Place place{flag.name, 0, 0};
    if (OptionState* state = find(flag.path, options)) {
      assignText(*state, flag.value, "flag " + flag.name, place, mistakes);
      continue;
    }
    std::vector<std::string> known;
    for (const OptionState& state : options) known.push_back(state.option.path);
    const std::string near = nearestName(flag.path, known);
    mistakes.push_back({place, "no option is called '" + flag.path + "'",
                        near.empty() ? "" : "did you mean '" + near + "'?"});
  }
}

}  // namespace pagoda::app
