#include <algorithm>
#include <array>
#include <limits>

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {
namespace {

constexpr IntegerRange kTokenRange{1, std::numeric_limits<std::int32_t>::max()};
constexpr std::size_t kMostStops = 4;
constexpr std::size_t kMostTools = 1024;

// Members by which other gateways let a request choose where it is sent and with which key.
constexpr std::array<std::string_view, 44> kRedirecting{"apiBase",
                                                        "apiKey",
                                                        "api_base",
                                                        "api_key",
                                                        "api_type",
                                                        "api_version",
                                                        "aws_access_key_id",
                                                        "aws_bedrock_runtime_endpoint",
                                                        "aws_region_name",
                                                        "aws_secret_access_key",
                                                        "azure_ad_token",
                                                        "azure_endpoint",
                                                        "baseURL",
                                                        "baseUrl",
                                                        "base_url",
                                                        "callback_url",
                                                        "callbacks",
                                                        "custom_host",
                                                        "custom_llm_provider",
                                                        "default_headers",
                                                        "endpoint",
                                                        "extra_body",
                                                        "extra_headers",
                                                        "extra_query",
                                                        "failure_callback",
                                                        "fallbacks",
                                                        "headers",
                                                        "host",
                                                        "hostname",
                                                        "litellm_params",
                                                        "mock_response",
                                                        "override_params",
                                                        "provider_url",
                                                        "proxies",
                                                        "proxy",
                                                        "success_callback",
                                                        "target_url",
                                                        "upstream",
                                                        "url",
                                                        "vertex_credentials",
                                                        "vertex_location",
                                                        "vertex_project",
                                                        "webhook",
                                                        "webhook_url"};
static_assert(std::ranges::is_sorted(kRedirecting));

struct Target {
  ChatRequest& chat;
  bool strip = false;  // rawJson must lose a member
  std::optional<Tokens> maxTokens, maxCompletionTokens;
  bool hasMessages = false;
};

using ReadMember = Result<void> (*)(Target&, JsonValue, std::string_view);

template <class T, class From>
Result<void> put(T& slot, Result<From> value) {
  if (!value) return tl::unexpected<Error>(std::move(value).error());
  slot = static_cast<T>(*value);
  return {};
}
template <class T, class From>
Result<void> put(std::optional<T>& slot, Result<From> value) {
  if (!value) return tl::unexpected<Error>(std::move(value).error());
  slot = static_cast<T>(*value);
  return {};
}

Result<void> readStop(Target& target, JsonValue value, std::string_view param) {
  if (value.isString()) {
    target.chat.stop.push_back(value.text());
    return {};
  }
  if (!value.isArray()) return wrong(param, "a string or an array of at most 4 strings");
  for (const JsonValue one : value.children()) {
    if (!one.isString() || target.chat.stop.size() == kMostStops)
      return wrong(param, "a string or an array of at most 4 strings");
    target.chat.stop.push_back(one.text());
  }
  return {};
}

Result<void> readFunction(JsonValue function, const std::string& param, Tool& tool) {
  if (!function.isObject()) return wrong(param, "an object");
  const auto name = function.find("name");
  if (!name) return missing(param + ".name");
  PAGODA_CHECK(put(tool.name, readName(*name, param + ".name")));
  for (const JsonValue member : function.children()) {
    const std::string_view key = member.key();
    if (member.isNull()) continue;
    if (key == "description") {
      PAGODA_CHECK(put(tool.description, readString(member, param + ".description")));
    } else if (key == "parameters") {
      if (!member.isObject()) return wrong(param + ".parameters", "an object");
      tool.parametersJson = member.raw();
    } else if (key == "strict") {
      PAGODA_CHECK(put(tool.strict, readBool(member, param + ".strict")));
    }
  }
  return {};
}

// Tools of other kinds (web search and the like) have no neutral form and travel in rawJson.
Result<void> readTools(Target& target, JsonValue value, std::string_view param) {
  if (!value.isArray()) return wrong(param, "an array");
  std::size_t index = 0;
  for (const JsonValue entry : value.children()) {
    const std::string at = std::string(param) + "[" + std::to_string(index) + "]";
    if (++index > kMostTools) return wrong(param, "an array of at most 1024 tools");
    if (!entry.isObject()) return wrong(at, "an object");
    const auto type = entry.find("type");
    if (!type || !type->isString()) return wrong(at + ".type", "a string");
    const std::string_view kind = type->text();
    if (kind != "function" && kind != "custom") continue;
    const auto definition = entry.find(kind);
    if (!definition) return missing(at + "." + std::string(kind));
    Tool tool;
    PAGODA_CHECK(readFunction(*definition, at + "." + std::string(kind), tool));
    target.chat.tools.push_back(tool);
  }
  return {};
}

// The form before `tools`: functions and function_call.
Result<void> readFunctions(Target& target, JsonValue value, std::string_view param) {
  if (!value.isArray()) return wrong(param, "an array");
  std::size_t index = 0;
  for (const JsonValue entry : value.children()) {
    Tool tool;
    PAGODA_CHECK(
        readFunction(entry, std::string(param) + "[" + std::to_string(index++) + "]", tool));
    target.chat.tools.push_back(tool);
  }
  // That form has room for one call.
  target.chat.legacyFunctions = target.chat.serialTools = true;
  return {};
}

Result<void> readToolChoice(Target& target, JsonValue value, std::string_view param) {
  constexpr std::string_view kWanted =
      "\"auto\", \"none\", \"required\" or an object that names a tool";
  ChatRequest& chat = target.chat;
  const auto mode = [&](std::string_view word) {
    if (word == "auto") return chat.toolChoice = ToolChoice::Auto, true;
    if (word == "none") return chat.toolChoice = ToolChoice::None, true;
    if (word == "required" || word == "any") return chat.toolChoice = ToolChoice::Required, true;
    return false;
  };
  if (value.isString()) return mode(value.text()) ? Result<void>{} : wrong(param, kWanted);
  if (!value.isObject()) return wrong(param, kWanted);
  const auto type = value.find("type");
  const std::string_view kind = type && type->isString() ? type->text() : "function";
  if (kind == "allowed_tools") {
    const auto allowed = value.find("allowed_tools");
    const auto word = allowed ? allowed->find("mode") : std::nullopt;
    if (!word || !word->isString() || !mode(word->text())) return wrong(param, kWanted);
    return {};
  }
  const auto holder = value.find(kind);
  const auto name = holder ? holder->find("name") : value.find("name");
  if (!name) return wrong(param, kWanted);
  PAGODA_CHECK(put(chat.toolChoiceName, readName(*name, std::string(param) + ".name")));
  chat.toolChoice = ToolChoice::Named;
  return {};
}

Result<void> readFormat(Target& target, JsonValue value, std::string_view param) {
  if (!value.isObject()) return wrong(param, "an object");
  const auto type = value.find("type");
  if (!type || !type->isString()) return wrong(std::string(param) + ".type", "a string");
  ChatRequest& chat = target.chat;
  const std::string_view kind = type->text();
  if (kind == "json_object") chat.format = Format::Json;
  if (kind != "json_schema") return {};
  chat.format = Format::JsonSchema;
  const std::string at = std::string(param) + ".json_schema";
  const auto definition = value.find("json_schema");
  if (!definition || !definition->isObject()) return wrong(at, "an object");
  if (const auto name = definition->find("name"))
    PAGODA_CHECK(put(chat.formatName, readName(*name, at + ".name")));
  if (const auto schema = definition->find("schema"); schema && !schema->isNull()) {
    if (!schema->isObject()) return wrong(at + ".schema", "an object");
    chat.formatSchemaJson = schema->raw();
  }
  return {};
}

Result<void> readStreamOptions(Target& target, JsonValue value, std::string_view param) {
  if (!value.isObject()) return wrong(param, "an object");
  const auto usage = value.find("include_usage");
  if (!usage || usage->isNull()) return {};
  return put(target.chat.includeUsage, readBool(*usage, std::string(param) + ".include_usage"));
}

Result<void> readParallel(Target& target, JsonValue value, std::string_view param) {
  PAGODA_TRY(const bool parallel, readBool(value, param));
  target.chat.serialTools = !parallel;
  return {};
}

Result<void> readMessageList(Target& target, JsonValue value, std::string_view) {
  target.hasMessages = true;
  PAGODA_TRY(target.chat.messages, readOpenAiMessages(value));
  return {};
}

Result<void> readEffort(Target& target, JsonValue value, std::string_view param) {
  return put(target.chat.reasoningEffort, readName(value, param));
}

struct MemberReader {
  std::string_view name;
  ReadMember read;
};

#define PAGODA_FIELD(slot, reader) \
  [](Target& t, JsonValue v, std::string_view p) -> Result<void> { return put(slot, reader); }

constexpr std::array kMembers = std::to_array<MemberReader>({
    {"frequency_penalty", PAGODA_FIELD(t.chat.frequencyPenalty, readNumber(v, p, {-2, 2}))},
    {"function_call", readToolChoice},
    {"functions", readFunctions},
    {"logprobs", PAGODA_FIELD(t.chat.logprobs, readBool(v, p))},
    {"max_completion_tokens", PAGODA_FIELD(t.maxCompletionTokens, readInteger(v, p, kTokenRange))},
    {"max_tokens", PAGODA_FIELD(t.maxTokens, readInteger(v, p, kTokenRange))},
    {"messages", readMessageList},
    {"model", PAGODA_FIELD(t.chat.model, readName(v, p))},
    {"n", PAGODA_FIELD(t.chat.choices, readInteger(v, p, {1, 128}))},
    {"parallel_tool_calls", readParallel},
    {"presence_penalty", PAGODA_FIELD(t.chat.presencePenalty, readNumber(v, p, {-2, 2}))},
    {"reasoning_effort", readEffort},
    {"response_format", readFormat},
    {"seed", PAGODA_FIELD(t.chat.seed, readInteger(v, p,
                                                   {std::numeric_limits<std::int64_t>::min(),
                                                    std::numeric_limits<std::int64_t>::max()}))},
    {"stop", readStop},
    {"stream", PAGODA_FIELD(t.chat.stream, readBool(v, p))},
    {"stream_options", readStreamOptions},
    {"temperature", PAGODA_FIELD(t.chat.temperature, readNumber(v, p, {0, 2}))},
    {"tool_choice", readToolChoice},
    {"tools", readTools},
    {"top_logprobs", PAGODA_FIELD(t.chat.topLogprobs, readInteger(v, p, {0, 20}))},
    {"top_p", PAGODA_FIELD(t.chat.topP, readNumber(v, p, {0, 1}))},
    {"user", PAGODA_FIELD(t.chat.user, readString(v, p))},
});
#undef PAGODA_FIELD
static_assert(std::ranges::is_sorted(kMembers, {}, &MemberReader::name));

// `provider` and `options` are members of real upstreams (OpenRouter, Ollama), unless they hold an
// address.
bool holdsRedirection(JsonValue value) {
  for (const JsonValue member : value.children())
    if (value.isObject() && redirectsGateway(member.key())) return true;
  return false;
}

bool mustGo(JsonValue member) {
  const std::string_view key = member.key();
  return redirectsGateway(key) ||
         ((key == "provider" || key == "options" || key == "metadata") && holdsRedirection(member));
}

Result<void> readMembers(Target& target, JsonValue root) {
  for (const JsonValue member : root.children()) {
    const std::string_view key = member.key();
    const auto known = std::ranges::lower_bound(kMembers, key, {}, &MemberReader::name);
    if (known == kMembers.end() || known->name != key) {
      target.strip |= mustGo(member);
      continue;
    }
    if (member.isNull() && key != "model" && key != "messages") continue;
    PAGODA_CHECK(known->read(target, member, key));
  }
  return {};
}

std::string withoutRedirections(JsonValue root) {
  std::string kept;
  kept.reserve(root.raw().size());
  kept += '{';
  for (const JsonValue member : root.children()) {
    if (mustGo(member)) continue;
    if (kept.size() > 1) kept += ',';
    json::appendString(kept, member.key());
    kept += ':';
    kept += member.raw();
  }
  kept += '}';
  return kept;
}

}  // namespace

bool redirectsGateway(std::string_view member) {
  return std::ranges::binary_search(kRedirecting, member);
}

Result<ChatRequest> readOpenAiRequest(std::shared_ptr<JsonDocument> document) {
  const JsonValue root = document->root();
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  ChatRequest chat;
  Target target{chat, false, {}, {}, false};
  PAGODA_CHECK(readMembers(target, root));
  if (chat.model.empty()) return missing("model");
  if (!target.hasMessages) return missing("messages");
  if (chat.topLogprobs > 0 && !chat.logprobs)
    return fail(ErrorCode::InvalidRequest, "top_logprobs needs logprobs to be true",
                "top_logprobs");
  // Both names mean one bound; the newer one wins only where it is the tighter one.
  chat.maxOutputTokens = target.maxTokens;
  if (target.maxCompletionTokens)
    chat.maxOutputTokens = std::min(*target.maxCompletionTokens,
                                    target.maxTokens.value_or(*target.maxCompletionTokens));
  chat.rawJson = target.strip ? document->keep(withoutRedirections(root)) : root.raw();
  chat.storage = std::move(document);
  return chat;
}

}  // namespace pagoda::api
