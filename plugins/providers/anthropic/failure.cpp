#include "failure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <time.h>  // strptime, timegm

#include "chat_completions/failures.h"
#include "json_text.h"

namespace pagoda::anthropic {

namespace {

struct ErrorBody {
  std::string type;
  std::string message;
  bool ours = false;  // Anthropic's form; else a gateway's
};

ErrorBody parse(std::string_view text) {
  ErrorBody body;
  if (!json::validUtf8(text)) return body;
  try {
    std::string buffer;
    json::Reader reader(text);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key != "error") return;
      value.object([&](std::string_view inner, json::Reader& member) {
        if (inner == "type") body.type = member.string(buffer).value_or("");
        if (inner == "message") body.message = member.string(buffer).value_or("");
      });
    });
    reader.finish();
  } catch (const json::Malformed&) {
    return {};
  }
  body.ours = body.type.ends_with("_error") || body.type == "request_too_large";
  return body;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <std::size_t N>
bool containsAny(std::string_view text, const std::array<std::string_view, N>& needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

// Much of what has a type of its own elsewhere is an invalid_request_error here.
constexpr std::array<std::string_view, 3> kQuotaTexts = {
    "credit balance is too low", "specified api usage limits", "usage limit has been reached"};
constexpr std::array<std::string_view, 4> kContextTexts = {
    "prompt is too long", "exceed context limit", "exceeds the context window",
    "input is too long"};
constexpr std::array<std::string_view, 2> kFilterTexts = {"content filtering policy",
                                                          "blocked by content filter"};
// Another model may take what this one refuses.
constexpr std::array<std::string_view, 6> kModelTexts = {
    "does not support",       "not supported by this model",    "not supported for this model",
    "is deprecated for this", "is not supported on this model", "not available for this model"};

struct Verdict {
  pagoda_status status;
  pagoda_retry retry = PAGODA_RETRY_DEFAULT;
};

Verdict judgeRequest(std::string_view text) {
  if (containsAny(text, kQuotaTexts)) return {PAGODA_E_QUOTA};
  if (containsAny(text, kContextTexts)) return {PAGODA_E_CONTEXT_LENGTH};
  if (containsAny(text, kFilterTexts)) return {PAGODA_E_CONTENT_FILTER};
  if (containsAny(text, kModelTexts)) return {PAGODA_E_INVALID_REQUEST, PAGODA_RETRY_NEXT};
  return {PAGODA_E_INVALID_REQUEST};
}

// Source: Anthropic, Errors, HTTP errors and error shapes, read 2026-11-25.
Verdict judge(const ErrorBody& body) {
  const std::string text = lower(body.message);
  const std::string& type = body.type;
  if (type == "invalid_request_error") return judgeRequest(text);
  if (type == "authentication_error") return {PAGODA_E_AUTH};
  if (type == "billing_error") return {PAGODA_E_QUOTA};
  if (type == "permission_error")
    return {containsAny(text, kQuotaTexts) ? PAGODA_E_QUOTA : PAGODA_E_PERMISSION};
  if (type == "not_found_error") {
    if (text.find("model") != std::string::npos) return {PAGODA_E_MODEL_NOT_FOUND};
    // A path that is not there: the model may be fine, the base URL is not.
    return {PAGODA_E_INVALID_REQUEST, PAGODA_RETRY_NEXT};
  }
  if (type == "request_too_large") return {PAGODA_E_TOO_LARGE};
  if (type == "rate_limit_error") return {PAGODA_E_RATE_LIMIT};
  if (type == "timeout_error") return {PAGODA_E_TIMEOUT};
  if (type == "overloaded_error") return {PAGODA_E_OVERLOADED};
  return {PAGODA_E_UNAVAILABLE};
}

std::string_view headerOf(const pagoda_http_head& head, std::string_view name) {
  for (const auto& header : sdk::Range<pagoda_pair>(head.headers)) {
    if (sdk::view(header.name) == name) return sdk::view(header.value);
  }
  return {};
}

std::optional<std::int64_t> secondsOf(const std::string& text, const char* form) {
  struct tm date {};
  const char* const end = ::strptime(text.c_str(), form, &date);
  if (end == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&date));
}

// A limit that is used up says when it is full again; the response's own clock tells how far away
// that is.
std::int64_t delayUntilReset(const pagoda_http_head& head) {
  const auto now = secondsOf(std::string(headerOf(head, "date")), "%a, %d %b %Y %H:%M:%S");
  if (!now) return -1;
  std::int64_t longest = -1;
  for (const char* limit : {"requests", "tokens", "input-tokens", "output-tokens"}) {
    const std::string prefix = std::string("anthropic-ratelimit-") + limit;
    if (headerOf(head, prefix + "-remaining") != "0") continue;
    const auto reset = secondsOf(std::string(headerOf(head, prefix + "-reset")), "%Y-%m-%dT%T");
    if (reset) longest = std::max(longest, (*reset - *now) * 1000);
  }
  constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
  return std::min(longest, kDayMs);
}

std::string sentence(const ErrorBody& body, pagoda_status status) {
  if (status == PAGODA_E_AUTH) return "the upstream rejected the API key";
  return body.message.empty() ? "the upstream refused the request" : body.message;
}

}  // namespace

void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  const ErrorBody read = parse(body);
  if (!read.ours) return chat_completions::readFailure(head, body, error);
  const Verdict verdict = judge(read);
  error.http_status = head.status;
  if (verdict.retry != PAGODA_RETRY_DEFAULT) error.retry = verdict.retry;
  const bool limited = verdict.status == PAGODA_E_RATE_LIMIT;
  if (limited && error.retry_after_ms < 0) error.retry_after_ms = delayUntilReset(head);
  // Says that waiting does not help: a limit on spending, not on speed.
  if (limited && headerOf(head, "x-should-retry") == "false") error.retry = PAGODA_RETRY_NEXT;
  sdk::copyLine(error.code, read.type);
  sdk::report(&error, verdict.status, sentence(read, verdict.status));
}

sdk::Failure failureInBody(std::string_view text) {
  const ErrorBody read = parse(text);
  if (!read.ours) return chat_completions::failureInBody(text);
  const Verdict verdict = judge(read);
  sdk::Failure failure(verdict.status, sentence(read, verdict.status));
  failure.retry = verdict.retry;
  failure.code = read.type;
  return failure;
}

}  // namespace pagoda::anthropic
