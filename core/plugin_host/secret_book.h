#pragma once
// The secrets of one provider instance. Plugins name them; only the host reads them.

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/domain/failure.h"
#include "core/plugin_host/plugin_host.h"

namespace pagoda::plugin_host {

/// Name of a secret ("api_key") to its values: several keys take turns. One empty value says: this
/// upstream wants none.
using SecretValues = std::map<std::string, std::vector<Secret>, std::less<>>;

/// Thread-safe, without locks.
class SecretBook {
 public:
  /// `clock` outlives the book.
  SecretBook(const SecretValues& values, const Clock& clock);

  /// The key whose turn it is, or null if none is configured. `ordinal` names it to failed(). It
  /// may be an empty Secret. Keys that rest are passed over while another one is fit.
  const Secret* current(std::string_view name, std::size_t& ordinal) const;
  /// After a failure of the credential's kind: rejected and spent keys rest for long, others for as
  /// long as the upstream says. True: another key is fit. A single key never rests, since there is
  /// nothing in its place.
  bool failed(std::string_view name, std::size_t ordinal, FailureKind kind,
              std::optional<Millis> retryAfter) noexcept;
  /// The keys' states, never the keys.
  std::vector<KeyState> states() const;
  /// Replaces every secret in `text`.
  void scrubFrom(std::string& text) const;

 private:
  struct Key {
    explicit Key(Secret secret) : value(std::move(secret)) {}
    Secret value;
    std::atomic<std::int64_t> restsUntil{0};  ///< nanoseconds of the clock; 0: fit
    std::atomic<FailureKind> why{FailureKind::Internal};
    mutable std::atomic<std::uint64_t> uses{0};
  };
  struct Entry {
    std::deque<Key> keys;
    mutable std::atomic<std::size_t> turn{0};
  };
  std::int64_t now() const noexcept;

  const Clock& clock_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace pagoda::plugin_host
