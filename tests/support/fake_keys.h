#pragma once
// Keys in memory, found by their clear text.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/keys.h"

namespace pagoda::testing {

class FakeKeys final : public KeyStore {
 public:
  std::shared_ptr<const ApiKey> find(std::string_view clearText) const override {
    const auto found = keys_.find(std::string(clearText));
    return found == keys_.end() || found->second->disabled ? nullptr : found->second;
  }
  bool stale() const override { return staleNow; }
  bool refresh() override {
    ++refreshes;
    if (!refreshable) return false;
    if (onRefresh) onRefresh();
    return std::exchange(staleNow, false);
  }
  std::vector<ApiKey> list() const override {
    std::vector<ApiKey> all;
    for (const auto& [text, key] : keys_) all.push_back(*key);
    return all;
  }
  Result<MadeKey> create(ApiKey key, const Actor& actor = {"test"}) override {
    PAGODA_CHECK(checkKey(key));
    const std::string text = "pgd-" + key.name + "-" + std::to_string(made_++);
    if (key.id.empty()) key.id = ApiKeyId("key_" + std::to_string(keys_.size()));
    key.prefix = text.substr(0, 6);
    entries.push_back({0, actor.name, "key.create", key.id.value(), "{}"});
    keys_[text] = std::make_shared<ApiKey>(key);
    return MadeKey{std::move(key), Secret(text)};
  }
  Result<ApiKey> update(const ApiKeyId& id, std::optional<std::int64_t> version,
                        const std::function<Result<void>(ApiKey&)>& change,
                        const Actor& actor = {"test"}) override {
    for (auto& [text, key] : keys_) {
      if (key->id != id) continue;
      if (version && *version != key->version) return fail(ErrorCode::Conflict, "stale", "version");
      ApiKey after = *key;
      PAGODA_CHECK(change(after));
      PAGODA_CHECK(checkKey(after));
      ++after.version;
      entries.push_back({0, actor.name, "key.update", id.value(), "{}"});
      key = std::make_shared<ApiKey>(after);
      return after;
    }
    return fail(ErrorCode::NotFound, "there is no key of this id");
  }
  Result<MadeKey> rotate(const ApiKeyId& id, Millis, const Actor& actor = {"test"}) override {
    for (auto& [text, key] : keys_) {
      if (key->id != id) continue;
      ApiKey same = *key;
      keys_.erase(text);
      return create(std::move(same), actor);
    }
    return fail(ErrorCode::NotFound, "there is no key of this id");
  }
  Result<void> revoke(const ApiKeyId& id, const Actor& actor = {"test"}) override {
    const auto end = [](ApiKey& key) -> Result<void> {
      key.revoked = true;
      return {};
    };
    PAGODA_CHECK(update(id, std::nullopt, end, actor));
    return {};
  }
  Result<std::vector<AuditEntry>> audit(const ApiKeyId& id, std::size_t atMost) override {
    std::vector<AuditEntry> found;
    for (auto entry = entries.rbegin(); entry != entries.rend() && found.size() < atMost; ++entry)
      if (id.empty() || entry->subject == id.value()) found.push_back(*entry);
    return found;
  }
  Secret add(std::string name, KeyRole role) {
    ApiKey key;
    key.name = std::move(name);
    key.role = role;
    return create(std::move(key))->clearText;
  }

  int refreshes = 0;
  bool staleNow = false;            ///< another process changed the keys
  bool refreshable = true;          ///< false: the database cannot be read
  std::function<void()> onRefresh;  ///< what the other process did
  std::vector<AuditEntry> entries;

 private:
  std::map<std::string, std::shared_ptr<ApiKey>> keys_;
  int made_ = 0;
};

}  // namespace pagoda::testing
