#pragma once
// OpenAI's chat.completions, both ways.
// Source: openai/openai-openapi, CreateChatCompletionRequest/Response/StreamResponse, read 2026-08.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/json_body.h"
#include "core/api/stream_sink.h"
#include "core/base/result.h"
#include "core/domain/chat.h"

namespace pagoda::api {

/// Reads POST /v1/chat/completions. Members that no dialect knows stay in `rawJson` for the
/// upstream; those that would redirect a gateway's upstream call (`api_base`, `extra_headers`, ...)
/// are taken out of it. Errors: InvalidRequest with the member as param.
Result<ChatRequest> readOpenAiRequest(std::shared_ptr<JsonDocument> document);

/// `messages` of the same form; for the dialects that share it.
Result<std::vector<Message>> readOpenAiMessages(JsonValue messages);

/// Whether a member's name is one that redirects a gateway (CVE-2024-6587 and its kin).
bool redirectsGateway(std::string_view member);

/// `outcome` holds a collected answer. `legacyFunctions` as in ChatRequest.
std::string writeOpenAiAnswer(const Outcome& outcome, std::string_view requestId,
                              std::int64_t createdUnix, bool legacyFunctions = false);

/// What the client asked of a stream's form.
struct StreamForm {
  bool includeUsage = false;     ///< a usage chunk, and `usage: null` in all others
  bool legacyFunctions = false;  ///< as in ChatRequest
};

/// Writes `data: {chunk}` events as the answer's events come.
class OpenAiStream final : public StreamSink {
 public:
  OpenAiStream(ResponseWriter& response, StreamHead head, StreamForm form);

  bool emit(const Event& event) override;
  void complete(const Outcome& outcome) override;
  void fail(std::string_view errorJson) override;

 private:
  struct Choice {
    bool begun = false;
    bool ended = false;
    std::vector<bool> customTools;  // by the call's index
    std::string reasoning;          // since the last signature
    std::size_t signatures = 0;
  };

  Choice& choiceAt(std::uint32_t index);
  void ensureHead();
  /// A chunk with one choice: `delta` and `choiceMembers` (`,"logprobs":...`) are JSON already.
  void chunk(std::uint32_t index, std::string_view delta, std::string_view finish,
             std::string_view choiceMembers = {});
  void endChunk(std::string_view usageJson);
  void beginChoice(std::uint32_t index, bool withText);
  void textDelta(const Event& event, std::string_view key);
  void reasoning(const Event& event);
  void toolBegin(const Event& event);
  void toolArguments(const Event& event);
  void finish(const Event& event);
  void extra(const Event& event);
  void toolExtra(const Event& event);

  const StreamForm form_;
  std::string id_;
  std::string model_;
  std::string fragment_;    // `data: {"id":...,"model":"...",`, the same for all chunks
  std::string chunk_;       // being written; its memory is used again
  std::string delta_;       // likewise
  std::string topMembers_;  // waiting for the next chunk
  std::vector<Choice> choices_;
};

}  // namespace pagoda::api
