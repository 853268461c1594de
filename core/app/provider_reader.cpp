// `providers:` of pagoda.yaml and PAGODA_PROVIDERS__NAME__KEY.

#include <algorithm>

#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

constexpr std::string_view kEnvironmentPrefix = "PAGODA_PROVIDERS__";
constexpr std::size_t kLongestName = 64;

const std::vector<std::string>& ownKeys() {
  static const std::vector<std::string> keys = {"name",     "type",    "base_url", "api_key",
                                                "api_keys", "enabled", "extra"};
  return keys;
}

const std::string kNoKey = "no API key";

bool isName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

/// OPENAI_EU for openai-eu.
std::string environmentPart(std::string_view name) {
  std::string part;
  for (const char c : name) {
    if (c == '-' || c == '.') {
      part += '_';
    } else {
      part += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return part;
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

/// An entry on its way: the node with what the environment put over it.
struct Draft {
  std::string name;
  Position position;
  YamlNode node;
  std::map<std::string, std::string> variables;  // key to the variable that set it
};

class ProviderReader {
 public:
  ProviderReader(const ReadContext& context, std::vector<ProviderSettings>& providers)
      : context_(context), providers_(providers) {}

  void read(const YamlNode* node) {
    if (node != nullptr) collect(*node);
    overlayEnvironment();
    for (Draft& draft : drafts_) providers_.push_back(build(draft));
  }

 private:
  void collect(const YamlNode& node) {
    if (node.kind == YamlKind::Sequence) {
      for (const YamlNode& item : node.items) {
        if (item.kind != YamlKind::Map) {
          context_.wrong(item.position, "a provider must be a map", "write '- name: ...'");
          continue;
        }
        const YamlNode* name = item.find("name");
        if (name == nullptr || name->kind != YamlKind::Scalar) {
          context_.wrong(item.position, "a provider without a name", "add 'name: ...'");
          continue;
        }
        add(name->text, name->position, item);
      }
    } else if (node.kind == YamlKind::Map) {
      for (const YamlNode::Entry& entry : node.entries) {
        if (entry.value.kind != YamlKind::Map) {
          context_.wrong(entry.value.position, "provider '" + entry.key + "' must be a map",
                         "add 'type: ...' below it");
          continue;
        }
        if (entry.value.find("name") != nullptr)
          context_.wrong(entry.value.position, "'name' again, beside the key '" + entry.key + "'",
                         "remove it");
        add(entry.key, entry.position, entry.value);
      }
    } else if (node.kind != YamlKind::Null) {
      context_.wrong(node.position, "'providers' must be a list or a map", "");
    }
  }

  void add(const std::string& name, Position position, const YamlNode& node) {
    if (!isName(name)) {
      context_.wrong(position, "'" + name + "' cannot name a provider",
                     "use up to 64 letters, digits, '-', '_' and '.'");
      return;
    }
    for (const Draft& other : drafts_) {
      if (environmentPart(other.name) != environmentPart(name)) continue;
      context_.wrong(position, "a second provider '" + name + "'",
                     "'" + other.name + "' is in line " + std::to_string(other.position.line));
      return;
    }
    drafts_.push_back({name, position, node, {}});
  }

  void overlayEnvironment() {
    for (const auto& [variable, value] : context_.environment) {
      if (!variable.starts_with(kEnvironmentPrefix)) continue;
      const std::string rest = variable.substr(kEnvironmentPrefix.size());
      const std::size_t cut = rest.find("__");
      if (cut == std::string::npos || cut == 0 || cut + 2 == rest.size()) {
        context_.mistakes.push_back({{variable, 0, 0}, "is not PAGODA_PROVIDERS__NAME__KEY", ""});
        continue;
      }
      Draft* draft = findOrCreate(rest.substr(0, cut), variable);
      if (draft != nullptr) put(*draft, lowerCase(rest.substr(cut + 2)), value, variable);
    }
  }

  Draft* findOrCreate(const std::string& part, const std::string& variable) {
    for (Draft& draft : drafts_)
      if (environmentPart(draft.name) == part) return &draft;
    // A type makes a provider of its own; without one it is more likely a mistyped name.
    if (context_.environment.contains(std::string(kEnvironmentPrefix) + part + "__TYPE")) {
      Draft draft;
      draft.name = lowerCase(part);
      draft.node.kind = YamlKind::Map;
      drafts_.push_back(std::move(draft));
      return &drafts_.back();
    }
    std::vector<std::string> known;
    for (const Draft& draft : drafts_) known.push_back(environmentPart(draft.name));
    const std::string near = nearestName(part, known);
    context_.mistakes.push_back(
        {{variable, 0, 0},
         "there is no provider '" + lowerCase(part) + "'",
         near.empty() ? "to make one, set " + std::string(kEnvironmentPrefix) + part + "__TYPE too"
                      : "did you mean " + near + "?"});
    return nullptr;
  }

  static void put(Draft& draft, std::string key, std::string value, const std::string& variable) {
    if (key == "api_key_file") {
      key = "api_key";
      value = "file:" + value;
    }
    YamlNode node;
    node.kind = YamlKind::Scalar;
    node.text = std::move(value);
    const auto found = std::ranges::find(draft.node.entries, key, &YamlNode::Entry::key);
    if (found != draft.node.entries.end()) {
      found->value = std::move(node);
    } else {
      draft.node.entries.push_back({key, {}, std::move(node)});
    }
    draft.variables[key] = variable;
  }

  Place placeOf(const Draft& draft, const std::string& key, const YamlNode& value) const {
    const auto variable = draft.variables.find(key);
    if (variable != draft.variables.end()) return {variable->second, 0, 0};
    return context_.place(value.position);
  }

  ProviderSettings build(const Draft& draft) {
    ProviderSettings provider;
    provider.name = draft.name;
    provider.place = context_.place(draft.position);
    YamlNode settings;
    settings.kind = YamlKind::Map;
    // First, since the variables of a provider that is switched off need not be set.
    for (const YamlNode::Entry& entry : draft.node.entries)
      if (entry.key == "enabled") readEntry(draft, entry, provider, settings);
    for (const YamlNode::Entry& entry : draft.node.entries)
      if (entry.key != "enabled") readEntry(draft, entry, provider, settings);
    if (provider.type.empty() && draft.node.find("type") == nullptr)
      context_.wrong(draft.position, "provider '" + draft.name + "' needs a type",
                     "for example 'type: openai_compatible'");
    provider.settingsJson = toJson(settings);
    if (provider.disabled.starts_with(kNoKey))
      provider.disabled =
          missingCredentials(provider.type) + provider.disabled.substr(kNoKey.size());
    return provider;
  }

  void readEntry(const Draft& draft, const YamlNode::Entry& entry, ProviderSettings& provider,
                 YamlNode& settings) {
    const Place place = placeOf(draft, entry.key, entry.value);
    const auto wrong = [&](std::string message, std::string suggestion) {
      context_.mistakes.push_back(
          {place, "provider '" + draft.name + "': " + std::move(message), std::move(suggestion)});
    };
    if (entry.key == "name") return;
    if (entry.key == "api_key" || entry.key == "api_keys") {
      if (!provider.disabled.empty()) return;
      if (!provider.keyless)
        return wrong("api_keys beside api_key", "keep one of them; either may be a list");
      provider.keyless = false;
      readKeys(entry, place, provider);
      return;
    }
    YamlNode value;
    if (!expandAll(entry.value, value)) return;
    if (entry.key == "enabled") {
      bool enabled = true;
      const Option option{.path = "enabled", .target = &enabled};
      if (const auto refusal = assign(option, value))
        wrong("enabled: " + refusal->message, refusal->suggestion);
      if (!enabled) provider.disabled = "enabled: false";
    } else if (entry.key == "type") {
      if (value.kind != YamlKind::Scalar || !isName(value.text)) {
        wrong("a type must be a word", "");
      } else {
        provider.type = value.text;
      }
    } else if (entry.key == "extra") {
      if (value.kind != YamlKind::Map) return wrong("extra must be a map", "members to send");
      provider.extraJson = toJson(value);
    } else if (entry.key == "base_url") {
      if (value.kind == YamlKind::Scalar && checkUrl(value.text, wrong)) {
        provider.baseUrl = value.text;
        settings.entries.push_back({entry.key, entry.position, std::move(value)});
      } else if (value.kind != YamlKind::Scalar) {
        wrong("base_url must be a text", "");
      }
    } else {
      refuseNearMiss(entry, wrong);
      settings.entries.push_back({entry.key, entry.position, std::move(value)});
    }
  }

  /// Other keys are the plugin's to judge; a slip in one of ours would reach it as a stranger.
  template <class Wrong>
  void refuseNearMiss(const YamlNode::Entry& entry, const Wrong& wrong) const {
    const std::string near = nearestName(entry.key, ownKeys());
    if (near.empty() || entry.key.size() < 4) return;
    const Place place = context_.place(entry.position);
    if (place.line == 0) {
      wrong("unknown key '" + entry.key + "'", "did you mean '" + near + "'?");
    } else {
      context_.mistakes.push_back(
          {place, "unknown key '" + entry.key + "'", "did you mean '" + near + "'?"});
    }
  }

  template <class Wrong>
  static bool checkUrl(const std::string& url, const Wrong& wrong) {
    const bool secure = url.starts_with("https://");
    const std::size_t scheme = secure ? 8 : 7;
    if (!secure && !url.starts_with("http://")) {
      wrong("base_url must start with http:// or https://", "");
      return false;
    }
    const std::string_view host = std::string_view(url).substr(scheme);
    if (host.empty() || host[0] == '/' || host[0] == ':') {
      wrong("base_url names no host", "");
      return false;
    }
    if (host.substr(0, host.find('/')).find('@') != std::string_view::npos) {
      wrong("base_url holds a user name or password", "use api_key");
      return false;
    }
    const bool plain = std::ranges::none_of(
        url, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#'; });
    if (!plain) wrong("base_url has a space, '?' or '#'", "end it with its path");
    return plain;
  }

  /// One key or a list of keys, of which empty ones do not count: the variables of some need not be
  /// set.
  void readKeys(const YamlNode::Entry& entry, const Place& place, ProviderSettings& provider) {
    const YamlNode& value = entry.value;
    std::vector<std::string> variables;
    if (value.kind == YamlKind::Sequence) {
      for (const YamlNode& item : value.items)
        readKey(item, context_.place(item.position), provider, variables);
    } else if (entry.key == "api_keys" && value.kind == YamlKind::Scalar) {
      // From the environment, where a list has commas.
      for (const std::string& text : splitAtCommas(value.text)) {
        YamlNode item = value;
        item.text = text;
        readKey(item, place, provider, variables);
      }
    } else {
      readKey(value, place, provider, variables);
    }
    std::string names;
    for (const std::string& name : variables) names += (names.empty() ? "" : " or ") + name;
    if (!names.empty()) provider.keyFrom = "environment " + names;
    if (provider.apiKeys.empty() && provider.disabled.empty())
      provider.disabled =
          kNoKey + (names.empty() ? ": " + entry.key + " is empty" : ": set " + names);
  }

  void readKey(const YamlNode& value, const Place& place, ProviderSettings& provider,
               std::vector<std::string>& variables) {
    if (value.kind != YamlKind::Scalar && value.kind != YamlKind::Null) {
      context_.mistakes.push_back({place, "api_key must be a text or a list of texts", ""});
      return;
    }
    const auto text = expand(value.text, context_.environment, place, context_.mistakes);
    if (!text) return;
    const auto key = readSecret(text->text, place, context_.mistakes);
    if (!key) return;
    if (!text->from.empty()) variables.push_back(text->from);
    if (key->empty()) return;
    const bool again = std::ranges::any_of(
        provider.apiKeys, [&](const Secret& other) { return other.reveal() == key->reveal(); });
    if (!again) provider.apiKeys.push_back(*key);
  }

  static std::vector<std::string> splitAtCommas(const std::string& text) {
    std::vector<std::string> pieces;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      std::string piece = text.substr(begin, end - begin);
      piece.erase(0, piece.find_first_not_of(' '));
      piece.erase(piece.find_last_not_of(' ') + 1);
      if (!piece.empty()) pieces.push_back(std::move(piece));
      begin = end + 1;
    }
    return pieces;
  }

  bool expandAll(const YamlNode& node, YamlNode& out) const {
    if (!context_.expanded(node, out)) return false;
    bool good = true;
    for (YamlNode& item : out.items) good = expandAll(YamlNode(item), item) && good;
    for (YamlNode::Entry& entry : out.entries)
      good = expandAll(YamlNode(entry.value), entry.value) && good;
    return good;
  }

  const ReadContext& context_;
  std::vector<ProviderSettings>& providers_;
  std::vector<Draft> drafts_;
};

}  // namespace

std::string missingCredentials(std::string_view type) {
  return type == "qwen" ? "Alibaba Cloud credentials not provided" : kNoKey;
}

void readProviders(const YamlNode* node, std::vector<ProviderSettings>& providers,
                   const ReadContext& context) {
  ProviderReader(context, providers).read(node);
}

}  // namespace pagoda::app
