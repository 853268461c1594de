#pragma once
// Refusals of OpenAI and Azure OpenAI beyond what the dialect's servers have in common.

#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::openai {

/// Corrects the host's reading of a response with a status of 300 or above by its body.
void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error);

/// A Failure for the error object of a response that failed, or for an `error` event: `text` is the
/// object itself, {"code":...,"message":...}, or one that holds it as `error`.
sdk::Failure failureOf(std::string_view text);

}  // namespace pagoda::openai
