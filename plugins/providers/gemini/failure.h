#pragma once
// Refusals: {"error":{"code","message","status","details":[{"@type"}]}}, alone or in an array.
// Source: Google AIP-193 and google.rpc.error_details, read 2026-11-25; recorded refusals.

#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Corrects the host's reading of a response of another status than 2xx.
void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error);

/// The failure that an error object inside a 200 stands for; its own code is its status.
sdk::Failure failureInBody(std::string_view text);

}  // namespace pagoda::gemini
