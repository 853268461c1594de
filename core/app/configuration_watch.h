#pragma once
// The thread that reloads on its own: when a file of the configuration changes, or when a signal
// asks for it.

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/log.h"

namespace pagoda::app {

/// Thread-safe. One reload at a time; the destructor waits for the one under way.
class ConfigurationWatch {
 public:
  struct Work {
    std::function<void(const std::string& cause)> reload;
    /// How many former configurations are still in use; called every now and then while any are.
    std::function<std::size_t()> retire;
  };

  /// `directory`: whose pagoda.yaml, models.yaml and router.pgr are watched; empty: none. A change
  /// is acted on when the folder has been still for `debounce`. `log` outlives the watch.
  ConfigurationWatch(const std::string& directory, Millis debounce, Work work, Log& log);
  ConfigurationWatch(const ConfigurationWatch&) = delete;
  ConfigurationWatch& operator=(const ConfigurationWatch&) = delete;
  ~ConfigurationWatch();

  /// Reloads soon; several requests before that are one. Never blocks.
  void request(const std::string& cause);

 private:
  void run();
  void wake() const;
  bool readEvents() const;

  const Millis debounce_;
  const Work work_;
  int inotify_ = -1;  ///< -1: nothing is watched
  int wake_ = -1;
  std::mutex mutex_;
  std::string asked_;     // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace pagoda::app
