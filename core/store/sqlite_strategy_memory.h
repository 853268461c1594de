#pragma once

#include <functional>

#include "core/domain/lesson.h"
#include "core/store/database.h"
#include "core/store/store_paths.h"

namespace pagoda::store {

/// Strategies' states and ratings in the database. Thread-safe: each call has a connection of its
/// own, since they are rare.
class SqliteStrategyMemory final : public StrategyMemory {
 public:
  SqliteStrategyMemory(StorePaths paths, const DatabaseOptions& options);

  Result<std::optional<StrategyState>> state(const std::string& slot,
                                             const std::string& plugin) override;
  Result<void> keepState(const std::string& slot, const std::string& plugin,
                         const StrategyState& state, UnixMillis time) override;
  Result<bool> keepRating(const RatingRow& row) override;

 private:
  Result<void> write(const std::function<void(Database&)>& work) const;

  const StorePaths paths_;
  const DatabaseOptions options_;
};

}  // namespace pagoda::store
