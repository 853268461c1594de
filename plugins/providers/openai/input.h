#pragma once
// A conversation as Responses' `input` items.
// Source: OpenAI, Responses API reference (openai-openapi of 2026-08-21), read 2026-11-25.

#include <set>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::openai {

/// The name of signatures of this plugin's reasoning items: "ID:ENCRYPTED", where the id may be
/// missing with its colon.
inline constexpr std::string_view kReasoningFormat = "openai-responses-v1";

/// A tool call's id as Responses takes it: at most 64 characters. Longer ones, of other providers,
/// become a short one, always the same.
std::string callIdOf(std::string_view id);

/// Writes the items of one request. Throws Failure(PAGODA_E_UNSUPPORTED) for content that Responses
/// cannot take.
class InputWriter {
 public:
  explicit InputWriter(json::Writer<sdk::Buffer>& writer) noexcept : writer_(writer) {}
  /// One array.
  void write(const pagoda_chat_request& request);

 private:
  struct Extras;

  void addSpoken(const pagoda_message& message, std::string_view role);
  void addAssistant(const pagoda_message& message);
  /// Those of the message's thoughts from number `from` on, counted from 0, that come before `to`.
  void addThoughts(const pagoda_message& message, std::int64_t from, std::int64_t to);
  void addWords(const pagoda_message& message, const Extras& extras);
  void addCalls(const pagoda_message& message, const Extras& extras);
  void addResult(const pagoda_message& message);
  void writeParts(pagoda_array parts);
  void writePart(const pagoda_part& part);
  void writeImage(const pagoda_part& part);
  void writeFile(const pagoda_part& part);
  void writeBreakpoint(const pagoda_part& part);

  json::Writer<sdk::Buffer>& writer_;
  std::set<std::string, std::less<>> customCalls_;
};

}  // namespace pagoda::openai
