#pragma once
// What an operator can set for one upstream, and what is known of some upstreams by their host
// name.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pagoda::chat_completions {

/// The member under which the upstream reads the limit on completion tokens.
enum class MaxTokensField { Auto, MaxTokens, MaxCompletionTokens };

/// What to do with the role `developer`, which only OpenAI and Azure know.
enum class DeveloperRole { Keep, System };

/// How the upstream spells a forced tool: as OpenAI does; `any` for `required` (Mistral); as words
/// only, so that a named tool becomes `required` with that tool alone (llama.cpp, LM Studio).
enum class ToolChoiceForm { OpenAi, Any, WordsOnly };

/// The ids of tool calls: as they are, or exactly nine letters and digits (Mistral). Ids of other
/// upstreams are then replaced alike in calls and results.
enum class ToolIds { Keep, NineLetters };

/// What becomes of an earlier turn's `reasoning_content`: kept; sent as `reasoning` (Groq refuses
/// the long name); or sent back only for turns with tool calls (DeepSeek: refused or ignored
/// elsewhere, needed there).
enum class Reasoning { Keep, RenameToShort, ToolTurnsOnly };

/// Mistral continues a last assistant message only if it says `prefix`; Perplexity wants user and
/// assistant by turns, so that neighbours of one role are joined.
enum class MessageOrder { Keep, PrefixLast, Alternate };

/// What the upstream speaks: chat completions, Ollama's /api/chat, or Cohere's /v2/chat.
enum class Api { Chat, Ollama, Cohere };

struct Settings {
  std::string baseUrl;
  std::string quirks;  ///< the row of quirks.cpp, empty if unknown; "none" for none
  std::string chatPath = "/chat/completions";
  std::string authHeader = "authorization";
  std::string authPrefix = "Bearer ";
  bool noAuth = false;
  std::vector<std::pair<std::string, std::string>> headers;
  MaxTokensField maxTokensField = MaxTokensField::Auto;
  bool streamUsage = true;
  DeveloperRole developerRole = DeveloperRole::System;
  bool reasoningExcludedFromCompletion = false;
  bool trustCost = true;
  ToolChoiceForm toolChoice = ToolChoiceForm::OpenAi;
  ToolIds toolIds = ToolIds::Keep;
  Reasoning reasoning = Reasoning::Keep;
  MessageOrder order = MessageOrder::Keep;
  Api api = Api::Chat;
  std::string embeddingsPath = "/embeddings";
  bool embeddingBase64 = false;  ///< the upstream knows encoding_format
  std::string embeddingDimensions = "dimensions";
  bool embeddingInt8 = false;  ///< text vectors are base64 of signed bytes (Perplexity)
  std::vector<std::string> drop;
  std::vector<std::pair<std::string, std::string>> rename;
  std::vector<std::string> messageMembers;  ///< the only ones that messages may have; empty: all
  std::vector<std::string> messageDrop;
  /// Beginnings of the names of models that refuse reasoningModelsDrop, unless the name says
  /// "non-reasoning".
  std::vector<std::string> reasoningModels;
  std::vector<std::string> reasoningModelsDrop;
  /// Members that every request gets, each a JSON text. Objects are merged with the client's, the
  /// operator's members winning.
  std::vector<std::pair<std::string, std::string>> members;
};

/// Reads the instance's configuration, one JSON object. Members that are not settings are ignored.
/// `baseUrl` is for a configuration without base_url. Known facts of the server (quirks.h) are the
/// defaults, each explicit setting wins. Throws sdk::Failure(PAGODA_E_CONFIG) that names the
/// setting at fault.
Settings readSettings(std::string_view configJson, std::string_view baseUrl = {});

/// The URL of chat completions under `base`, which may end in a slash, hold a query, or already be
/// the whole URL. Also for other paths.
std::string chatUrl(std::string_view base, std::string_view chatPath);
/// `base` without the path of chat completions that it may end in.
std::string_view baseOf(std::string_view base, std::string_view chatPath);

/// The host name of an absolute URL, in lower case, without port.
std::string hostOf(std::string_view url);

}  // namespace pagoda::chat_completions
