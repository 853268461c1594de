#pragma once
// Files that runs produced, kept for their caller to fetch until they expire.

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/domain/sandbox.h"

namespace pagoda::services {

/// Thread-safe. In memory: nothing of a caller's is left on disk.
class RunShelf {
 public:
  struct Limits {
    Millis keep{15 * 60'000};
    std::size_t bytes = 256u << 20;  ///< of all files; the oldest run goes first
  };
  RunShelf(const Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

  /// Keeps the files of `run` for the holder of `owner`; when they expire.
  UnixMillis put(const std::string& run, const ApiKeyId& owner, std::vector<SandboxFile> files);
  /// Null: there is no such file, it has expired, or it is another key's.
  std::shared_ptr<const std::string> find(const std::string& run, const ApiKeyId& owner,
                                          const std::string& path);

 private:
  struct Kept {
    std::string run;
    ApiKeyId owner;
    UnixMillis expires = 0;
    std::size_t bytes = 0;
    std::vector<std::pair<std::string, std::shared_ptr<const std::string>>> files;
  };
  void dropExpired();  // with the lock

  const Clock& clock_;
  const Limits limits_;
  std::mutex mutex_;
  std::deque<Kept> runs_;  // oldest first
  std::size_t bytes_ = 0;
};

}  // namespace pagoda::services
