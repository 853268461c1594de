#pragma once
// What the readers of the two files share: the file's name, the environment, the mistakes.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/configuration.h"
#include "core/app/option_table.h"
#include "core/app/yaml_tree.h"

namespace pagoda::app {

struct ReadContext {
  std::string file;
  const Environment& environment;
  std::vector<Mistake>& mistakes;

  Place place(Position position) const { return {file, position.line, position.column}; }
  void wrong(Position position, std::string message, std::string suggestion = {}) const {
    mistakes.push_back({place(position), std::move(message), std::move(suggestion)});
  }
  /// The node with `${NAME}` replaced in its text. False: a mistake was noted.
  bool expanded(const YamlNode& node, YamlNode& out) const;
  /// Notes each key of `node` that is not `known`.
  void refuseUnknown(const YamlNode& node, const std::vector<std::string>& known,
                     std::string_view where) const;
  void unknownKey(const YamlNode::Entry& entry, const std::vector<std::string>& known,
                  std::string_view where) const;
};

/// Which source set an option, for precedence and provenance.
struct OptionState {
  Option option;
  std::string source = "default";
};

/// Reads the options of one file from its root; sections named in `others` are somebody else's.
void readOptions(const YamlNode& root, ConfigFile file, const std::vector<std::string>& others,
                 std::vector<OptionState>& options, const ReadContext& context);
/// The seed's variables, then PAGODA_SECTION__KEY, then flags: later ones win.
void readEnvironment(std::vector<OptionState>& options, const ReadContext& context);
void readFlags(const std::vector<Flag>& flags, std::vector<OptionState>& options,
               std::vector<Mistake>& mistakes);

/// `providers:` of pagoda.yaml, a list of entries with `name`, or a map from names to entries, with
/// what PAGODA_PROVIDERS__NAME__KEY adds. `node` may be null.
void readProviders(const YamlNode* node, std::vector<ProviderSettings>& providers,
                   const ReadContext& context);

/// What to say of a provider of `type` without a key; of Alibaba Cloud in the seed's words.
std::string missingCredentials(std::string_view type);

/// `models:` (with `passthrough`, `unpriced`) and `routing:` of models.yaml. `builtIn` lends an
/// entry of the same key its provider and model where it names none, as the seed's file does; may
/// be null.
void readModels(const YamlNode& root, const Catalogue* builtIn, Catalogue& catalogue,
                const ReadContext& context);

/// `routes:` of models.yaml: names that stand for a plan over the catalogue's models.
void readRoutes(const YamlNode& root, Catalogue& catalogue, const ReadContext& context);

/// `strategies:` of pagoda.yaml.
void readStrategies(const YamlNode& root, std::vector<NamedStrategySettings>& strategies,
                    const ReadContext& context);

enum class PriceUnit { Thousand, Million };

/// The prices of a model: a map, or a list of maps of which each after the first says `from` which
/// day it holds. True: all of it is good, and `prices` has at least one, by rising day.
bool readPrices(const YamlNode& node, PriceUnit unit, const std::string& where, ModelKind kind,
                const ReadContext& context, std::vector<Price>& prices);

/// `cost_management.teams` of models.yaml.
void readTeams(const YamlNode& root, std::map<std::string, CostSettings::Team>& teams,
               const ReadContext& context);

/// The files compiled in: config/pagoda.yaml and config/models.yaml.
std::string_view builtInPagodaYaml();
std::string_view builtInModelsYaml();

}  // namespace pagoda::app
