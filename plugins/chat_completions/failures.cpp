#include "chat_completions/failures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace pagoda::chat_completions {

namespace {

/// An error object of any known form, flattened.
struct ErrorBody {
  std::string message;
  std::string code;  // as text, also when the upstream sends a number
  std::string type;
  std::string detail;  // what stands behind the message: metadata.raw, innererror, ...
  int number = 0;      // a numeric code that is an HTTP status, else 0
  bool moderated = false;
  bool known = false;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The value as text, whether it is a string or a number.
std::string scalar(json::Reader& value) {
  std::string buffer;
  if (value.kind() == json::Kind::String) return std::string(*value.string(buffer));
  if (value.kind() == json::Kind::Number) return std::string(value.raw());
  value.skip();
  return {};
}

void readMembers(json::Reader& reader, ErrorBody& body, int depth);

// OpenRouter's metadata: the upstream's own answer, and why a text was flagged.
void readMetadata(json::Reader& metadata, ErrorBody& body) {
  metadata.object([&](std::string_view key, json::Reader& value) {
    if (key == "raw") {
      body.detail += ' ';
      body.detail += scalar(value);
    } else if (key == "reasons" || key == "flagged_input") {
      body.moderated = true;
    }
  });
}

void readDetail(json::Reader& value, ErrorBody& body, int depth) {
  // FastAPI: a sentence, or [{"loc":[...],"msg":"..."}].
  if (value.kind() == json::Kind::String) {
    body.message = scalar(value);
    body.known = true;
  } else if (value.kind() == json::Kind::Array) {
    value.array([&](json::Reader& element) { readMembers(element, body, depth + 1); });
  } else {
    readMembers(value, body, depth + 1);
  }
}

void readMember(std::string_view key, json::Reader& value, ErrorBody& body, int depth) {
  if (key == "error" || key == "detail") {
    readDetail(value, body, depth);
  } else if (key == "message" || key == "msg") {
    if (value.kind() == json::Kind::Object) {  // {"message":{"detail":[...]}} (Mistral)
      readMembers(value, body, depth + 1);
    } else if (std::string text = scalar(value); !text.empty() && body.message.empty()) {
      body.message = std::move(text);
      body.known = true;
    }
  } else if (key == "code" || key == "status") {
    const std::string text = scalar(value);
    int number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec == std::errc{} && result.ptr == text.data() + text.size()) {
      if (number >= 400 && number < 600 && body.number == 0) body.number = number;
    } else if (body.code.empty()) {
      body.code = text;
    }
  } else if (key == "type") {
    if (std::string text = scalar(value); body.type.empty()) body.type = std::move(text);
  } else if (key == "metadata") {
    readMetadata(value, body);
  } else if (key == "innererror") {
    body.detail += ' ';
    body.detail += value.raw();
  }
}

void readMembers(json::Reader& reader, ErrorBody& body, int depth) {
  if (depth > 4) return reader.skip();
  reader.object(
      [&](std::string_view key, json::Reader& value) { readMember(key, value, body, depth); });
}

ErrorBody parse(std::string_view text) {
  ErrorBody body;
  if (!json::validUtf8(text)) return body;
  try {
    json::Reader reader(text);
    if (reader.kind() == json::Kind::Array) {  // [{"error":{...}}] (Gemini's compatible mode)
      reader.array([&](json::Reader& element) { readMembers(element, body, 0); });
    } else {
      readMembers(reader, body, 0);
    }
    reader.finish();
  } catch (const json::Malformed&) {
    return {};
  }
  return body;
}

template <std::size_t N>
bool containsAny(std::string_view text, const std::array<std::string_view, N>& needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

// Codes and types are compared within " code type "; sentences within message and detail.
constexpr std::array<std::string_view, 9> kQuotaWords = {
    "insufficient_quota", "billing_hard_limit_reached",
    "billing_not_active", "arrearage",
    "billoverdue",        "freetieronly",
    "notpurchased",       "insufficient_balance",
    "payment_required"};
constexpr std::array<std::string_view, 4> kQuotaTexts = {
    "insufficient balance", "credit balance is too low", "requires more credits",
    "insufficient credits"};
constexpr std::array<std::string_view, 2> kContextWords = {"context_length_exceeded",
                                                           "too_many_prompt_tokens"};
constexpr std::array<std::string_view, 12> kContextTexts = {
    "maximum context length",
    "context length exceeded",
    "context window",
    "prompt is too long",
    "prompt too long",
    "range of input length",
    "exceeded max context",
    "exceeds the maximum number of tokens allowed",
    "input is too long",
    "too many tokens: size limit exceeded",
    "exceeds the available context size",
    "total length of all messages is too long"};
constexpr std::array<std::string_view, 7> kFilterWords = {"content_filter",
                                                          "content_policy_violation",
                                                          "data_inspection_failed",
                                                          "datainspectionfailed",
                                                          "responsibleaipolicyviolation",
                                                          "invalid_prompt",
                                                          "moderation"};
constexpr std::array<std::string_view, 3> kFilterTexts = {
    "content management policy", "datainspectionfailed", "responsibleaipolicyviolation"};
constexpr std::array<std::string_view, 4> kAuthWords = {"invalid_api_key", "invalidapikey",
                                                        "authentication_error", "unauthorized"};
constexpr std::array<std::string_view, 4> kAuthTexts = {"incorrect api key", "api key not valid",
                                                        "invalid api key", "api key expired"};
constexpr std::array<std::string_view, 3> kRegionTexts = {
    "country, region, or territory not supported", "unsupported_country",
    "location is not supported"};
constexpr std::array<std::string_view, 5> kModelWords = {"model_not_found", "modelnotfound",
                                                         "deploymentnotfound",
                                                         "model_decommissioned", "not_found_error"};
constexpr std::array<std::string_view, 6> kModelTexts = {
    "is not a valid model id",      "try pulling it first",
    "no endpoints found",           "model not found",
    "is not found for api version", "no allowed providers are available"};
constexpr std::array<std::string_view, 3> kTransientWords = {
    "overloaded", "insufficient_system_resource", "capacity_exceeded"};
constexpr std::array<std::string_view, 2> kTransientTexts = {"overloaded", "over capacity"};
constexpr std::array<std::string_view, 5> kRateWords = {
    "rate_limit", "throttling", "limit_requests", "limit_burst_rate", "too_many_requests"};
// Without a status of its own, an error inside an answer is the upstream's fault unless it says
// that the request is at fault.
constexpr std::array<std::string_view, 4> kRequestWords = {"invalid_request", "invalidparameter",
                                                           "invalid_parameter", "invalidrequest"};
constexpr std::array<std::string_view, 2> kLackWords = {"unsupported_parameter",
                                                        "unsupported_value"};

struct Verdict {
  pagoda_status status;
  pagoda_retry retry = PAGODA_RETRY_DEFAULT;
};

Verdict byStatus(int status, pagoda_status hosts) {
  switch (status) {
    case 401:
      return {PAGODA_E_AUTH};
    case 402:
      return {PAGODA_E_QUOTA};
    case 403:
      return {PAGODA_E_PERMISSION};
    // A path that is not there: the model may be fine, the base URL is not.
    case 404:
      return {PAGODA_E_INVALID_REQUEST, PAGODA_RETRY_NEXT};
    case 408:
    case 504:
      return {PAGODA_E_TIMEOUT};
    case 413:
      return {PAGODA_E_TOO_LARGE};
    case 429:
      return {PAGODA_E_RATE_LIMIT};
    case 498:  // Groq: no flex capacity
    case 529:
      return {PAGODA_E_OVERLOADED};
    default:
      break;
  }
  if (status >= 500) return {PAGODA_E_UNAVAILABLE};
  if (status >= 400) return {PAGODA_E_INVALID_REQUEST};
  return {hosts};
}

Verdict judge(const ErrorBody& body, int status, pagoda_status hosts) {
  const std::string words = lower(' ' + body.code + ' ' + body.type + ' ');
  const std::string text = lower(body.message + ' ' + body.detail);
  // An error inside a 2xx body brings no status but its own.
  if (status < 400 && body.number != 0) status = body.number;

  if (status == 402 || containsAny(words, kQuotaWords) || containsAny(text, kQuotaTexts))
    return {PAGODA_E_QUOTA};
  if (containsAny(words, kContextWords) || (status != 429 && containsAny(text, kContextTexts)))
    return {PAGODA_E_CONTEXT_LENGTH};
  if (body.moderated || containsAny(words, kFilterWords) || containsAny(text, kFilterTexts))
    return {PAGODA_E_CONTENT_FILTER};
  if (containsAny(words, kAuthWords) || containsAny(text, kAuthTexts)) return {PAGODA_E_AUTH};
  if (containsAny(text, kRegionTexts) || containsAny(words, kRegionTexts)) return {PAGODA_E_REGION};
  if (words.find(" tool_use_failed ") != std::string::npos)
    return {PAGODA_E_UNSUPPORTED, PAGODA_RETRY_NEXT};
  if (containsAny(words, kModelWords) || containsAny(text, kModelTexts) ||
      (status == 404 && text.find("model") != std::string::npos))
    return {PAGODA_E_MODEL_NOT_FOUND};
  const bool rate = status == 429 || containsAny(words, kRateWords);
  // Groq's 413 and OpenAI's "Request too large": above the account's tier; waiting does not help.
  // DashScope's allocated quota of tokens per minute: others are served at once.
  if (rate && words.find("allocationquota") != std::string::npos)
    return {PAGODA_E_RATE_LIMIT, PAGODA_RETRY_NEXT};
  if (rate && (status == 413 || text.find("request too large") != std::string::npos))
    return {PAGODA_E_RATE_LIMIT, PAGODA_RETRY_NEXT};
  if (rate) return {PAGODA_E_RATE_LIMIT};
  if (containsAny(words, kTransientWords) || containsAny(text, kTransientTexts))
    return {PAGODA_E_OVERLOADED};
  if (status < 500 && containsAny(words, kLackWords)) return {PAGODA_E_UNSUPPORTED};
  if (status < 400 && containsAny(words, kRequestWords)) return {PAGODA_E_INVALID_REQUEST};
  return byStatus(status, hosts);
}

// "... Please try again in 1.798s", "in 6m0s", "in 20ms". Source: OpenAI and Groq 429 bodies.
std::optional<std::int64_t> delayInText(std::string_view message) {
  constexpr std::string_view kPhrase = "try again in ";
  std::size_t at = message.find(kPhrase);
  if (at == std::string_view::npos) return std::nullopt;
  at += kPhrase.size();
  double total = 0;
  bool any = false;
  while (at < message.size()) {
    double number = 0;
    const char* const end = message.data() + message.size();
    const auto result = std::from_chars(message.data() + at, end, number, std::chars_format::fixed);
    if (result.ec != std::errc{} || !(number >= 0 && number < 1e7)) break;
    std::string_view unit(result.ptr, static_cast<std::size_t>(end - result.ptr));
    double scale = 0;
    std::size_t size = 1;
    if (unit.starts_with("ms")) {
      scale = 1;
      size = 2;
    } else if (unit.starts_with('s')) {
      scale = 1000;
    } else if (unit.starts_with('m')) {
      scale = 60'000;
    } else if (unit.starts_with('h')) {
      scale = 3'600'000;
    } else {
      break;
    }
    total += number * scale;
    any = true;
    at = static_cast<std::size_t>(result.ptr - message.data()) + size;
  }
  if (!any) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(total));
}

// What a verdict says when the upstream's own sentence must not be shown, or there is none.
std::string_view ourSentence(pagoda_status status) {
  switch (status) {
    case PAGODA_E_AUTH:
      return "the upstream rejected the API key";
    case PAGODA_E_PERMISSION:
      return "the upstream refused this key's access";
    case PAGODA_E_QUOTA:
      return "the upstream account is out of credit";
    case PAGODA_E_RATE_LIMIT:
      return "the upstream limits the rate of requests";
    case PAGODA_E_TIMEOUT:
      return "the upstream gave up waiting";
    case PAGODA_E_OVERLOADED:
      return "the upstream is overloaded";
    case PAGODA_E_TOO_LARGE:
      return "the request is too large for the upstream";
    case PAGODA_E_MODEL_NOT_FOUND:
      return "the upstream does not know this model";
    case PAGODA_E_UNAVAILABLE:
      return "the upstream failed";
    default:
      return "the upstream refused the request";
  }
}

std::string sentence(const ErrorBody& body, pagoda_status status, int httpStatus) {
  // Errors about a key may quote it.
  if (status != PAGODA_E_AUTH && body.known && !body.message.empty()) return body.message;
  std::string text(ourSentence(status));
  if (httpStatus != 0) text += " (HTTP " + std::to_string(httpStatus) + ")";
  return text;
}

std::int64_t delayInHeaders(const pagoda_http_head& head) {
  for (const auto& header : sdk::Range<pagoda_pair>(head.headers)) {
    if (sdk::view(header.name) != "retry-after-ms") continue;
    const std::string_view value = sdk::view(header.value);
    std::int64_t ms = -1;
    std::from_chars(value.data(), value.data() + value.size(), ms);
    return ms;
  }
  return -1;
}

}  // namespace

