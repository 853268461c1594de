#include "failure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace pagoda::gemini {

namespace {

constexpr int kMostNesting = 3;

struct ErrorBody {
  std::string message;
  std::string status;  // INVALID_ARGUMENT, ...
  std::string reason;  // of ErrorInfo: API_KEY_INVALID, SERVICE_DISABLED, ...
  int code = 0;
  std::int64_t retryMs = -1;
  bool perDay = false;
  bool known = false;
};

std::string textOf(json::Reader& value) {
  std::string buffer;
  return std::string(value.string(buffer).value_or(""));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// A Duration's JSON form, "34.4s", or seconds in a sentence; -1 if it is none.
std::int64_t milliseconds(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  constexpr double kLongest = 1e7;
  if (read.ec != std::errc{} || !(number >= 0 && number < kLongest)) return -1;
  const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  if (unit.starts_with("ms")) return static_cast<std::int64_t>(std::ceil(number));
  if (!unit.starts_with('s')) return -1;
  return static_cast<std::int64_t>(std::ceil(number * 1000));
}

// RetryInfo, QuotaFailure and ErrorInfo have no member in common, so their type need not be asked.
void readDetails(json::Reader& details, ErrorBody& body) {
  details.array([&](json::Reader& detail) {
    detail.object([&](std::string_view key, json::Reader& value) {
      if (key == "retryDelay") {
        body.retryMs = milliseconds(textOf(value));
      } else if (key == "reason") {
        body.reason = textOf(value);
      } else if (key == "violations") {
        value.array([&](json::Reader& violation) {
          violation.object([&](std::string_view name, json::Reader& text) {
            if (name == "quotaId" && textOf(text).find("PerDay") != std::string::npos)
              body.perDay = true;
          });
        });
      }
    });
  });
}

void readError(json::Reader& error, ErrorBody& body, int depth) {
  if (error.kind() == json::Kind::String) {  // {"error":"..."}, of proxies
    body.message = textOf(error);
    body.known = !body.message.empty();
    return;
  }
  error.object([&](std::string_view key, json::Reader& value) {
    if (key == "message") {
      body.message = textOf(value);
      body.known = !body.message.empty();
    } else if (key == "status") {
      body.status = textOf(value);
    } else if (key == "code") {
      const std::int64_t code = value.integer().value_or(0);
      if (code >= 400 && code < 600) body.code = static_cast<int>(code);
    } else if (key == "details") {
      readDetails(value, body);
    } else if (key == "error" && depth < kMostNesting) {
      readError(value, body, depth + 1);
    }
  });
}

ErrorBody parse(std::string_view text) {
  ErrorBody body;
  if (!json::validUtf8(text)) return body;
  try {
    json::Reader reader(text);
    if (reader.kind() == json::Kind::Array) {
      reader.array([&](json::Reader& element) { readError(element, body, 0); });
    } else {
      readError(reader, body, 0);
    }
    reader.finish();
  } catch (const json::Malformed&) {
    return {};
  }
  return body;
}

template <std::size_t N>
bool has(std::string_view text, const std::array<std::string_view, N>& needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

// Sentences of the service, in lower case.
constexpr std::array<std::string_view, 5> kAuth = {"api key not valid", "api key expired",
                                                   "api key not found", "invalid api key",
                                                   "reported as leaked"};
constexpr std::array<std::string_view, 3> kContext = {
    "exceeds the maximum number of tokens", "input token count", "exceeds the context window"};
constexpr std::array<std::string_view, 3> kRegion = {
    "location is not supported", "not available in your country", "unsupported country"};
constexpr std::array<std::string_view, 4> kBilling = {"credits are depleted", "billing account",
                                                      "enable billing", "insufficient_quota"};
constexpr std::array<std::string_view, 3> kTooLarge = {"payload size exceeds", "request too large",
                                                       "request entity too large"};
// A model's lack, not a fault of the request: another model may do.
constexpr std::array<std::string_view, 6> kLack = {"is not enabled for",
                                                   "does not support",
                                                   "is not supported by this model",
                                                   "not supported for this model",
                                                   "mime type: 'application/json' is unsupported",
                                                   "thought_signature"};

struct Verdict {
  pagoda_status status;
  pagoda_retry retry = PAGODA_RETRY_DEFAULT;
};

Verdict byStatus(int status, const ErrorBody& body, std::string_view text, pagoda_status hosts) {
  switch (status) {
    case 401:
      return {PAGODA_E_AUTH};
    case 402:
      return {PAGODA_E_QUOTA};
    case 403:
      return {PAGODA_E_PERMISSION};
    case 404:
      if (text.find("model") != std::string_view::npos &&
          text.find("cache") == std::string_view::npos)
        return {PAGODA_E_MODEL_NOT_FOUND};
      // A path or a resource that is not there: the model may be fine.
      return {PAGODA_E_INVALID_REQUEST, PAGODA_RETRY_NEXT};
    case 408:
    case 504:
      return {PAGODA_E_TIMEOUT};
    case 413:
      return {PAGODA_E_TOO_LARGE};
    case 429:
      // What a day allows is gone: waiting as told does not help, another model may.
      return {PAGODA_E_RATE_LIMIT, body.perDay ? PAGODA_RETRY_NEXT : PAGODA_RETRY_DEFAULT};
    case 503:
    case 529:
      return {PAGODA_E_OVERLOADED};
    default:
      break;
  }
  if (status >= 499) return {PAGODA_E_UNAVAILABLE};
  if (status >= 400) return {PAGODA_E_INVALID_REQUEST};
  return {hosts};
}

Verdict judge(const ErrorBody& body, int status, pagoda_status hosts) {
  const std::string text = lower(body.message);
  // An error inside a 2xx body brings no status but its own.
  if (status < 400) status = body.code;
  if (body.reason == "API_KEY_INVALID" || body.status == "UNAUTHENTICATED" || has(text, kAuth))
    return {PAGODA_E_AUTH};
  if (has(text, kRegion)) return {PAGODA_E_REGION};
  if (status != 429 && has(text, kContext)) return {PAGODA_E_CONTEXT_LENGTH};
  if (body.reason == "BILLING_DISABLED" || has(text, kBilling)) return {PAGODA_E_QUOTA};
  if (status < 500 && has(text, kTooLarge)) return {PAGODA_E_TOO_LARGE};
  if (status == 400 && has(text, kLack)) return {PAGODA_E_UNSUPPORTED, PAGODA_RETRY_NEXT};
  if (status == 0) {
    if (body.status == "RESOURCE_EXHAUSTED") status = 429;
    if (body.status == "UNAVAILABLE") status = 503;
    if (body.status == "INVALID_ARGUMENT") status = 400;
    if (body.status == "DEADLINE_EXCEEDED") status = 504;
  }
  return byStatus(status, body, text, hosts);
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
  if (status != PAGODA_E_AUTH && body.known) return body.message;
  std::string text(ourSentence(status));
  if (httpStatus != 0) text += " (HTTP " + std::to_string(httpStatus) + ")";
  return text;
}

// "Please retry in 34.4s." where RetryInfo is missing.
std::int64_t delayOf(const ErrorBody& body) {
  if (body.retryMs >= 0) return body.retryMs;
  constexpr std::string_view kPhrase = "retry in ";
  const std::size_t at = body.message.find(kPhrase);
  if (at == std::string::npos) return -1;
  return milliseconds(std::string_view(body.message).substr(at + kPhrase.size()));
}

}  // namespace

void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  const ErrorBody read = parse(body);
  const Verdict verdict = judge(read, head.status, error.status);
  error.http_status = head.status;
  if (verdict.retry != PAGODA_RETRY_DEFAULT) error.retry = verdict.retry;
  if (const std::int64_t ms = delayOf(read); ms >= 0) error.retry_after_ms = ms;
  const std::string& code = read.reason.empty() ? read.status : read.reason;
  if (!code.empty()) sdk::copyLine(error.code, code);
  sdk::report(&error, verdict.status, sentence(read, verdict.status, head.status));
}

sdk::Failure failureInBody(std::string_view text) {
  const ErrorBody read = parse(text);
  const Verdict verdict = judge(read, 0, PAGODA_E_UNAVAILABLE);
  sdk::Failure failure(verdict.status, sentence(read, verdict.status, 0));
  failure.retry = verdict.retry;
  failure.httpStatus = read.code;
  failure.retryAfterMs = delayOf(read);
  failure.code = read.reason.empty() ? read.status : read.reason;
  return failure;
}

}  // namespace pagoda::gemini
