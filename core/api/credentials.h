#pragma once
// Where a client may put its key: `Authorization: Bearer`, `x-api-key` or `x-goog-api-key`. Never
// the URL or a cookie: those end up in logs and in other people's requests.

#include <string_view>

#include "core/base/result.h"
#include "core/domain/http_server.h"

namespace pagoda::api {

/// The key as sent, or empty. Errors: InvalidRequest for two headers that could be read either way,
/// Unauthenticated for what can be no key. No error quotes the key.
Result<std::string_view> credentialOf(const HttpRequest& request);

}  // namespace pagoda::api
