#include "core/api/generate_dialect.h"

#include <algorithm>
#include <array>
#include <limits>

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/json_out.h"

namespace pagoda::api {
namespace {

constexpr std::array<std::string_view, 6> kTaskTypes{"auto",     "coding",  "general",
                                                     "analysis", "premium", "realtime"};
constexpr std::array<std::string_view, 8> kMembers{"prompt",     "task_type", "preferred_tier",
                                                   "max_tokens", "model",     "temperature",
                                                   "system",     "stream"};

Error unknownMember(std::string_view name) {
  const std::string_view near = nearest(name, {kMembers.begin(), kMembers.end()});
  std::string message = "unknown member '" + shownText(name) + "'";
  if (!near.empty()) {
    message.append("; did you mean '").append(near).append("'?");
  } else {
    for (const std::string_view member : kMembers)
      message.append(member == kMembers.front() ? "; the members are " : ", ").append(member);
  }
  return Error{ErrorCode::InvalidRequest, std::move(message), shownText(name), {}, {}};
}

// The values as they came: they are spliced into rawJson, so that no escape is done twice.
struct RawParts {
  std::string_view model = "\"auto\"";
  std::string_view prompt;
  std::string_view system;
  std::string_view temperature;
};

Result<void> readMember(JsonValue member, ChatRequest& chat, RawParts& raw,
                        std::string_view& system) {
  const std::string_view key = member.key();
  if (key == "prompt") {
    PAGODA_TRY(const std::string_view prompt, readString(member, key));
    if (prompt.find_first_not_of(" \t\r\n") == std::string_view::npos)
      return wrong(key, "a string that says something");
    raw.prompt = member.raw();
    Part part;
    part.text = prompt;
    chat.messages.emplace_back().parts.push_back(part);
  } else if (key == "task_type") {
    PAGODA_TRY(chat.taskType, readString(member, key));
    if (!isTaskType(chat.taskType))
      return wrong(key, "auto, coding, general, analysis, premium or realtime");
  } else if (key == "preferred_tier") {
    PAGODA_TRY(const std::int64_t tier, readInteger(member, key, {0, 4}));
    chat.preferredTier = static_cast<int>(tier);
  } else if (key == "max_tokens") {
    PAGODA_TRY(chat.maxOutputTokens,
               readInteger(member, key, {1, std::numeric_limits<std::int32_t>::max()}));
  } else if (key == "model") {
    PAGODA_TRY(chat.model, readName(member, key));
    raw.model = member.raw();
  } else if (key == "temperature") {
    PAGODA_TRY(chat.temperature, readNumber(member, key, {0, 2}));
    raw.temperature = member.raw();
  } else if (key == "system") {
    PAGODA_TRY(system, readString(member, key));
    raw.system = member.raw();
  } else {
    PAGODA_TRY(chat.stream, readBool(member, key));
  }
  return {};
}

std::string chatForm(const ChatRequest& chat, const RawParts& raw) {
  std::string text;
  text.reserve(raw.prompt.size() + raw.system.size() + 256);
  json::Writer writer(text);
  writer.beginObject().rawMember("model", raw.model).key("messages").beginArray();
  if (!raw.system.empty())
    writer.beginObject().member("role", "system").rawMember("content", raw.system).endObject();
  writer.beginObject()
      .member("role", "user")
      .rawMember("content", raw.prompt)
      .endObject()
      .endArray();
  if (chat.maxOutputTokens) writer.member("max_tokens", *chat.maxOutputTokens);
  if (!raw.temperature.empty()) writer.rawMember("temperature", raw.temperature);
  if (chat.stream) writer.member("stream", true);
  writer.endObject();
  return text;
}

void appendCount(std::string& out, std::string_view key, std::optional<Tokens> count) {
  out.append("\"").append(key).append("\":");
  if (count) {
    appendInteger(out, std::max<Tokens>(0, *count));
  } else {
    out += "null";
  }
}

void appendTokens(std::string& out, const Usage& usage) {
  std::optional<Tokens> total;
  if (usage.prompt && usage.completion) {
    Tokens sum = 0;
    const bool over = __builtin_add_overflow(*usage.prompt, *usage.completion, &sum);
    total = over ? std::numeric_limits<Tokens>::max() : sum;
  }
  out += '{';
  appendCount(out, "prompt", usage.prompt);
  out += ',';
  appendCount(out, "completion", usage.completion);
  out += ',';
  appendCount(out, "total", total);
  out += '}';
}

void appendAttempts(std::string& out, const std::vector<AttemptRecord>& attempts) {
  out += '[';
  for (const AttemptRecord& attempt : attempts) {
    if (out.back() == '}') out += ',';
    out += R"({"model":)";
    appendJsonString(out, attempt.model);
    out += R"(,"tier":)";
    appendInteger(out, attempt.tier);
    out += attempt.failure ? R"(,"ok":false,"failure":)" : R"(,"ok":true,"failure":)";
    if (attempt.failure) {
      appendJsonString(out, nameOf(attempt.failure->kind));
    } else {
      out += "null";
    }
    out += R"(,"cost_usd":)";
    out += attempt.cost.toString();
    out += R"(,"latency_ms":)";
    appendInteger(out, attempt.total.count());
    out += '}';
  }
  out += ']';
}

}  // namespace

bool isTaskType(std::string_view word) {
  return std::ranges::find(kTaskTypes, word) != kTaskTypes.end();
}

Result<ChatRequest> readGenerateRequest(std::shared_ptr<JsonDocument> document) {
  const JsonValue root = document->root();
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  ChatRequest chat;
  chat.model = "auto";
  RawParts raw;
  std::string_view system;
  for (const JsonValue member : root.children()) {
    if (std::ranges::find(kMembers, member.key()) == kMembers.end())
      return tl::unexpected<Error>(unknownMember(member.key()));
    if (member.isNull() && member.key() != "prompt") continue;
    PAGODA_CHECK(readMember(member, chat, raw, system));
  }
  if (chat.messages.empty()) return missing("prompt");
  if (!raw.system.empty()) {
    Part part;
    part.text = system;
    Message message;
    message.role = Role::System;
    message.parts.push_back(part);
    chat.messages.insert(chat.messages.begin(), std::move(message));
  }
  chat.rawJson = document->keep(chatForm(chat, raw));
  chat.storage = std::move(document);
  return chat;
}

std::string_view answerText(const ChatAnswer& answer) {
  if (answer.choices.empty()) return {};
  const AnswerChoice& choice = answer.choices.front();
  return choice.text.empty() ? choice.refusal : choice.text;
}

std::string writeGenerateAnswer(const Outcome& outcome, std::string_view requestId,
                                std::string_view text, Millis latency) {
  const FinishReason finish =
      outcome.answer.choices.empty() ? FinishReason::Stop : outcome.answer.choices.front().finish;
  std::string out;
  out.reserve(text.size() + text.size() / 16 + 512);
  out += R"({"response":)";
  appendJsonString(out, text);
  out += R"(,"model_used":)";
  appendJsonString(out, outcome.model);
  out += R"(,"tier_used":)";
  appendInteger(out, outcome.tier);
  out += R"(,"task_type":)";
  appendJsonString(out, outcome.taskType);
  out += R"(,"cost_usd":)";
  out += outcome.cost.toString();
  out += R"(,"tokens":)";
  appendTokens(out, outcome.answer.usage);
  out += R"(,"latency_ms":)";
  appendInteger(out, std::max<std::int64_t>(0, latency.count()));
  out += R"(,"attempts":)";
  appendAttempts(out, outcome.attempts);
  out += R"(,"request_id":)";
  appendJsonString(out, requestId);
  out += R"(,"finish_reason":")";
  out += finishWord(finish);
  out += outcome.simulated ? R"(","simulated":true})" : R"(","simulated":false})";
  return out;
}

GenerateStream::GenerateStream(ResponseWriter& response, StreamHead head, const Clock& clock,
                               TimePoint received)
    : StreamSink(response, std::move(head)), clock_(clock), received_(received) {}

bool GenerateStream::emit(const Event& event) {
  if (clientGone()) return false;
  const bool says = event.type == EventType::Text || event.type == EventType::Refusal;
  if (!says || event.choice != 0 || event.text.empty()) return true;
  text_ += event.text;
  event_ = R"(data: {"delta":)";
  appendJsonString(event_, event.text);
  event_ += "}\n\n";
  response_.append(event_);
  return true;
}

void GenerateStream::complete(const Outcome& outcome) {
  const Millis latency = std::chrono::duration_cast<Millis>(clock_.now() - received_);
  event_ = "event: done\ndata: ";
  event_ += writeGenerateAnswer(outcome, head_.requestId, text_, latency);
  event_ += "\n\n";
  response_.append(event_);
}

void GenerateStream::fail(std::string_view errorJson) {
  event_ = "event: error\ndata: ";
  event_ += errorJson;
  event_ += "\n\n";
  response_.append(event_);
}

}  // namespace pagoda::api
