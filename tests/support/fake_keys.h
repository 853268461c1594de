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
    return found == keys_.end() ? nullptr : found->second;
  }
  bool refresh() override {
    ++refreshes;
    return false;
  }
  std::vector<ApiKey> list() const override {
    std::vector<ApiKey> all;
    for (const auto& [text, key] : keys_) all.push_back(*key);
    return all;
  }
  Result<Secret> create(ApiKey key) override {
    const std::string text = "pgd-" + key.name + "-" + std::to_string(keys_.size());
    if (key.id.empty()) key.id = ApiKeyId("key_" + std::to_string(keys_.size()));
    key.prefix = text.substr(0, 6);
    keys_[text] = std::make_shared<ApiKey>(std::move(key));
    return Secret(text);
  }
  Result<void> revoke(const ApiKeyId& id) override {
    for (const auto& [text, key] : keys_) {
      if (key->id != id) continue;
      key->revoked = true;
      return {};
    }
    return fail(ErrorCode::NotFound, "there is no key of this id");
  }
  Secret add(std::string name, KeyRole role) {
    ApiKey key;
    key.name = std::move(name);
    key.role = role;
    return *create(std::move(key));
  }

  int refreshes = 0;

 private:
  std::map<std::string, std::shared_ptr<ApiKey>> keys_;
};

}  // namespace pagoda::testing
