#pragma once
// A step as an HTTP request.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run.h"

namespace pagoda::external {

struct SecretField {
  std::string name;
  std::string prefix;
  std::string secret;
  std::string suffix;
};

/// Everything but the secrets' values.
struct HttpCall {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<SecretField> secretHeaders;
  std::vector<SecretField> secretQuery;
  std::string body;
  std::uint32_t timeoutMs = 0;

  /// What the answer depends on.
  std::string cacheKey() const;
};

/// Members of query, headers and form whose value is missing are left out. Throws Failure:
/// PAGODA_E_PROTOCOL when the URL or the body needs a value that an earlier answer lacks,
/// PAGODA_E_CONFIG when base_url is not set, PAGODA_E_TOO_LARGE.
HttpCall requestOf(const Step& step, const Run& run);

/// Fills the host's request. A secret of the query goes to the host as a header named `?name`,
/// which it appends to the URL as it sends.
void fill(const HttpCall& call, sdk::HttpRequest& http);

}  // namespace pagoda::external
