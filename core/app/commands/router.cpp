// `pagoda router`: predicts tasks for a file of prompts, and trains the router's file.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/commands/lines.h"
#include "core/app/engine.h"
#include "core/app/trained_router.h"
#include "core/services/classifier.h"
#include "core/services/prompt_trainer.h"

namespace pagoda::app {
namespace {

using services::PromptExample;

struct Line {
  std::string id;  ///< as JSON
  PromptExample example;
  bool hasPrompt = false;
};

/// Outcomes count by their score where one is given, else by right or wrong.
struct Outcomes {
  std::optional<double> strong, weak;
  void read(std::string_view key, json::Reader& value) {
    std::optional<double>& side = key.starts_with("strong") ? strong : weak;
    if (key.ends_with("_score")) {
      if (const auto number = value.number()) side = *number;
    } else if (const auto flag = value.boolean(); flag && !side) {
      side = *flag ? 1 : 0;
    }
  }
};

Line readLine(const std::string& text) {
  Line line;
  Outcomes outcomes;
  std::string buffer;
  json::Reader reader(text);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "id") {
      line.id = value.raw();
    } else if (key == "prompt") {
      const auto prompt = value.string(buffer);
      line.hasPrompt = prompt.has_value();
      if (prompt) line.example.prompt = *prompt;
    } else if (key == "label") {
      const auto label = value.string(buffer);
      const auto task = std::ranges::find(services::kPromptTasks, label.value_or(""));
      if (task != services::kPromptTasks.end())
        line.example.task = static_cast<std::size_t>(task - services::kPromptTasks.begin());
    } else if (key == "source" || key == "dataset") {
      line.example.source = value.string(buffer).value_or("");
    } else if (key == "strong_score" || key == "weak_score" || key == "strong_correct" ||
               key == "weak_correct") {
      outcomes.read(key, value);
    }
  });
  reader.finish();
  if (!object) throw json::Malformed("not an object", 0);
  if (!line.hasPrompt) throw json::Malformed("no text in `prompt`", 0);
  if (outcomes.strong && outcomes.weak)
    line.example.gain =
        static_cast<float>(std::clamp(*outcomes.strong - *outcomes.weak, -1.0, 1.0));
  return line;
}

std::string neededOption(const Arguments& arguments, const std::string& name) {
  if (!arguments.has(name))
    throw StartError(ExitCode::Usage, name + " FILE is needed; pagoda router --help shows how");
  return arguments.get(name);
}

void writeWhole(const std::filesystem::path& path, const std::string& bytes) {
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(part, path, error);
  if (!file || error)
    throw StartError(ExitCode::Failure, "'" + path.string() + "' cannot be written");
}

}  // namespace

ExitCode predictTasks(const Arguments& arguments, Console& console) {
  const std::string input = neededOption(arguments, "--input");
  // A provider's missing secret is no matter of prompts.
  std::vector<Mistake> mistakes;
  const Configuration configuration =
      readConfiguration(sourcesOf(arguments, console.environment), mistakes);
  std::erase_if(mistakes, [](const Mistake& mistake) { return mistake.place.line > 0; });
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  const RouterSettings& router = configuration.settings.router;
  const services::Classifier classifier(configuration.catalogue,
                                        router.learned ? configuration.router : nullptr,
                                        static_cast<double>(router.abstainPercent) / 100);
  eachLine(input, [&](const std::string& text, int) {
    const Line line = readLine(text);
    ChatRequest request;
    request.messages.emplace_back().parts.emplace_back().text = line.example.prompt;
    const RequestClass found = classifier.classify(request);
    std::string out;
    json::Writer json(out);
    json.beginObject();
    json.key("id").raw(line.id.empty() ? "null" : line.id);
    json.member("label", found.task);
    if (found.difficulty) json.member("score", *found.difficulty);
    json.member("confidence", found.confidence);
    json.endObject();
    console.out << out << "\n";
  });
  return ExitCode::Ok;
}

ExitCode trainRouter(const Arguments& arguments, Console& console) {
  neededOption(arguments, "--from");
  const ConfigSources sources = sourcesOf(arguments, console.environment);
  if (!arguments.has("--output") && sources.directory.empty())
    throw StartError(ExitCode::Usage, "say where to: --config DIR or --output FILE");
  const std::filesystem::path target = arguments.has("--output")
                                           ? std::filesystem::path(arguments.get("--output"))
                                           : std::filesystem::path(sources.directory) / kRouterFile;
  std::vector<PromptExample> examples;
  for (const std::string& file : arguments.options.at("--from"))
    eachLine(file,
             [&](const std::string& text, int) { examples.push_back(readLine(text).example); });
  services::PromptTrainer trainer;
  const auto model = trainer.train(examples);
  if (!model) throw StartError(ExitCode::Usage, model.error().message);
  const std::string bytes = model->bytes();
  writeWhole(target, bytes);
  if (arguments.has("--json")) {
    std::string out;
    json::Writer json(out);
    json.beginObject();
    json.member("file", target.string());
    json.member("prompts", examples.size());
    json.member("bytes", bytes.size());
    json.endObject();
    console.out << out << "\n";
  } else {
    console.out << "trained from " << examples.size() << " prompts: " << target.string()
                << "; a running server reads it at its next start\n";
  }
  return ExitCode::Ok;
}

}  // namespace pagoda::app
