// pagoda doctor: what this machine and this configuration can do, without a server.

#include <ostream>

#include <pagoda/json.hpp>

#include "core/app/code_execution.h"
#include "core/app/commands/commands.h"
#include "core/sandbox/sandbox.h"
#include "core/services/code_languages.h"

namespace pagoda::app {
namespace {

struct Findings {
  std::size_t models = 0;
  std::size_t leftOut = 0;
  std::vector<std::string> providers;  // in use
  SandboxState sandbox;
  std::vector<std::string> languages;  // that can be run
};

Findings examine(const Configuration& configuration) {
  Findings findings;
  findings.models = configuration.catalogue.models.size();
  findings.leftOut = configuration.leftOut.size();
  for (const ProviderSettings& provider : configuration.settings.providers)
    if (provider.disabled.empty()) findings.providers.push_back(provider.name);
  findings.sandbox = makeConfiguredSandbox(configuration)->state();
  for (const services::CodeLanguage& language : services::allLanguages())
    if (!sandbox::findProgram(std::string(language.program)).empty())
      findings.languages.emplace_back(language.name);
  return findings;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

void writeNames(json::Writer<std::string>& json, std::string_view name,
                const std::vector<std::string>& names) {
  json.key(name).beginArray();
  for (const std::string& each : names) json.string(each);
  json.endArray();
}

}  // namespace

ExitCode doctor(const Arguments& arguments, Console& console) {
  const Configuration configuration = loadConfiguration(sourcesOf(arguments, console.environment));
  const Findings findings = examine(configuration);
  if (arguments.has("--json")) {
    std::string text;
    json::Writer<std::string> json(text);
    json.beginObject().member("models", findings.models).member("left_out", findings.leftOut);
    writeNames(json, "providers", findings.providers);
    json.key("sandbox").beginObject().member("layer", findings.sandbox.layer);
    json.member("reason", findings.sandbox.reason);
    writeNames(json, "languages", findings.languages);
    json.endObject().endObject();
    console.out << text << "\n";
    return ExitCode::Ok;
  }
  console.out << "configuration  " << configuration.source << "\n"
              << "models         " << findings.models << ", " << findings.leftOut
              << " left out ('pagoda models' says why)\n"
              << "providers      " << listed(findings.providers) << "\n"
              << "sandbox        " << findings.sandbox.layer << ": " << findings.sandbox.reason
              << "\n"
              << "languages      " << listed(findings.languages) << "\n";
  return ExitCode::Ok;
}

}  // namespace pagoda::app
