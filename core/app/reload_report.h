#pragma once
// What a reload changed, or why it changed nothing.

#include <string>
#include <vector>

#include "core/app/configuration.h"
#include "core/app/mistake.h"
#include "core/base/clock.h"

namespace pagoda::app {

struct ReloadReport {
  std::string cause;  ///< "SIGHUP", "watch", or the admin's key
  UnixMillis time = 0;
  std::uint64_t epoch = 0;                ///< of the catalogue that serves now
  std::vector<Mistake> mistakes;          ///< not empty: nothing has changed
  std::vector<std::string> changes;       ///< "upstream.max_attempts: 4 -> 2", "model x: removed"
  std::vector<std::string> needsRestart;  ///< the same, for what a running server cannot change

  bool applied() const { return mistakes.empty(); }
};

/// An object: applied, cause, time, epoch, changes, needs_restart, mistakes with file, line,
/// column.
std::string toJson(const ReloadReport& report);

/// Settings that differ, with where each goes: those that need a restart get the value and the
/// source that they have in `before`, so that `next` is what will really hold.
void compareSettings(const Configuration& before, Configuration& next, ReloadReport& report);
/// Providers and models that were added, removed or changed.
void compareCatalogues(const Configuration& before, const Configuration& next,
                       ReloadReport& report);

}  // namespace pagoda::app
