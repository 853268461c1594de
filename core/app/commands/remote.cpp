// Commands that ask a running server.

#include <charconv>
#include <ostream>

#include <Poco/JSON/Array.h>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"

namespace pagoda::app {
namespace {

std::string wholeNumber(const Arguments& arguments, const std::string& name) {
  const std::string text = arguments.get(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    throw StartError(ExitCode::Usage, name + " needs a whole number, not '" + text + "'");
  return std::to_string(number);
}

void printObject(std::ostream& out, const Poco::JSON::Object& object, const std::string& key) {
  const auto inner = object.getObject(key);
  if (!inner) return;
  out << key << "\n";
  for (const auto& [name, value] : *inner)
    out << "  " << name << "  " << value.convert<std::string>() << "\n";
}

}  // namespace

/// The body of POST /generate, which explain takes as well.
std::string generateBody(const Arguments& arguments) {
  std::string body;
  json::Writer<std::string> writer(body);
  writer.beginObject().member("prompt", std::string_view(arguments.words[0]));
  if (arguments.has("--model")) writer.member("model", std::string_view(arguments.get("--model")));
  if (arguments.has("--task"))
    writer.member("task_type", std::string_view(arguments.get("--task")));
  if (arguments.has("--tier")) writer.rawMember("preferred_tier", wholeNumber(arguments, "--tier"));
  if (arguments.has("--max-tokens"))
    writer.rawMember("max_tokens", wholeNumber(arguments, "--max-tokens"));
  writer.endObject();
  return body;
}

ExitCode showHealth(const Arguments& arguments, Console& console) {
  const HttpReply reply = ask(addressOf(arguments, console.environment), "GET", "/health");
  const bool well = reply.status == 200;
  if (arguments.has("--json")) {
    console.out << reply.body << "\n";
    return well ? ExitCode::Ok : ExitCode::Refused;
  }
  const auto object = parseObject(reply.body);
  console.out << textOf(*object, "status", "status " + std::to_string(reply.status)) << "\n";
  std::vector<std::vector<std::string>> rows{
      {"model", "tier", "health", "errors", "samples", "p50 ms"}};
  if (const auto models = object->getArray("models"))
    for (std::size_t i = 0; i < models->size(); ++i) {
      const auto model = models->getObject(static_cast<unsigned>(i));
      rows.push_back({textOf(*model, "model"), textOf(*model, "tier"), textOf(*model, "health"),
                      textOf(*model, "error_rate"), textOf(*model, "samples"),
                      textOf(*model, "total_ms_p50", "-")});
    }
  if (rows.size() > 1) printTable(console.out, rows);
  return well ? ExitCode::Ok : ExitCode::Refused;
}

ExitCode showInfo(const Arguments& arguments, Console& console) {
  const std::string body = askOrFail(addressOf(arguments, console.environment), "GET", "/info");
  if (arguments.has("--json")) {
    console.out << body << "\n";
    return ExitCode::Ok;
  }
  const auto info = parseObject(body);
  console.out << "pagoda " << textOf(*info, "version") << ", up " << textOf(*info, "uptime_seconds")
              << " s, auth " << textOf(*info, "auth") << ", " << textOf(*info, "models")
              << " models\n";
  std::vector<std::vector<std::string>> rows{{"provider", "type", "state"}};
  if (const auto providers = info->getArray("providers"))
    for (std::size_t i = 0; i < providers->size(); ++i) {
      const auto provider = providers->getObject(static_cast<unsigned>(i));
      rows.push_back(
          {textOf(*provider, "name"), textOf(*provider, "type"),
           textOf(*provider, "enabled") == "true" ? "on" : "off: " + textOf(*provider, "reason")});
    }
  printTable(console.out, rows);
  if (const auto settings = info->getArray("settings")) {
    std::vector<std::vector<std::string>> lines{{"setting", "value", "from"}};
    for (std::size_t i = 0; i < settings->size(); ++i) {
      const auto setting = settings->getObject(static_cast<unsigned>(i));
      lines.push_back(
          {textOf(*setting, "path"), textOf(*setting, "value"), textOf(*setting, "source")});
    }
    printTable(console.out, lines);
  }
  return ExitCode::Ok;
}

ExitCode showMetrics(const Arguments& arguments, Console& console) {
  const std::string body = askOrFail(addressOf(arguments, console.environment), "GET", "/metrics");
  if (arguments.has("--json")) {
    console.out << body << "\n";
    return ExitCode::Ok;
  }
  const auto metrics = parseObject(body);
  console.out << "budget used  " << textOf(*metrics, "budget_utilization_percentage", "0")
              << " %\n";
  printObject(console.out, *metrics, "requests_per_tier");
  printObject(console.out, *metrics, "cost_per_tier");
  return ExitCode::Ok;
}

ExitCode chat(const Arguments& arguments, Console& console) {
  const std::string body = askOrFail(addressOf(arguments, console.environment), "POST", "/generate",
                                     generateBody(arguments));
  if (arguments.has("--json")) {
    console.out << body << "\n";
    return ExitCode::Ok;
  }
  const auto answer = parseObject(body);
  console.out << textOf(*answer, "response") << "\n";
  console.error << "[" << textOf(*answer, "model_used") << ", tier " << textOf(*answer, "tier_used")
                << ", $" << textOf(*answer, "cost_usd")
                << (textOf(*answer, "simulated") == "true" ? " simulated" : "") << ", "
                << textOf(*answer, "latency_ms") << " ms]\n";
  return ExitCode::Ok;
}

}  // namespace pagoda::app