void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  const ErrorBody read = parse(body);
  const Verdict verdict = judge(read, head.status, error.status);
  error.http_status = head.status;
  if (verdict.retry != PAGODA_RETRY_DEFAULT) error.retry = verdict.retry;
  if (const std::int64_t ms = delayInHeaders(head); ms >= 0) error.retry_after_ms = ms;
  if (error.retry_after_ms < 0 && verdict.status == PAGODA_E_RATE_LIMIT)
    error.retry_after_ms = delayInText(read.message).value_or(-1);
  const std::string& code = read.code.empty() ? read.type : read.code;
  if (!code.empty()) sdk::copyLine(error.code, code);
  sdk::report(&error, verdict.status, sentence(read, verdict.status, head.status));
}

bool isError(std::string_view text) {
  bool error = false;
  bool choices = false;
  bool message = false;
  json::Reader reader(text);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "error") {
      const std::string_view raw = value.raw();
      error = error || (raw != "null" && raw != "false" && raw != "\"\"" && raw != "{}");
    } else if (key == "object") {
      error = error || value.raw() == "\"error\"";
    } else if (key == "choices") {
      choices = true;
    } else if (key == "detail" || key == "message") {
      message = true;
    }
  });
  return error || (message && !choices);
}

sdk::Failure failureInBody(std::string_view text) {
  const ErrorBody read = parse(text);
  const Verdict verdict = judge(read, 0, PAGODA_E_UNAVAILABLE);
  sdk::Failure failure(verdict.status, sentence(read, verdict.status, 0));
  failure.retry = verdict.retry;
  failure.httpStatus = read.number;
  failure.code = read.code.empty() ? read.type : read.code;
  if (verdict.status == PAGODA_E_RATE_LIMIT)
    failure.retryAfterMs = delayInText(read.message).value_or(-1);
  return failure;
}

}  // namespace pagoda::chat_completions
