#pragma once
// What is stored of an API key: HMAC-SHA-256 of it under the pepper, a random secret in a file of
// its own beside the database.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/secret.h"

struct evp_mac_ctx_st;

namespace pagoda::store {

using KeyHash = std::array<unsigned char, 32>;

/// Thread-safe.
class KeyHasher {
 public:
  explicit KeyHasher(const Secret& pepper);
  KeyHash hash(std::string_view clearText) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> keyed_;
};

/// The pepper in the file `path`; it is made when it is not there, unless `mustExist`.
/// Empty path: a new one each time. Throws StoreError.
Secret readPepper(const std::string& path, bool mustExist);

}  // namespace pagoda::store
