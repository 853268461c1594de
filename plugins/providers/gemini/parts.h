#pragma once
// One piece of a message as a Part of Gemini's, and what assistants' messages carry for it.

#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

using PartWriter = json::Writer<sdk::Buffer>;

/// The media type that an address or a file's name tells by its ending, else `fallback`.
std::string_view mediaTypeOf(std::string_view name, std::string_view fallback);

/// Whether writeMedia has something to write for the part: an image, audio, file or video.
bool isMedia(const pagoda_part& part);

/// Writes inlineData or fileData. Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for another provider's
/// file id.
void writeMedia(const pagoda_part& part, PartWriter& writer);

/// What an assistant's message brings back from an earlier answer of Gemini's.
struct Remembered {
  std::string textSignature;                // of the text, base64
  std::vector<std::string> callSignatures;  // by position among the tool calls; may be shorter
  std::vector<std::string_view> parts;      // executable code, its results and the like, raw
};

/// Reads extra_content.google.thought_signature and content_parts of a message's own JSON.
/// Borrows it.
Remembered readRemembered(std::string_view messageJson);

}  // namespace pagoda::gemini
