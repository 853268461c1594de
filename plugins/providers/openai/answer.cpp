#include "answer.h"

#include <algorithm>
#include <array>

#include "answer_text.h"
#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"
#include "chat_completions/usage.h"
#include "failure.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

// What the answer says of the request, which the client knows, and what the events carry.
constexpr std::array<std::string_view, 36> kNoExtras = {"background",
                                                        "completed_at",
                                                        "context_management",
                                                        "conversation",
                                                        "created_at",
                                                        "error",
                                                        "frequency_penalty",
                                                        "id",
                                                        "include",
                                                        "incomplete_details",
                                                        "input",
                                                        "instructions",
                                                        "max_output_tokens",
                                                        "max_tool_calls",
                                                        "metadata",
                                                        "model",
                                                        "object",
                                                        "output",
                                                        "output_text",
                                                        "parallel_tool_calls",
                                                        "presence_penalty",
                                                        "previous_response_id",
                                                        "prompt",
                                                        "prompt_cache_key",
                                                        "prompt_cache_retention",
                                                        "reasoning",
                                                        "safety_identifier",
                                                        "status",
                                                        "store",
                                                        "temperature",
                                                        "text",
                                                        "tool_choice",
                                                        "tools",
                                                        "top_logprobs",
                                                        "top_p",
                                                        "truncation"};
static_assert(std::is_sorted(kNoExtras.begin(), kNoExtras.end()));

bool isExtra(std::string_view key, std::string_view raw) {
  constexpr std::string_view kTiers[] = {R"("auto")",  R"("default")",  R"("flex")",
                                         R"("scale")", R"("priority")", R"("fast")"};
  if (raw == "null" || key == "usage" || key == "user" ||
      std::binary_search(kNoExtras.begin(), kNoExtras.end(), key))
    return false;
  return key != "service_tier" || std::ranges::find(kTiers, raw) != std::end(kTiers);
}

void checkUtf8(std::string_view text) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

/// The members of a server-sent event, as JSON texts.
struct ResponseReader::EventParts {
  std::string typeBuffer;
  std::string_view type, delta, item, itemId, response, logprobs;
  std::int64_t output = -1, part = -1;
  bool error = false;

  explicit EventParts(std::string_view data) {
    json::Reader reader(data);
    const bool object = reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "type") {
        type = value.string(typeBuffer).value_or("");
      } else if (key == "delta") {
        delta = value.raw();
      } else if (key == "output_index") {
        output = value.integer().value_or(-1);
      } else if (key == "summary_index" || key == "content_index") {
        part = value.integer().value_or(-1);
      } else if (key == "item") {
        item = value.raw();
        if (item.starts_with('{') && itemId.empty()) itemId = memberOf(item, "id");
      } else if (key == "item_id") {
        itemId = value.raw();
      } else if (key == "response") {
        response = value.raw();
      } else if (key == "logprobs") {
        logprobs = value.raw();
      } else if (key == "error") {
        error = value.raw() != "null";
      }
    });
    reader.finish();
    if (!object) nonsense("the upstream sent an event that is not an object");
  }
};

/// The members of a response object, as JSON texts.
struct ResponseReader::ResponseParts {
  std::string_view status, output, usage, incomplete, error, object;

  ResponseParts(std::string_view raw, std::string& extra) {
    extra.clear();
    const bool isObject = eachMember(raw, [&](std::string_view key, std::string_view value) {
      std::string_view* const slot = key == "status"               ? &status
                                     : key == "output"             ? &output
                                     : key == "usage"              ? &usage
                                     : key == "incomplete_details" ? &incomplete
                                     : key == "error"              ? &error
                                     : key == "object"             ? &object
                                                                   : nullptr;
      if (slot != nullptr) *slot = value;
      if (!isExtra(key, value)) return;
      extra += extra.empty() ? '{' : ',';
      // Chat completions has a member of this name in another form.
      json::appendString(extra, key == "moderation" ? "response_moderation" : key);
      extra += ':';
      extra += value;
    });
    if (!extra.empty()) extra += '}';
    if (!isObject) nonsense("the upstream sent a response that is not an object");
  }
};

void ResponseReader::whole(std::string_view text, sdk::Events& events) {
  if (done_) return;
  checkUtf8(text);
  const ResponseParts parts(text, extra_);
  if (parts.output.empty() && chat_completions::isError(text)) throw failureOf(text);
  if (parts.object != R"("response")" && !parts.output.starts_with('['))
    nonsense("the upstream sent something that is no response");
  finished(text, events);
}

void ResponseReader::event(std::string_view name, std::string_view data, sdk::Events& events) {
  if (done_ || isBlank(data) || data == "[DONE]") return;
  checkUtf8(data);
  const EventParts parts(data);
  const std::string_view type = parts.type;
  if (type.ends_with(".delta")) {
    delta(parts, events);
  } else if (type == "response.output_item.added") {
    if (!started_) start("{}", events);
    add(find(parts.output, parts.itemId), parts.item, events);
  } else if (type == "response.output_item.done") {
    if (!started_) start("{}", events);
    close(find(parts.output, parts.itemId), parts.item, events);
  } else if (type == "response.completed" || type == "response.incomplete" ||
             type == "response.failed" || type == "response.done") {
    finished(parts.response, events);
  } else if (type == "response.created" || type == "response.in_progress" ||
             type == "response.queued") {
    start(parts.response, events);
  } else if (type == "error" || name == "error" || (type.empty() && parts.error)) {
    throw failureOf(data);
  }
  // Beginnings and ends of parts and the states of built-in tools repeat what items say; events
  // that are newer than this text say nothing.
}

