#pragma once
// What an upstream's refusal means for the host.

#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::anthropic {

/// Corrects `error`, which holds the host's reading of the HTTP status, by the response's body and
/// headers. The message is the upstream's own sentence, but for those about keys.
void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error);

/// A Failure for an error object that came inside a 2xx response.
sdk::Failure failureInBody(std::string_view text);

}  // namespace pagoda::anthropic
