#pragma once
// Requests of the Responses API.
// Source: OpenAI, Responses API reference (openai-openapi of 2026-08-21), read 2026-11-25.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::openai {

/// Count asks for the number of prompt tokens (/responses/input_tokens).
enum class Mode { Whole, Stream, Count };

/// Writes the body. Chat completions' members become those of Responses; the ones without
/// counterpart (stop, seed, penalties, logit_bias) are left out, unknown ones are passed on. Throws
/// Failure(PAGODA_E_UNSUPPORTED) for what Responses cannot do: several choices, sound.
void writeResponses(const pagoda_chat_request& request, const Settings& settings, Mode mode,
                    sdk::Buffer& out);

/// The elements of `tools` in Responses' form; other tools than functions and custom ones are those
/// of OpenAI and keep their bytes.
void writeTools(json::Writer<sdk::Buffer>& writer, std::string_view rawTools,
                const pagoda_chat_request& request);
/// A `tool_choice` of chat completions in Responses' form.
void writeToolChoice(json::Writer<sdk::Buffer>& writer, std::string_view raw);
/// Chat completions' web_search_options as a tool of Responses.
void writeWebSearch(json::Writer<sdk::Buffer>& writer, std::string_view options);

}  // namespace pagoda::openai