void ResponseReader::delta(const EventParts& parts, sdk::Events& events) {
  const std::string_view type = parts.type;
  const bool words = type == "response.output_text.delta";
  const bool arguments = type == "response.function_call_arguments.delta" ||
                         type == "response.custom_tool_call_input.delta";
  const bool summary = type == "response.reasoning_summary_text.delta";
  const bool thinking = summary || type == "response.reasoning_text.delta";
  const bool refusal = type == "response.refusal.delta";
  if (!words && !arguments && !thinking && !refusal) return;
  if (!started_) start("{}", events);
  Item& item = find(parts.output, parts.itemId);
  if (item.done) return;
  const std::string_view piece = textOf(parts.delta);
  if (words) {
    if (!piece.empty()) text(item, piece, events);
    if (parts.logprobs.starts_with('[')) logprobs(parts.logprobs, events);
  } else if (thinking) {
    // Summaries and raw thoughts are numbered apart.
    if (!piece.empty()) thought(item, parts.part * 2 + (summary ? 0 : 1), piece, events);
  } else if (refusal) {
    if (!piece.empty()) events.refusal(piece);
    item.refusal = true;
  } else if (item.called && !piece.empty()) {
    // Of a call that was not announced, the whole item brings name and arguments.
    this->arguments(item, piece, events);
  }
}

void ResponseReader::end(sdk::Events&) {
  if (!done_) nonsense("the upstream's stream ended before the answer did");
}

void ResponseReader::start(std::string_view response, sdk::Events& events) {
  if (started_) return;
  started_ = true;
  std::string id, model;
  if (response.starts_with('{')) {
    id = chat_completions::stringOf(memberOf(response, "id"));
    model = chat_completions::stringOf(memberOf(response, "model"));
  }
  events.start(id, model);
}

// The whole response, which ends a stream as well.
void ResponseReader::finished(std::string_view response, sdk::Events& events) {
  if (!response.starts_with('{')) nonsense("the upstream's answer ended without a response");
  const ResponseParts parts(response, extra_);
  const bool failed = parts.error.starts_with('{') && parts.status != R"("completed")";
  if (failed || parts.status == R"("failed")") throw failureOf(parts.error);
  if (parts.status == R"("cancelled")")
    throw sdk::Failure(PAGODA_E_UNAVAILABLE, "the upstream cancelled its answer");
  if (parts.status == R"("queued")" || parts.status == R"("in_progress")")
    nonsense("the upstream sent a response that is not finished");
  start(response, events);
  if (!extra_.empty()) events.extra(PAGODA_EXTRA_ANSWER, std::string(extra_));
  std::int64_t index = 0;
  // Without numbers nothing tells which of them a stream has brought already.
  const bool numbered =
      std::ranges::none_of(items_, [](const Item& item) { return item.index < 0; });
  if (numbered && parts.output.starts_with('[')) {
    eachElement(parts.output, [&](std::string_view raw) { close(find(index++), raw, events); });
  }
  usage(parts.usage, events);
  finish(parts, events);
}

void ResponseReader::finish(const ResponseParts& parts, sdk::Events& events) {
  done_ = true;
  const std::string reason = chat_completions::stringOf(memberOf(parts.incomplete, "reason"));
  const std::string status = chat_completions::stringOf(parts.status);
  pagoda_finish finish = tools_ > 0 ? PAGODA_FINISH_TOOL_CALLS : PAGODA_FINISH_STOP;
  if (reason == "content_filter") {
    finish = PAGODA_FINISH_FILTER;
  } else if (status == "incomplete" || !reason.empty()) {
    finish =
        reason.empty() || reason.starts_with("max_") ? PAGODA_FINISH_LENGTH : PAGODA_FINISH_OTHER;
  }
  events.finish(finish, reason.empty() ? status : reason);
}

void ResponseReader::usage(std::string_view raw, sdk::Events& events) {
  if (!raw.starts_with('{')) return;
  const chat_completions::Usage read = chat_completions::readUsage(usageOf(raw), settings_.chat);
  events.usage(read.counts);
  if (!read.extra.empty()) events.extra(PAGODA_EXTRA_USAGE, read.extra);
}

// The text of a JSON string, empty for all else; lives until the next call.
std::string_view ResponseReader::textOf(std::string_view raw) {
  if (!raw.starts_with('"')) return {};
  return *json::Reader(raw).string(buffer_);
}

std::int64_t tokenCountOf(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const auto tokens =
      json::Reader(text).kind() == json::Kind::Object
          ? json::Reader(memberOf(text, "input_tokens").empty() ? std::string_view("null")
                                                                : memberOf(text, "input_tokens"))
                .integer()
          : std::nullopt;
  if (!tokens || *tokens < 0 || *tokens > kMost)
    throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent no count of tokens");
  return *tokens;
}

}  // namespace pagoda::openai
