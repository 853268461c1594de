// `pagoda prices`: the price book of the configuration, and how it differs from another.

#include <map>
#include <ostream>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

using JsonWriter = json::Writer<std::string>;

std::vector<const Price*> entriesOf(const Model& model) {
  std::vector<const Price*> entries{&model.price};
  for (const Price& price : model.later) entries.push_back(&price);
  return entries;
}

std::string stepsOf(const Price& price) {
  std::string text;
  for (const PriceStep& step : price.steps)
    text += (text.empty() ? "" : "; ") + std::string("above ") + std::to_string(step.above) + ": " +
            step.rates.input.toString() + "/" + step.rates.output.toString();
  return text;
}

/// Name and value of everything that a price says.
std::map<std::string, std::string> fieldsOf(const Price& price) {
  std::map<std::string, std::string> fields;
  const auto rates = [&](const Rates& of, const std::string& prefix) {
    fields[prefix + "input"] = of.input.toString();
    fields[prefix + "output"] = of.output.toString();
    if (of.cacheRead) fields[prefix + "cache_read"] = of.cacheRead->toString();
    if (of.cacheWrite) fields[prefix + "cache_write"] = of.cacheWrite->toString();
    if (of.cacheWriteHour) fields[prefix + "cache_write_1h"] = of.cacheWriteHour->toString();
    if (of.reasoning) fields[prefix + "reasoning"] = of.reasoning->toString();
  };
  rates(price, "");
  for (const PriceStep& step : price.steps)
    rates(step.rates, "above " + std::to_string(step.above) + " ");
  if (price.perRequest > Money{}) fields["per_request"] = price.perRequest.toString();
  if (price.perSearch > Money{}) fields["per_search"] = price.perSearch.toString();
  return fields;
}

struct Difference {
  std::string model, field, ours, theirs;
};

std::vector<Difference> differencesOf(const Catalogue& ours, const Catalogue& theirs,
                                      CalendarDay today) {
  std::vector<Difference> found;
  for (const Model& other : theirs.models) {
    const Model* model = ours.find(other.key);
    if (model == nullptr) model = ours.find(other.provider, other.upstreamId);
    if (model == nullptr) {
      found.push_back({other.key, "model", "-", "new"});
      continue;
    }
    std::map<std::string, std::string> before = fieldsOf(model->priceAt(today));
    for (const auto& [field, value] : fieldsOf(other.priceAt(today))) {
      const auto same = before.find(field);
      if (same == before.end()) {
        found.push_back({model->key, field, "-", value});
        continue;
      }
      if (same->second != value) found.push_back({model->key, field, same->second, value});
      before.erase(same);
    }
    for (const auto& [field, value] : before) found.push_back({model->key, field, value, "-"});
  }
  return found;
}

Configuration wholeConfiguration(const Arguments& arguments, Console& console) {
  std::vector<Mistake> mistakes;
  // Models that no key is there for have prices, too.
  Configuration configuration =
      readConfiguration(sourcesOf(arguments, console.environment), mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return configuration;
}

Catalogue catalogueIn(const std::string& path, const Environment& environment) {
  std::vector<Mistake> mistakes;
  std::string text;
  Catalogue catalogue;
  if (readConfigFile(path, text, mistakes)) {
    const YamlNode root = readYaml(text, path, mistakes);
    if (mistakes.empty()) readModels(root, nullptr, catalogue, {path, environment, mistakes});
  }
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return catalogue;
}

}  // namespace

ExitCode listPrices(const Arguments& arguments, Console& console) {
  const Configuration configuration = wholeConfiguration(arguments, console);
  const SystemClock clock;
  const CalendarDay today = TimeZone::utc()->dayOf(clock.unixNow());
  std::string text;
  JsonWriter json(text);
  json.beginArray();
  std::vector<std::vector<std::string>> rows{
      {"model", "from", "$/M in", "$/M out", "steps", "read", "state", "source"}};
  for (const Model& model : configuration.catalogue.models) {
    for (const Price* price : entriesOf(model)) {
      const auto age = ageOf(*price, today);
      const bool stale = age && *age > kStalePriceDays;
      const bool holds = price == &model.priceAt(today);
      const std::string from = price->from == 0 ? "" : formatDay(price->from);
      rows.push_back({model.key, from, price->input.toString(), price->output.toString(),
                      stepsOf(*price), price->asOf,
                      std::string(holds ? "holds" : "-") + (stale ? ", stale" : ""),
                      price->source});
      json.beginObject().member("model", std::string_view(model.key));
      json.member("from", std::string_view(from)).member("holds", holds).member("stale", stale);
      json.member("source", std::string_view(price->source));
      json.member("as_of", std::string_view(price->asOf)).key("usd").beginObject();
      for (const auto& [field, value] : fieldsOf(*price)) json.rawMember(field, value);
      json.endObject().endObject();
    }
  }
  json.endArray();
  if (arguments.has("--json")) {
    console.out << text << "\n";
  } else {
    printTable(console.out, rows);
  }
  return ExitCode::Ok;
}

ExitCode diffPrices(const Arguments& arguments, Console& console) {
  const Configuration ours = wholeConfiguration(arguments, console);
  const Catalogue theirs = catalogueIn(arguments.words[0], console.environment);
  const SystemClock clock;
  const auto found = differencesOf(ours.catalogue, theirs, TimeZone::utc()->dayOf(clock.unixNow()));
  if (arguments.has("--json")) {
    std::string text;
    JsonWriter json(text);
    json.beginArray();
    for (const Difference& one : found)
      json.beginObject()
          .member("model", std::string_view(one.model))
          .member("field", std::string_view(one.field))
          .member("ours", std::string_view(one.ours))
          .member("theirs", std::string_view(one.theirs))
          .endObject();
    json.endArray();
    console.out << text << "\n";
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{{"model", "field", "ours $", "theirs $"}};
  for (const Difference& one : found) rows.push_back({one.model, one.field, one.ours, one.theirs});
  if (!found.empty()) printTable(console.out, rows);
  console.out << found.size() << " differences\n";
  return ExitCode::Ok;
}

}  // namespace pagoda::app
