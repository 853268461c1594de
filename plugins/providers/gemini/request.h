#pragma once
// A chat request in the neutral form as the body of generateContent and countTokens.
// Source: Gemini API v1beta and Vertex AI v1, generateContent, read 2026-11-25.

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::gemini {

/// Writes the body of generateContent, which is the same for streamGenerateContent.
/// Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for what has no form here, json::Malformed.
void writeRequest(const pagoda_chat_request& request, const Settings& settings, sdk::Buffer& out);

/// Writes the body of countTokens for the same request.
void writeTokenCount(const pagoda_chat_request& request, const Settings& settings,
                     sdk::Buffer& out);

}  // namespace pagoda::gemini
