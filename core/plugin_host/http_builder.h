#pragma once
// The request that a translator fills during next(): a buffer for the body, and headers that are
// checked before they can split a message or hide one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/provider.h>

#include "core/domain/failure.h"
#include "core/domain/http_client.h"

namespace pagoda::plugin_host {

class UrlRules;
class SecretBook;

/// A key that went into a request, to be retired if the upstream rejects it.
struct UsedSecret {
  std::string name;
  std::size_t ordinal = 0;
};

/// What an instance allows its plugin to send.
struct SendRules {
  const UrlRules& urls;
  const std::vector<std::string>& secretNames;  ///< permissions.secrets
  const SecretBook& secrets;
  std::string_view missingSecret;  ///< what to tell the caller
  std::size_t bodyLimit;
};

/// Lives for one call of next(). Mistakes of the plugin are kept, since it may ignore the status
/// that it got.
class HttpBuilder {
 public:
  HttpBuilder(const SendRules& rules, UpstreamRequest& out, std::size_t expectedBody);
  HttpBuilder(const HttpBuilder&) = delete;
  HttpBuilder& operator=(const HttpBuilder&) = delete;

  pagoda_http_request* request() { return &request_; }
  /// What the host refused, if anything.
  std::optional<AttemptFailure> mistake() const;
  /// Finishes the request after the plugin filled it. Secrets go in here.
  std::optional<AttemptFailure> finish(std::vector<UsedSecret>& used);

 private:
  struct Calls;
  /// The ABI's buffer over the request's body.
  struct Body : pagoda_buf {
    std::string* storage = nullptr;
    std::size_t limit = 0;
    bool full = false;
  };
  struct SecretHeader {
    std::string name, prefix, secret, suffix;
  };

  pagoda_status reject(pagoda_status status, std::string message);
  pagoda_status checkHeader(std::string_view name, std::string_view value);
  std::optional<AttemptFailure> takeBody();
  std::optional<AttemptFailure> addSecrets(std::vector<UsedSecret>& used);

  const SendRules& rules_;
  UpstreamRequest& out_;
  Body body_{};
  pagoda_http_request request_{};
  std::vector<SecretHeader> secretHeaders_;
  std::string mistake_;
  FailureKind mistakeKind_ = FailureKind::Internal;
};

}  // namespace pagoda::plugin_host
