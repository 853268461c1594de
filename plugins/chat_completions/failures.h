#pragma once
// What an upstream's refusal means for the host: one status out of a dozen dialects of error
// bodies.

#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::chat_completions {

/// Corrects `error`, which holds the host's reading of the HTTP status, by the response's body and
/// headers. The message is the upstream's own sentence when the body is an error object of a known
/// form, else one of ours; it never holds the raw body or anything of the API key.
void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error);

/// Whether a JSON object from a 2xx body or a stream reports an error instead of an answer. Throws
/// json::Malformed.
bool isError(std::string_view text);

/// A Failure for an error object that came inside a 2xx response.
sdk::Failure failureInBody(std::string_view text);

}  // namespace pagoda::chat_completions
