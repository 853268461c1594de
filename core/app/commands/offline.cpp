// Commands that read the configuration and need no server.

#include <algorithm>
#include <ostream>

#include <Poco/JSON/Array.h>

#include <pagoda/json.hpp>

#include "core/api/generate_dialect.h"
#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/commands/private_folder.h"
#include "core/app/engine.h"
#include "core/app/info.h"

namespace pagoda::app {
namespace {

/// Warnings of plugins are for the server's log, not between a command's lines.
Configuration quiet(Configuration configuration) {
  configuration.settings.logging.level = "off";
  return configuration;
}

std::string decide(const Arguments& arguments, Console& console) {
  const std::string body = generateBody(arguments);
  if (namesServer(arguments, console.environment))
    return askOrFail(addressOf(arguments, console.environment), "POST", "/v1/route/explain", body);
  const PrivateFolder folder;
  Engine engine(quiet(loadConfiguration(sourcesOf(arguments, console.environment))),
                {":memory:", folder.path()});
  auto document = api::JsonDocument::parse(body);
  if (!document) throw StartError(ExitCode::Usage, document.error().message);
  auto chat = api::readGenerateRequest(*std::move(document));
  if (!chat) throw StartError(ExitCode::Usage, chat.error().message);
  services::CorridorRequest request;
  request.id = engine.ids.next();
  request.route = "/generate";
  request.received = engine.clock.now();
  request.chat = *std::move(chat);
  const Result<std::string> decision = engine.orchestrator.explain(request);
  if (!decision) throw StartError(ExitCode::Refused, decision.error().message);
  return *decision;
}

void printDecision(const Poco::JSON::Object& decision, std::ostream& out) {
  if (const auto found = decision.getObject("class")) {
    out << "task " << textOf(*found, "task") << ", tier " << textOf(*found, "preferred_tier");
    if (const auto words = found->getArray("keywords"); words && words->size() > 0) {
      out << ", because of";
      for (const auto& word : *words) out << " '" << word.convert<std::string>() << "'";
    }
    out << "\n";
  }
  if (const auto plan = decision.getObject("plan")) {
    out << textOf(*plan, "mode") << " by " << textOf(*plan, "strategy") << ": "
        << textOf(*plan, "reason") << "\n";
    if (const auto steps = plan->getArray("steps"))
      for (std::size_t i = 0; i < steps->size(); ++i)
        out << "  " << i + 1 << ". " << steps->getElement<std::string>(static_cast<unsigned>(i))
            << "\n";
  }
  std::vector<std::vector<std::string>> rows{{"model", "tier", "state"}};
  if (const auto candidates = decision.getArray("candidates"))
    for (std::size_t i = 0; i < candidates->size(); ++i) {
      const auto one = candidates->getObject(static_cast<unsigned>(i));
      rows.push_back({textOf(*one, "model"), textOf(*one, "tier"),
                      "may serve, worst case $" + textOf(*one, "worst_case_usd")});
    }
  if (const auto excluded = decision.getArray("excluded"))
    for (std::size_t i = 0; i < excluded->size(); ++i) {
      const auto one = excluded->getObject(static_cast<unsigned>(i));
      rows.push_back({textOf(*one, "model"), "", textOf(*one, "reason")});
    }
  printTable(out, rows);
}

std::vector<Mistake> pluginMistakes(const Configuration& configuration) {
  const PrivateFolder folder;
  try {
    const Engine engine(quiet(configuration), {":memory:", folder.path()});
  } catch (const ConfigError& error) {
    return error.mistakes();
  } catch (const StartError& error) {
    return {{{}, error.what(), ""}};
  }
  return {};
}

void printMistakes(const std::vector<Mistake>& mistakes, bool asJson, Console& console) {
  if (!asJson) {
    for (const Mistake& mistake : mistakes) console.out << toString(mistake) << "\n";
    return;
  }
  std::string text;
  json::Writer<std::string> writer(text);
  writer.beginObject().member("ok", mistakes.empty()).key("mistakes").beginArray();
  for (const Mistake& mistake : mistakes)
    writer.beginObject()
        .member("file", std::string_view(mistake.place.file))
        .member("line", mistake.place.line)
        .member("column", mistake.place.column)
        .member("message", std::string_view(mistake.message))
        .member("suggestion", std::string_view(mistake.suggestion))
        .endObject();
  writer.endArray().endObject();
  console.out << text << "\n";
}

}  // namespace

ExitCode explain(const Arguments& arguments, Console& console) {
  const std::string decision = decide(arguments, console);
  if (arguments.has("--json")) {
    console.out << decision << "\n";
  } else {
    printDecision(*parseObject(decision), console.out);
  }
  return ExitCode::Ok;
}

ExitCode testConfig(const Arguments& arguments, Console& console) {
  std::vector<Mistake> mistakes;
  Configuration configuration =
      readConfiguration(sourcesOf(arguments, console.environment), mistakes);
  if (mistakes.empty()) {
    leaveOutUnusable(configuration);
    configuration.settings.discovery.enabled = false;
    mistakes = pluginMistakes(configuration);
  }
  printMistakes(mistakes, arguments.has("--json"), console);
  if (!mistakes.empty()) return ExitCode::Configuration;
  if (!arguments.has("--json"))
    console.out << configuration.source << ": good; " << configuration.catalogue.models.size()
                << " models, " << configuration.leftOut.size() << " left out\n";
  return ExitCode::Ok;
}

ExitCode showModels(const Arguments& arguments, Console& console) {
  if (namesServer(arguments, console.environment)) {
    const std::string body =
        askOrFail(addressOf(arguments, console.environment), "GET", "/v1/models");
    if (arguments.has("--json")) {
      console.out << body << "\n";
      return ExitCode::Ok;
    }
    std::vector<std::vector<std::string>> rows{{"model", "tier", "provider"}};
    const auto list = parseObject(body)->getArray("data");
    for (std::size_t i = 0; list && i < list->size(); ++i) {
      const auto model = list->getObject(static_cast<unsigned>(i));
      rows.push_back(
          {textOf(*model, "id"), textOf(*model, "tier", "-"), textOf(*model, "owned_by")});
    }
    printTable(console.out, rows);
    return ExitCode::Ok;
  }
  const Configuration configuration = loadConfiguration(sourcesOf(arguments, console.environment));
  if (arguments.has("--json")) {
    console.out << modelsJson(configuration) << "\n";
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{
      {"model", "tier", "provider/id", "$/M in", "$/M out", "price of"}};
  std::vector<Model> models = configuration.catalogue.models;
  std::ranges::stable_sort(models, {}, &Model::tier);
  for (const Model& model : models)
    rows.push_back({model.key, std::to_string(model.tier), model.provider + "/" + model.upstreamId,
                    model.price.input.toString(), model.price.output.toString(),
                    model.local ? "local" : model.price.asOf});
  printTable(console.out, rows);
  for (const LeftOut& left : configuration.leftOut)
    console.out << "left out: " << left.model << ": " << left.reason << "\n";
  return ExitCode::Ok;
}

namespace {

void printPlugins(std::ostream& out, const std::vector<plugin_host::PluginInfo>& plugins) {
  std::vector<std::vector<std::string>> rows{{"plugin", "version", "state", "offers", "file"}};
  for (const plugin_host::PluginInfo& plugin : plugins) {
    std::string offers;
    for (const plugin_host::PluginType& type : plugin.types)
      offers += (offers.empty() ? "" : ", ") + type.type;
    const bool refused = plugin.state == "refused";
    rows.push_back({plugin.id.empty() ? "?" : plugin.id,
                    plugin.version.empty() ? "?" : plugin.version, plugin.state,
                    refused ? plugin.reason + ": " + plugin.message : offers, plugin.path});
  }
  printTable(out, rows);
}

/// The lines of GET /admin/plugins.
std::vector<plugin_host::PluginInfo> readPlugins(const std::string& body) {
  std::vector<plugin_host::PluginInfo> plugins;
  const auto list = parseObject(body)->getArray("data");
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto entry = list->getObject(static_cast<unsigned>(i));
    plugin_host::PluginInfo plugin;
    plugin.id = textOf(*entry, "id");
    plugin.version = textOf(*entry, "version");
    plugin.state = textOf(*entry, "state");
    plugin.path = textOf(*entry, "path");
    plugin.reason = textOf(*entry, "reason");
    plugin.message = textOf(*entry, "message");
    const auto types = entry->getArray("types");
    for (std::size_t t = 0; types && t < types->size(); ++t)
      plugin.types.push_back({"", textOf(*types->getObject(static_cast<unsigned>(t)), "type")});
    plugins.push_back(std::move(plugin));
  }
  return plugins;
}

}  // namespace

ExitCode listPlugins(const Arguments& arguments, Console& console) {
  if (namesServer(arguments, console.environment)) {
    const std::string body =
        askOrFail(addressOf(arguments, console.environment), "GET", "/admin/plugins");
    if (arguments.has("--json")) {
      console.out << body << "\n";
    } else {
      printPlugins(console.out, readPlugins(body));
    }
    return ExitCode::Ok;
  }
  const Configuration configuration =
      quiet(loadConfiguration(sourcesOf(arguments, console.environment)));
  const PrivateFolder folder;
  const SystemClock clock;
  Log log(2, LogLevel::Off, LogFormat::Text);
  plugin_host::PluginHost host(pluginOptions(configuration.settings, folder.path()), log, clock);
  host.loadAll();
  if (arguments.has("--json")) {
    console.out << pluginsJson(host, true) << "\n";
    return ExitCode::Ok;
  }
  printPlugins(console.out, host.describe());
  return ExitCode::Ok;
}

}  // namespace pagoda::app
