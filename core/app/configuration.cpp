#include "core/app/configuration.h"

#include <algorithm>
#include <span>
#include <tuple>

#include <sys/stat.h>

#include <pagoda/json.hpp>

#include "core/app/config_reader.h"
#include "core/app/trained_router.h"
#include "core/base/time_zone.h"

namespace pagoda::app {
namespace {

constexpr const char* kPagodaFile = "pagoda.yaml";
constexpr const char* kModelsFile = "models.yaml";
constexpr std::size_t kShortestJwtSecret = 32;

bool isFile(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

/// The text of one of the two files, or of what stands in for it; its name for messages goes to
/// `name`.
std::string textOf(const ConfigSources& sources, const char* file, std::string& name,
                   std::vector<Mistake>& mistakes) {
  if (sources.directory.empty()) {
    name = std::string("built-in ") + file;
    const bool server = file == kPagodaFile;
    const std::string& given = server ? sources.pagodaYaml : sources.modelsYaml;
    if (!given.empty()) return given;
    return std::string(server ? builtInPagodaYaml() : builtInModelsYaml());
  }
  name = sources.directory + (sources.directory.ends_with('/') ? "" : "/") + file;
  std::string text;
  const std::size_t before = mistakes.size();
  readConfigFile(name, text, mistakes);
  const bool blank = text.find_first_not_of(" \r\n") == std::string::npos;
  if (mistakes.size() == before && blank)
    mistakes.push_back({{name, 0, 0}, "is empty", "write at least a comment and one setting"});
  return text;
}

std::string fallbackDataDirectory(const Environment& environment) {
  const auto valueOf = [&](std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string data = valueOf("XDG_DATA_HOME"); !data.empty()) return data + "/pagoda";
  if (const std::string home = valueOf("HOME"); !home.empty()) return home + "/.local/share/pagoda";
  return "/var/lib/pagoda";
}

Catalogue builtInCatalogue(const Environment& environment) {
  std::vector<Mistake> ignored;
  const ReadContext context{"built-in models.yaml", environment, ignored};
  Catalogue catalogue;
  const YamlNode root = readYaml(builtInModelsYaml(), context.file, ignored);
  readModels(root, nullptr, catalogue, context);
  return catalogue;
}

/// By file, line and column; what stands in no file comes last.
void sortByPlace(std::vector<Mistake>& mistakes, const std::vector<std::string>& files) {
  std::ranges::stable_sort(mistakes, {}, [&](const Mistake& mistake) {
    return std::tuple(std::ranges::find(files, mistake.place.file) - files.begin(),
                      mistake.place.line, mistake.place.column);
  });
}

void checkTogether(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  const Settings& s = configuration.settings;
  const auto wrong = [&](const char* path, std::string message, std::string suggestion) {
    const auto found = std::ranges::find(configuration.provenance, path, &Provenance::path);
    const std::string source = found == configuration.provenance.end() ? "" : found->source;
    mistakes.push_back(
        {{source, 0, 0}, std::string(path) + ": " + std::move(message), std::move(suggestion)});
  };
  if (s.server.tlsCert.empty() != s.server.tlsKey.empty())
    wrong(s.server.tlsCert.empty() ? "server.tls.key" : "server.tls.cert",
          "TLS needs a certificate and a key", "set server.tls.cert and server.tls.key");
  const std::size_t secret = s.security.jwtSecret.reveal().size();
  if (secret > 0 && secret < kShortestJwtSecret)
    wrong("security.jwt_secret", "shorter than 32 bytes", "make one with: openssl rand -base64 32");
  if (!TimeZone::find(s.cost.timeZone))
    wrong("cost_management.time_zone",
          "the zone '" + s.cost.timeZone + "' is not known on this system",
          "a name such as Asia/Tokyo; zones other than UTC need the package tzdata");
  Money shares;
  for (const auto& [tier, share] : s.cost.tierAllocation) shares += share;
  if (shares > Money::fromNanoUsd(1'000'000'000))
    wrong("cost_management.tier0_allocation",
          "the tiers' parts are " + shares.toString() + " together", "at most 1");
}

void checkProviders(const Configuration& configuration, const ReadContext& models,
                    const YamlNode& modelsRoot) {
  std::vector<std::string> names;
  for (const ProviderSettings& provider : configuration.settings.providers)
    names.push_back(provider.name);
  const YamlNode* entries = modelsRoot.find("models");
  for (const Model& model : configuration.catalogue.models) {
    if (model.provider.empty() || std::ranges::find(names, model.provider) != names.end()) continue;
    const YamlNode* entry = entries ? entries->find(model.key) : nullptr;
    const YamlNode* value = entry ? entry->find("provider") : nullptr;
    const Position position = value ? value->position : entry ? entry->position : Position{};
    const std::string near = nearestName(model.provider, names);
    models.wrong(position,
                 "model '" + model.key + "' names the provider '" + model.provider +
                     "', which pagoda.yaml does not have",
                 near.empty() ? "add it to 'providers:'" : "did you mean '" + near + "'?");
  }
}

/// `extra:` of a provider goes with each of its models; what a model says of a member wins.
void addProvidersExtra(const Configuration& configuration, Model& model) {
  const auto& providers = configuration.settings.providers;
  const auto provider = std::ranges::find(providers, model.provider, &ProviderSettings::name);
  if (provider == providers.end() || provider->extraJson.empty()) return;
  if (model.extraJson.empty()) {
    model.extraJson = provider->extraJson;
    return;
  }
  std::vector<std::pair<std::string, std::string>> members;
  json::Reader own(model.extraJson);
  own.object([&](std::string_view key, json::Reader& value) {
    std::string name(key);
    members.emplace_back(std::move(name), value.raw());
  });
  std::vector<json::Change> changes;
  for (const auto& [name, value] : members)
    changes.push_back({name, json::Change::Action::Set, value});
  std::string merged;
  json::splice(provider->extraJson, std::span<const json::Change>(changes), merged);
  model.extraJson = std::move(merged);
}

}  // namespace

std::string defaultDirectory(const Environment& environment) {
  const auto named = environment.find("PAGODA_CONFIG_DIR");
  if (named != environment.end() && !named->second.empty()) return named->second;
  for (const char* directory : {"config", "/etc/pagoda"})
    if (isFile(std::string(directory) + "/" + kPagodaFile) &&
        isFile(std::string(directory) + "/" + kModelsFile))
      return directory;
  return {};
}

Configuration readConfiguration(const ConfigSources& sources, std::vector<Mistake>& mistakes) {
  Configuration configuration;
  configuration.source = sources.directory.empty() ? "built-in defaults" : sources.directory;
  configuration.sources = std::make_shared<const ConfigSources>(sources);
  Settings& settings = configuration.settings;
  settings.storage.dataDir = fallbackDataDirectory(sources.environment);
  std::vector<OptionState> options;
  for (Option& option : optionsOf(settings)) options.push_back({std::move(option)});

  ReadContext pagoda{{}, sources.environment, mistakes};
  const std::string pagodaText = textOf(sources, kPagodaFile, pagoda.file, mistakes);
  const YamlNode pagodaRoot = readYaml(pagodaText, pagoda.file, mistakes);
  readOptions(pagodaRoot, ConfigFile::Pagoda, {"providers", "strategies", "strategy.settings"},
              options, pagoda);
  if (const YamlNode* strategy = pagodaRoot.find("strategy"))
    if (const YamlNode* node = strategy->find("settings"))
      settings.strategy.settingsJson = toJson(*node);
  if (settings.strategy.settingsJson == "null") settings.strategy.settingsJson = "{}";
  readStrategies(pagodaRoot, settings.strategies, pagoda);
  readProviders(pagodaRoot.find("providers"), settings.providers, pagoda);

  ReadContext models{{}, sources.environment, mistakes};
  const std::string modelsText = textOf(sources, kModelsFile, models.file, mistakes);
  const YamlNode modelsRoot = readYaml(modelsText, models.file, mistakes);
  // Entries of `models:` are models, not options, but for the three that the table knows.
  std::vector<std::string> others = {"routing", "routes", "cost_management.teams"};
  if (const YamlNode* entries = modelsRoot.find("models"))
    for (const YamlNode::Entry& entry : entries->entries)
      if (entry.key != "passthrough" && entry.key != "only_qwen")
        others.push_back("models." + entry.key);
  readOptions(modelsRoot, ConfigFile::Models, others, options, models);
  const Catalogue lent =
      sources.directory.empty() ? Catalogue{} : builtInCatalogue(sources.environment);
  readModels(modelsRoot, &lent, configuration.catalogue, models);
  readRoutes(modelsRoot, configuration.catalogue, models);
  readTeams(modelsRoot, settings.cost.teams, models);

  readEnvironment(options, pagoda);
  readFlags(sources.flags, options, mistakes);
  configuration.catalogue.passthrough = settings.passthrough;
  configuration.router = readRouter(sources.directory, mistakes);
  for (const OptionState& state : options)
    configuration.provenance.push_back({state.option.path, show(state.option), state.source});
  checkTogether(configuration, mistakes);
  checkProviders(configuration, models, modelsRoot);
  sortByPlace(mistakes, {pagoda.file, models.file});
  return configuration;
}

Configuration loadConfiguration(const ConfigSources& sources) {
  std::vector<Mistake> mistakes;
  Configuration configuration = readConfiguration(sources, mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  leaveOutUnusable(configuration);
  return configuration;
}

void leaveOutUnusable(Configuration& configuration) {
  const auto reasonOf = [&](const Model& model) -> std::string {
    if (!model.enabled) return "enabled: false";
    if (configuration.settings.onlyQwen && model.key.find("qwen") == std::string::npos &&
        model.upstreamId.find("qwen") == std::string::npos)
      return "only_qwen is on";
    const auto& providers = configuration.settings.providers;
    const auto provider = std::ranges::find(providers, model.provider, &ProviderSettings::name);
    if (provider == providers.end()) return "no provider '" + model.provider + "'";
    if (!provider->disabled.empty())
      return "provider '" + provider->name + "' is disabled: " + provider->disabled;
    return {};
  };
  std::vector<Model> kept;
  for (Model& model : configuration.catalogue.models) {
    std::string reason = reasonOf(model);
    if (reason.empty()) {
      addProvidersExtra(configuration, model);
      kept.push_back(std::move(model));
    } else {
      configuration.catalogue.unavailable[model.key] = reason;
      configuration.leftOut.push_back({model.key, std::move(reason)});
    }
  }
  configuration.catalogue.models = std::move(kept);
}

}  // namespace pagoda::app
