#pragma once
// API keys: made once, shown once, stored as keyed hashes.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace pagoda {

enum class KeyRole { User, Admin };

struct ApiKey {
  ApiKeyId id;  ///< "key_..." for people and the ledger
  std::string name;
  std::string prefix;  ///< first characters of the key, to recognise it by
  KeyRole role = KeyRole::User;
  std::optional<Money> monthlyBudget;
  UnixMillis created = 0;
  std::optional<UnixMillis> expires;
  bool revoked = false;
  std::optional<Money> dailyBudget;
  std::optional<Money> totalBudget;
  std::string team;  ///< of `cost_management.teams`, whose budget it shares; or empty
};

/// Thread-safe.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// The key behind a clear text that a client sent, from memory; null if there is none. Constant
  /// time in the secret: it looks up an HMAC.
  virtual std::shared_ptr<const ApiKey> find(std::string_view clearText) const = 0;
  /// Reads the keys again if another process changed them; true if so. Blocks; call it on a worker.
  virtual bool refresh() = 0;
  virtual std::vector<ApiKey> list() const = 0;
  /// The clear text of the new key, the only time that it exists. Blocks.
  virtual Result<Secret> create(ApiKey key) = 0;
  virtual Result<void> revoke(const ApiKeyId& id) = 0;
};

/// Who is asking.
struct Caller {
  ApiKeyId key;  ///< empty without authentication
  std::string name;
  KeyRole role = KeyRole::User;
  std::optional<Money> monthlyBudget;
  std::optional<Money> dailyBudget;
  std::optional<Money> totalBudget;
  std::string team;
};

}  // namespace pagoda
