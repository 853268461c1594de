#pragma once
// The talk: messages in the neutral form as Gemini's `contents` and `systemInstruction`.

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::gemini {

using BodyWriter = json::Writer<sdk::Buffer>;

/// Writes the members `contents` and, if there is a system message, `systemInstruction`.
/// Roles are user and model only; turns of one role that follow each other become one, results of
/// tools come in the order of their calls, and the talk begins with a user.
/// Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for a part that has no form here.
void writeContents(const pagoda_chat_request& request, const Settings& settings, const Model& model,
                   BodyWriter& writer);

}  // namespace pagoda::gemini
