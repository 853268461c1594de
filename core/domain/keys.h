#pragma once
// API keys: made once, shown once, stored as keyed hashes.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace pagoda {

struct Model;

enum class KeyRole { User, Admin };

/// What a key may be used for; bits.
enum KeyScope : std::uint32_t {
  kScopeGenerate = 1u << 0,  ///< routes that call models
  kScopeModels = 1u << 1,    ///< the list of models
  kScopeUsage = 1u << 2,     ///< metrics, info and the decisions of its own requests
  kScopeAdmin = 1u << 3,     ///< keys, resets; needs the role admin as well
};
inline constexpr std::uint32_t kAllScopes = (1u << 4) - 1;
inline constexpr std::uint32_t kAllTiers = (1u << 5) - 1;

/// What a caller may do, beside its role. A rate that is not set is the server's default.
struct KeyGrants {
  std::uint32_t scopes = kAllScopes;
  std::uint32_t tiers = kAllTiers;  ///< bit n: tier n
  /// Keys of the catalogue, "provider/id", or a beginning of either and '*'. Empty: all.
  std::vector<std::string> models;
  std::optional<std::int64_t> requestsPerMinute;
  std::optional<std::int64_t> tokensPerMinute;
  std::optional<std::int64_t> concurrent;  ///< requests under way at once

  bool allows(const Model& model) const;
  bool operator==(const KeyGrants&) const = default;
};

struct ApiKey {
  ApiKeyId id;  ///< "key_..." for people and the ledger
  std::string name;
  std::string prefix;  ///< first characters of the key, to recognise it by
  KeyRole role = KeyRole::User;
  std::optional<Money> monthlyBudget;
  UnixMillis created = 0;
  std::optional<UnixMillis> expires;
  bool revoked = false;  ///< for good
  std::optional<Money> dailyBudget;
  std::optional<Money> totalBudget;
  std::string team;  ///< of `cost_management.teams`, whose budget it shares; or empty
  KeyGrants grants;
  bool disabled = false;  ///< until it is enabled again
  /// After a rotation the former text is good until then as well.
  std::optional<UnixMillis> formerUntil;
  std::int64_t version = 1;  ///< rises with every change

  bool usable(UnixMillis now) const {
    return !revoked && !disabled && (!expires || now < *expires);
  }
};

/// Members of a key as names and JSON values, in a fixed order; never its text or hash. What the
/// admin API, the command line and the audit show.
std::vector<std::pair<std::string_view, std::string>> keyMembers(const ApiKey& key);

/// Whether the members make sense together. Errors: InvalidRequest with the member as param.
Result<void> checkKey(const ApiKey& key);

/// "generate,models": words of the bits, and back. Errors: InvalidRequest, naming the word.
std::string scopeWords(std::uint32_t scopes);
Result<std::uint32_t> parseScopes(const std::vector<std::string>& words, std::string_view param);
/// {"0", "2"} as bits. Errors: InvalidRequest.
Result<std::uint32_t> parseTiers(const std::vector<std::string>& words, std::string_view param);

/// Who changed something, for the audit: a key's id, or "local:<user>" for the command line.
struct Actor {
  std::string name;
};

/// One line of the audit: who did what to which key.
struct AuditEntry {
  UnixMillis time = 0;
  std::string actor;
  std::string action;   ///< key.create, key.update, key.rotate, key.revoke
  std::string subject;  ///< the key's id
  std::string detail;   ///< JSON: the members that changed, each as [before, after]
};

/// A key whose text was made now, the only time that the text exists.
struct MadeKey {
  ApiKey key;
  Secret clearText;
};

/// Thread-safe.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// The key behind a clear text that a client sent, from memory; null if there is none. Constant
  /// time in the secret: it looks up an HMAC.
  virtual std::shared_ptr<const ApiKey> find(std::string_view clearText) const = 0;
  /// Whether another process changed the keys since they were read; a look at shared memory.
  virtual bool stale() const = 0;
  /// Reads the keys again if another process changed them; true if so. Blocks; call it on a worker.
  virtual bool refresh() = 0;
  virtual std::vector<ApiKey> list() const = 0;

  // All below block, and are in force for this process when they return. Each leaves a line in the
  // audit. Errors: InvalidRequest, NotFound, Conflict, StorageUnavailable.

  /// Prefix, and id and time of creation where the caller left them empty, are made here.
  virtual Result<MadeKey> create(ApiKey key, const Actor& actor) = 0;
  /// Lets `change` alter the stored key, checks it and stores it with the next version. With
  /// `version`, Conflict if the key is not at it any more.
  virtual Result<ApiKey> update(const ApiKeyId& id, std::optional<std::int64_t> version,
                                const std::function<Result<void>(ApiKey&)>& change,
                                const Actor& actor) = 0;
  /// A new text for the key; the former one stays good for `overlap`.
  virtual Result<MadeKey> rotate(const ApiKeyId& id, Millis overlap, const Actor& actor) = 0;
  virtual Result<void> revoke(const ApiKeyId& id, const Actor& actor) = 0;
  /// The newest lines first, of one key or (empty) of all.
  virtual Result<std::vector<AuditEntry>> audit(const ApiKeyId& id, std::size_t atMost) = 0;
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
  std::shared_ptr<const KeyGrants> grants;  ///< null: everything

  bool has(KeyScope scope) const { return !grants || (grants->scopes & scope) != 0; }
  bool mayUse(const Model& model) const { return !grants || grants->allows(model); }
};

}  // namespace pagoda
