#include "core/app/live_configuration.h"

#include <utility>

namespace pagoda::app {
namespace {

/// Reads and builds; what is wrong goes to the report, and nothing is returned.
std::optional<BuiltServing> nextOf(const BuiltServing& now, plugin_host::PluginHost& plugins,
                                   ReloadReport& report) {
  try {
    Configuration next = withFoundServers(loadConfiguration(*now.configuration->sources));
    compareSettings(*now.configuration, next, report);
    compareCatalogues(*now.configuration, next, report);
    return buildServing(std::move(next), plugins, {}, &now);
  } catch (const ConfigError& error) {
    report.mistakes = error.mistakes();
  } catch (const PluginError& error) {
    report.mistakes = {error.mistake()};
  } catch (const std::exception& error) {
    // The loader of a file that is changing under it may throw what it never does at a start.
    report.mistakes = {{{}, error.what(), ""}};
  }
  report.changes.clear();
  report.needsRestart.clear();
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

LiveConfiguration::LiveConfiguration(Engine& engine)
    : engine_(engine), built_(engine.built), current_(engine.built.configuration) {
  // Else the engine would keep the first configuration's instances for ever.
  engine.built = {};
}

ReloadReport LiveConfiguration::reload(const std::string& cause) {
  const std::scoped_lock changing(changing_);
  ReloadReport report;
  report.cause = cause;
  report.time = engine_.clock.unixNow();
  if (auto next = nextOf(built_, engine_.plugins, report)) publish(*std::move(next));
  report.epoch = built_.configuration->catalogue.epoch;
  note(report);
  return report;
}

Result<void> LiveConfiguration::swapPlugin(const std::string& id, const std::string& version,
                                           const std::string& cause) {
  const std::scoped_lock changing(changing_);
  PAGODA_CHECK(engine_.plugins.checkLoaded(id, version));
  try {
    BuiltServing next =
        buildServing(*built_.configuration, engine_.plugins, {{id, version}}, &built_);
    engine_.plugins.choose(id, version);
    publish(std::move(next));
  } catch (const std::runtime_error& error) {
    engine_.metrics.count("plugin_swaps", "result=refused");
    engine_.log.warn("plugin_swap_refused",
                     {{"plugin", id + "@" + version}, {"cause", cause}, {"message", error.what()}});
    return fail(ErrorCode::PluginFault, std::string(error.what()) + "; the former version serves");
  }
  engine_.metrics.count("plugin_swaps", "result=applied");
  engine_.log.info("plugin_swapped", {{"plugin", id + "@" + version}, {"cause", cause}});
  return {};
}

// Requests pin what they began with, so the old instances live until the last of them ends.
void LiveConfiguration::publish(BuiltServing next) {
  engine_.orchestrator.swap(next.serving);
  const Settings& settings = next.configuration->settings;
  engine_.budgets.setRules(budgetRules(settings.cost));
  engine_.health.setRules(breakerRules(settings.upstream));
  current_.exchange(next.configuration);
  std::swap(built_, next);
  {
    const std::scoped_lock lock(mutex_);
    former_.push_back(std::move(next.serving));
  }
  retire();
}

void LiveConfiguration::note(ReloadReport report) {
  Log& log = engine_.log;
  engine_.metrics.count("reloads", report.applied() ? "result=applied" : "result=refused");
  if (report.applied()) {
    log.info("configuration_reloaded", {{"cause", report.cause},
                                        {"epoch", std::to_string(report.epoch)},
                                        {"changes", joined(report.changes)}});
    if (!report.needsRestart.empty())
      log.warn("configuration_needs_restart", {{"settings", joined(report.needsRestart)}});
  }
  for (const Mistake& mistake : report.mistakes)
    log.error("configuration_refused", {{"cause", report.cause}, {"mistake", toString(mistake)}});
  const std::scoped_lock lock(mutex_);
  last_ = std::move(report);
}

ReloadReport LiveConfiguration::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

std::size_t LiveConfiguration::retire() {
  std::vector<std::shared_ptr<const services::Serving>> ended;
  const std::scoped_lock lock(mutex_);
  // The orchestrator hands a former one out no more: whose count has come down to ours is unused.
  std::erase_if(former_, [&](auto& serving) {
    if (serving.use_count() > 1) return false;
    ended.push_back(std::move(serving));
    return true;
  });
  return former_.size();
}

}  // namespace pagoda::app
