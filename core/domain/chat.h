#pragma once
// A chat request and the events that answer it, in one neutral form for all dialects and providers.
// It mirrors pagoda/chat.h of the plugin ABI, which this layer may not include.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/money.h"

namespace pagoda {

enum class Role { System, User, Assistant, Tool };
enum class PartKind { Text, Image, Audio, File, Reasoning };

/// One piece of a message's content. Views live as long as the ChatRequest that holds them.
struct Part {
  PartKind kind = PartKind::Text;
  std::string_view text;
  std::string_view mediaType;
  std::string_view url;
  /// Bytes as the client encoded them (base64 where the dialect has it so); of Reasoning its
  /// signature, where `mediaType` is the block's format, "redacted" if it has no text to show.
  std::string_view data;
  std::string_view extraJson;  ///< the part as it came, for members that the neutral form lacks
};

struct ToolCall {
  std::string_view id;
  std::string_view name;
  std::string_view argumentsJson;
};

struct Message {
  Role role = Role::User;
  std::vector<Part> parts;
  std::vector<ToolCall> toolCalls;
  std::string_view toolCallId;
  std::string_view name;
  std::string_view extraJson;
};

struct Tool {
  std::string_view name;
  std::string_view description;
  std::string_view parametersJson;
  bool strict = false;
};

enum class ToolChoice { Auto, None, Required, Named };
enum class Format { Text, Json, JsonSchema };

/// What a request needs of a model; bits as in pagoda/provider.h (PAGODA_CAP_...).
enum Capability : std::uint64_t {
  kCapStream = 1u << 0,
  kCapTools = 1u << 1,
  kCapJson = 1u << 2,
  kCapJsonSchema = 1u << 3,
  kCapImageIn = 1u << 4,
  kCapAudioIn = 1u << 5,
  kCapFileIn = 1u << 6,
  kCapReasoning = 1u << 7,
  kCapSeed = 1u << 8,
  kCapLogprobs = 1u << 9,
  kCapPromptCache = 1u << 10,
};

/// A validated request. All views point into `storage` (the body and whatever was unescaped from
/// it), which lives as long as the request; moving the request keeps them valid, and copies are
/// made on purpose only.
struct ChatRequest {
  ChatRequest() = default;
  ChatRequest(ChatRequest&&) = default;
  ChatRequest& operator=(ChatRequest&&) = default;
  ChatRequest& operator=(const ChatRequest&) = delete;
  /// The same request over the same texts.
  ChatRequest clone() const { return ChatRequest(*this); }

  std::string_view
      model;  ///< as the client wrote it: "auto", "tier2", "qwen3_coder", "openai/gpt-4o"
  std::vector<Message> messages;
  std::vector<Tool> tools;
  ToolChoice toolChoice = ToolChoice::Auto;
  std::string_view toolChoiceName;
  Format format = Format::Text;
  std::string_view formatName;
  std::string_view formatSchemaJson;
  std::vector<std::string_view> stop;
  std::optional<double> temperature;
  std::optional<double> topP;
  std::optional<double> presencePenalty;
  std::optional<double> frequencyPenalty;
  std::optional<Tokens> maxOutputTokens;
  std::optional<std::int64_t> seed;
  std::optional<Tokens> reasoningTokens;
  std::string_view reasoningEffort;  ///< none, minimal, low, ...; empty: the client did not say
  std::uint32_t choices = 1;
  std::uint32_t topLogprobs = 0;
  bool stream = false;
  bool includeUsage = false;  ///< the client asked for a usage chunk at the end of the stream
  bool logprobs = false;
  bool serialTools = false;
  /// The client speaks of `functions`, the form before tools, and reads calls as `function_call`.
  bool legacyFunctions = false;
  std::string_view user;

  /// The request in OpenAI's chat.completions form: the client's own bytes where it spoke that
  /// dialect, so that a provider of the same dialect splices instead of writing it anew.
  std::string_view rawJson;

  // The seed's routing wishes, from POST /generate or headers.
  std::optional<int> preferredTier;
  std::string_view taskType;  ///< auto, coding, general, analysis, premium, realtime; empty: auto

  std::shared_ptr<void> storage;

 private:
  ChatRequest(const ChatRequest&) = default;
};

enum class FinishReason { Stop, Length, ToolCalls, ContentFilter, Other };

/// Token counts as billed; absent where the upstream did not say. `completion` includes reasoning,
/// `prompt` includes cached tokens.
struct Usage {
  std::optional<Tokens> prompt;
  std::optional<Tokens> completion;
  std::optional<Tokens> cacheRead;
  std::optional<Tokens> cacheWrite;
  std::optional<Tokens> reasoning;
  std::optional<Money> statedCost;  ///< only if the upstream states a price
  bool estimated = false;
  std::optional<Tokens> cacheWriteHour;  ///< part of cacheWrite that is kept for an hour
  std::optional<Tokens> searches;        ///< that the model made on its own
  bool suspect = false;                  ///< figures came that cannot be true; they are absent here
};

enum class EventType {
  Start,
  Text,
  Reasoning,
  ToolBegin,
  ToolArgs,
  Refusal,
  Usage,
  Finish,
  Extra,
  Media,
  Embedding
};
/// Where the members of an Extra event's object belong.
enum class ExtraPlace { Answer, Choice, Message, Usage, ToolCall };

/// One thing that happened in an answer. Views live until the sink returns.
struct Event {
  EventType type = EventType::Text;
  std::uint32_t choice = 0;
  std::uint32_t index = 0;  ///< tool call, counted from 0 within the choice; Embedding: input
  bool customTool = false;  ///< ToolBegin: a custom tool, whose ToolArgs are free text, not JSON
  FinishReason finish = FinishReason::Stop;
  ExtraPlace place = ExtraPlace::Answer;
  std::string_view text;
  std::string_view id;
  std::string_view name;
  std::string_view data;  ///< Reasoning: the signature of the block that it ends
  const Usage* usage = nullptr;
};

}  // namespace pagoda
