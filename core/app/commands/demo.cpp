// `pagoda demo`: a server on simulated models, a script of requests, a table of what it decided.

#include <ostream>

#include <Poco/JSON/Array.h>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/commands/private_folder.h"
#include "core/app/config_reader.h"
#include "core/app/signals.h"
#include "core/app/wiring.h"

namespace pagoda::app {
namespace {

// One instance per tier; tier 3 has a second one that is out of order, to show the fallback.
constexpr const char* kProviders = R"(
security: {auth: none}
discovery: {enabled: false}
providers:
  - {name: sim-coder, type: sim, latency_ms: 20}
  - {name: sim-general, type: sim, latency_ms: 10}
  - {name: sim-analyst, type: sim, latency_ms: 40}
  - {name: sim-broken, type: sim, fault: unavailable}
  - {name: sim-premium, type: sim, latency_ms: 60}
  - {name: sim-live, type: sim, latency_ms: 30}
strategy: {type: tiered}
)";

constexpr const char* kModels = R"(
models:
  sim_coder: {tier: 0, provider: sim-coder, model: sim-coder, simulated: true, price_per_million: {input: 0.22, output: 1.80}}
  sim_general: {tier: 1, provider: sim-general, model: sim-general, simulated: true, price_per_million: {input: 0.75, output: 3.75}}
  sim_analyst: {tier: 2, provider: sim-analyst, model: sim-analyst, simulated: true, price_per_million: {input: 2, output: 10}}
  sim_broken: {tier: 3, provider: sim-broken, model: sim-broken, simulated: true, price_per_million: {input: 2.5, output: 10}}
  sim_premium: {tier: 3, provider: sim-premium, model: sim-premium, simulated: true, price_per_million: {input: 4, output: 20}}
  sim_live: {tier: 4, provider: sim-live, model: sim-live, simulated: true, price_per_million: {input: 1, output: 1, per_request: 0.012}}
)";

struct Scene {
  const char* prompt;
  int tier = -1;  ///< preferred_tier, or -1
  long maxTokens = -1;
};

constexpr Scene kScript[] = {
    {"Pythonでデータベース接続"},
    {"Write a function that reverses a list"},
    {"量子力学について説明"},
    {"What is the capital of France?"},
    {"システム設計方針策定"},
    {"Compare the trade-offs of two designs"},
    {"重要な戦略立案"},
    {"Draft our business strategy"},
    {"最新のニュース"},
    {"Say hello", 2},
    {"重要な戦略立案を百万トークンで", -1, 9'000'000},
};

/// The built-in routing with simulated models: the demo decides as the real server does.
std::string modelsYaml() {
  const std::string_view text = builtInModelsYaml();
  const std::size_t routing = text.find("\nrouting:");
  return kModels + std::string(text.substr(routing));
}

Configuration demoConfiguration(const Arguments& arguments, const std::string& folder) {
  ConfigSources sources;
  sources.pagodaYaml = kProviders;
  sources.modelsYaml = modelsYaml();
  sources.flags = {{"server.port", arguments.get("--port", "0"), "--port"},
                   {"storage.data_dir", folder, "demo"},
                   {"logging.level", "error", "demo"}};
  return loadConfiguration(sources);
}

std::string bodyOf(const Scene& scene) {
  std::string body;
  json::Writer<std::string> writer(body);
  writer.beginObject().member("prompt", scene.prompt);
  if (scene.tier >= 0) writer.member("preferred_tier", scene.tier);
  if (scene.maxTokens >= 0) writer.member("max_tokens", scene.maxTokens);
  writer.endObject();
  return body;
}

std::string pathTaken(const Poco::JSON::Object& answer) {
  std::string path;
  const auto attempts = answer.getArray("attempts");
  for (std::size_t i = 0; attempts && i < attempts->size(); ++i) {
    const auto attempt = attempts->getObject(static_cast<unsigned>(i));
    path += (path.empty() ? "" : " -> ") + textOf(*attempt, "model");
    if (textOf(*attempt, "ok") != "true")
      path += " (" + textOf(*attempt, "failure", "failed") + ")";
  }
  return path;
}

std::vector<std::string> rowOf(const Scene& scene, const HttpReply& reply, std::string& notes) {
  const auto answer = parseObject(reply.body);
  std::string prompt = scene.prompt;
  if (scene.tier >= 0) prompt += " [tier " + std::to_string(scene.tier) + "]";
  if (reply.status == 200)
    return {prompt,
            textOf(*answer, "task_type"),
            textOf(*answer, "tier_used"),
            pathTaken(*answer),
            textOf(*answer, "cost_usd"),
            textOf(*answer, "latency_ms")};
  const std::string status = std::to_string(reply.status);
  const auto error = answer->getObject("error");
  notes += "\n" + status + ": " + (error ? textOf(*error, "message") : "no reason given") + "\n";
  return {prompt, "-", "-", "refused with " + status, "0", "-"};
}

}  // namespace

ExitCode demo(const Arguments& arguments, Console& console) {
  SignalWaiter::blockSignals();
  const PrivateFolder folder;
  Configuration configuration = demoConfiguration(arguments, folder.path());
  const Millis drainTimeout = configuration.settings.server.drainTimeout;
  Server server(std::move(configuration));
  server.start();
  const ServerAddress address{server.url(), {}};
  std::vector<std::vector<std::string>> rows{
      {"prompt", "task", "tier", "model", "simulated $", "ms"}};
  std::string answers = "[";
  std::string notes;
  for (const Scene& scene : kScript) {
    const HttpReply reply = ask(address, "POST", "/generate", bodyOf(scene));
    rows.push_back(rowOf(scene, reply, notes));
    answers += (answers.size() > 1 ? "," : "") + reply.body;
  }
  if (arguments.has("--json")) {
    console.out << answers << "]" << std::endl;
  } else {
    printTable(console.out, rows);
    console.out << notes
                << "\nmodels, answers and money are simulated; the decisions are those of the real "
                   "server\n";
  }
  if (arguments.has("--once")) {
    server.drain(drainTimeout);
    return ExitCode::Ok;
  }
  console.out << "pagoda listening on " << server.url() << std::endl;
  console.out << "try it: curl -s " << server.url()
              << "/generate -H 'Content-Type: application/json' -d '{\"prompt\": \"Hello\"}'\n"
                 "Ctrl-C ends the demo"
              << std::endl;
  runUntilStopped(server, drainTimeout, console);
  return ExitCode::Ok;
}

}  // namespace pagoda::app
