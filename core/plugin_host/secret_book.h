#pragma once
// The secrets of one provider instance. Plugins name them; only the host reads them.

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"

namespace pagoda::plugin_host {

/// Name of a secret ("api_key") to its values: several keys are used in turn as the upstream
/// rejects them. One empty value says: this upstream wants none.
using SecretValues = std::map<std::string, std::vector<Secret>, std::less<>>;

/// Thread-safe.
class SecretBook {
 public:
  explicit SecretBook(const SecretValues& values);

  /// The key in use, or null if none is configured. `ordinal` names it to retire(). It may be an
  /// empty Secret.
  const Secret* current(std::string_view name, std::size_t& ordinal) const;
  /// After a failure that another key may not have: the next current() gives the one after
  /// `ordinal`.
  void retire(std::string_view name, std::size_t ordinal) noexcept;
  /// Replaces every secret in `text`.
  void scrubFrom(std::string& text) const;

 private:
  struct Entry {
    std::vector<Secret> values;
    std::atomic<std::size_t> next{0};
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace pagoda::plugin_host
