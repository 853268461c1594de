// `pagoda replay`: recorded outcomes of several models for the same prompts, gone through by a
// strategy as if it had decided, and told what came of it. The classification and the plugin are
// the server's own.

#include <charconv>
#include <ostream>

#include <pagoda/json.hpp>

#include "core/app/commands/commands.h"
#include "core/app/commands/lines.h"
#include "core/app/commands/private_folder.h"
#include "core/app/engine.h"
#include "core/domain/lesson.h"
#include "core/plugin_host/plugin_host.h"
#include "core/services/classifier.h"

namespace pagoda::app {
namespace {

/// What one model made of one prompt.
struct Recorded {
  double score = 0;  ///< 0..1
  Money cost;
};

struct Line {
  std::string id;  ///< as JSON
  std::string prompt;
  std::vector<Model> models;  ///< key, tier
  std::vector<Recorded> outcomes;
};

void readOutcome(std::string_view name, json::Reader& object, Line& line) {
  Model model;
  model.key = model.upstreamId = name;
  model.provider = "recorded";
  Recorded outcome;
  std::optional<double> score;
  const bool good = object.object([&](std::string_view key, json::Reader& value) {
    if (key == "score") score = value.number();
    if (key == "tier") model.tier = static_cast<int>(value.integer().value_or(-1));
    if (key == "cost_usd") outcome.cost = Money::parseUsd(value.raw()).value_or(Money::max());
  });
  if (!good || !score || !(*score >= 0 && *score <= 1) || model.tier < 0 || model.tier > 4 ||
      outcome.cost == Money::max())
    throw json::Malformed("an outcome needs `score` (0 to 1), `tier` (0 to 4) and `cost_usd`", 0);
  outcome.score = *score;
  line.models.push_back(std::move(model));
  line.outcomes.push_back(outcome);
}

Line readLine(const std::string& text) {
  Line line;
  std::string buffer;
  json::Reader reader(text);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "id") line.id = value.raw();
    if (key == "prompt") line.prompt = value.string(buffer).value_or("");
    if (key == "outcomes")
      value.object([&](std::string_view model, json::Reader& outcome) {
        readOutcome(std::string(model), outcome, line);
      });
  });
  reader.finish();
  if (!object || line.outcomes.empty()) throw json::Malformed("no object in `outcomes`", 0);
  return line;
}

/// A number from 0 to 99 that is the same in every run.
int lotOf(std::int64_t number) {
  auto z = static_cast<std::uint64_t>(number) + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<int>((z ^ (z >> 31)) % 100);
}

/// Carries out a plan on what was recorded: every attempt answers. Throws StartError for an
/// ensemble, since what the answers said is not recorded.
Lesson carryOut(const Plan& plan, const Line& line, RequestId id, int notices) {
  if (plan.mode == PlanMode::Ensemble)
    throw StartError(ExitCode::Usage,
                     "ensembles cannot be replayed: what the answers said is not recorded");
  Lesson lesson;
  lesson.source = Lesson::Source::Evaluation;
  lesson.decision = id;
  lesson.memo = plan.memo;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const std::size_t candidate = plan.steps[i].candidate;
    const Recorded& outcome = line.outcomes[candidate];
    LessonStep step;
    step.step = static_cast<std::uint32_t>(i);
    step.candidate = "recorded/" + line.models[candidate].key;
    step.cost = outcome.cost;
    lesson.cost += outcome.cost;
    lesson.rating = outcome.score;
    lesson.winner = i;
    lesson.steps.push_back(std::move(step));
    const bool noticed =
        outcome.score < 0.5 && lotOf(id.number() * 64 + static_cast<std::int64_t>(i)) < notices;
    const bool goesOn =
        plan.mode == PlanMode::Refine || (plan.mode == PlanMode::Cascade && noticed);
    if (!goesOn) break;
  }
  return lesson;
}

class Replay {
 public:
  Replay(const Configuration& configuration, Strategy& strategy, int notices)
      : classifier_(configuration.catalogue,
                    configuration.settings.router.learned ? configuration.router : nullptr,
                    static_cast<double>(configuration.settings.router.abstainPercent) / 100),
        strategy_(strategy),
        notices_(notices) {}

  std::string decide(const std::string& text) {
    const Line line = readLine(text);
    ChatRequest chat;
    chat.messages.emplace_back().parts.emplace_back().text = line.prompt;
    const RequestClass found = classifier_.classify(chat);
    Features features;
    features.decision = RequestId(++count_);
    features.requestClass = &found;
    features.pool = "auto";
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < line.models.size(); ++i) {
      candidates.emplace_back();
      candidates.back().model = &line.models[i];
      candidates.back().expectedCost = line.outcomes[i].cost;
    }
    const Result<Plan> plan = strategy_.plan(features, catalogue_, candidates);
    if (!plan) throw StartError(ExitCode::Plugin, plan.error().message);
    const Lesson lesson = carryOut(*plan, line, features.decision, notices_);
    if (strategy_.learns()) strategy_.learn(lesson);
    return written(line, *plan, found, lesson);
  }

 private:
  static std::string written(const Line& line, const Plan& plan, const RequestClass& found,
                             const Lesson& lesson) {
    std::string out;
    json::Writer json(out);
    json.beginObject();
    json.key("id").raw(line.id.empty() ? "null" : line.id);
    json.member("task", found.task);
    const PlanStep& last = plan.steps[*lesson.winner];
    json.member("model", line.models[last.candidate].key);
    json.member("attempts", static_cast<std::int64_t>(lesson.steps.size()));
    json.member("score", *lesson.rating);
    json.rawMember("cost_usd", lesson.cost.toString());
    json.endObject();
    return out;
  }

  const services::Classifier classifier_;
  const Catalogue catalogue_;
  Strategy& strategy_;
  const int notices_;
  std::int64_t count_ = 0;
};

std::string needed(const Arguments& arguments, const std::string& name, const char* value) {
  if (!arguments.has(name))
    throw StartError(ExitCode::Usage,
                     name + " " + value + " is needed; pagoda replay --help shows how");
  return arguments.get(name);
}

int percentOf(const std::string& text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 100)
    throw StartError(ExitCode::Usage, "--notices must be a whole number from 0 to 100");
  return value;
}

}  // namespace

ExitCode replayStrategy(const Arguments& arguments, Console& console) {
  const std::string type = needed(arguments, "--strategy", "TYPE");
  const std::string input = needed(arguments, "--input", "FILE");
  const int notices = percentOf(arguments.get("--notices", "50"));
  // A provider's missing secret is no matter of recorded outcomes.
  std::vector<Mistake> mistakes;
  const Configuration configuration =
      readConfiguration(sourcesOf(arguments, console.environment), mistakes);
  std::erase_if(mistakes, [](const Mistake& mistake) { return mistake.place.line > 0; });
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  const PrivateFolder folder;
  const SystemClock clock;
  Log log(2, LogLevel::Off, LogFormat::Text);
  plugin_host::PluginHost host(pluginOptions(configuration.settings, folder.path()), log, clock);
  host.loadAll();
  const auto strategy = host.makeStrategy(type, arguments.get("--settings", "{}"));
  if (!strategy) throw StartError(ExitCode::Plugin, strategy.error().message);
  Replay replay(configuration, **strategy, notices);
  eachLine(input,
           [&](const std::string& text, int) { console.out << replay.decide(text) << "\n"; });
  return ExitCode::Ok;
}

}  // namespace pagoda::app
