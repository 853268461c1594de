#include "core/plugin_host/status.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <time.h>  // timegm, strptime

#include <pagoda/json/scan.hpp>

#include "core/plugin_host/guard.h"
#include "core/plugin_host/secret_book.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::int64_t kLongestRetryMs = 24LL * 3600 * 1000;

struct Pair {
  pagoda_status status;
  FailureKind kind;
};

constexpr Pair kPairs[] = {
    {PAGODA_E_INVALID_REQUEST, FailureKind::InvalidRequest},
    {PAGODA_E_CONTEXT_LENGTH, FailureKind::ContextLength},
    {PAGODA_E_CONTENT_FILTER, FailureKind::ContentFilter},
    {PAGODA_E_UNSUPPORTED, FailureKind::Unsupported},
    {PAGODA_E_TOO_LARGE, FailureKind::TooLarge},
    {PAGODA_E_AUTH, FailureKind::Auth},
    {PAGODA_E_PERMISSION, FailureKind::Permission},
    {PAGODA_E_QUOTA, FailureKind::Quota},
    {PAGODA_E_REGION, FailureKind::Region},
    {PAGODA_E_RATE_LIMIT, FailureKind::RateLimit},
    {PAGODA_E_OVERLOADED, FailureKind::Overloaded},
    {PAGODA_E_UNAVAILABLE, FailureKind::Unavailable},
    {PAGODA_E_TIMEOUT, FailureKind::Timeout},
    {PAGODA_E_MODEL_NOT_FOUND, FailureKind::ModelNotFound},
    {PAGODA_E_PROTOCOL, FailureKind::Protocol},
    {PAGODA_E_CANCELLED, FailureKind::Cancelled},
    {PAGODA_E_DEADLINE, FailureKind::Deadline},
    {PAGODA_E_BUDGET, FailureKind::Budget},
    {PAGODA_E_CONFIG, FailureKind::Config},
    {PAGODA_E_NOT_IMPLEMENTED, FailureKind::NotImplemented},
    {PAGODA_E_BAD_STATE, FailureKind::BadState},
    {PAGODA_E_NO_MEMORY, FailureKind::NoMemory},
    {PAGODA_E_INTERNAL, FailureKind::Internal},
    {PAGODA_E_INCOMPATIBLE, FailureKind::Incompatible},
};

RetryHint hintOf(pagoda_retry retry) {
  switch (retry) {
    case PAGODA_RETRY_NEVER:
      return RetryHint::Never;
    case PAGODA_RETRY_SAME:
      return RetryHint::Same;
    case PAGODA_RETRY_NEXT_KEY:
      return RetryHint::NextKey;
    case PAGODA_RETRY_NEXT:
      return RetryHint::Next;
    default:
      return RetryHint::Default;
  }
}

template <std::size_t N>
std::string_view inlineText(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

pagoda_status statusOfHttp(int status) {
  switch (status) {
    case 401:
      return PAGODA_E_AUTH;
    case 402:
      return PAGODA_E_QUOTA;
    case 403:
      return PAGODA_E_PERMISSION;
    case 404:
      return PAGODA_E_MODEL_NOT_FOUND;
    case 408:
    case 504:
      return PAGODA_E_TIMEOUT;
    case 413:
      return PAGODA_E_TOO_LARGE;
    case 429:
      return PAGODA_E_RATE_LIMIT;
    case 529:
      return PAGODA_E_OVERLOADED;
    default:
      break;
  }
  if (status >= 500) return PAGODA_E_UNAVAILABLE;
  if (status >= 400) return PAGODA_E_INVALID_REQUEST;
  return PAGODA_E_PROTOCOL;  // a redirect: this host follows none
}

std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0))
    return std::nullopt;
  return value;
}

bool isPlain(char c) {
  return c >= 0x20 && c < 0x7f;
}

std::int64_t retryAfterMs(const std::string& value, std::int64_t unixNow) {
  if (const auto seconds = decimal(value))
    return static_cast<std::int64_t>(
        std::min(*seconds * 1000, static_cast<double>(kLongestRetryMs)));
  struct tm date {};
  const char* end = ::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (end == nullptr || *end != '\0') return -1;
  const std::int64_t at = static_cast<std::int64_t>(::timegm(&date)) * 1000;
  return std::clamp<std::int64_t>(at - unixNow, 0, kLongestRetryMs);
}

}  // namespace

FailureKind kindOf(pagoda_status status) noexcept {
  const auto* found = std::ranges::find(kPairs, status, &Pair::status);
  return found == std::end(kPairs) ? FailureKind::Internal : found->kind;
}

pagoda_status statusOf(FailureKind kind) noexcept {
  const auto* found = std::ranges::find(kPairs, kind, &Pair::kind);
  return found == std::end(kPairs) ? PAGODA_E_INTERNAL : found->status;
}

bool isPluginFault(pagoda_status status) noexcept {
  if (status >= 0) return false;
  switch (kindOf(status)) {
    case FailureKind::Internal:
    case FailureKind::BadState:
    case FailureKind::NoMemory:
      return true;
    default:
      return false;
  }
}

pagoda_error freshError() noexcept {
  pagoda_error error{};
  error.struct_size = sizeof error;
  error.retry_after_ms = -1;
  return error;
}

std::string cleanLine(std::string_view text, std::size_t limit) {
  std::string line;
  line.reserve(std::min(text.size(), limit));
  while (!text.empty() && line.size() < limit) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, isPlain) -
                                                text.begin());  // as nearly all text is
    const std::size_t taken = std::min(plain, limit - line.size());
    line.append(text.substr(0, taken));
    text.remove_prefix(taken);
    if (taken > 0) continue;
    const std::size_t length = json::detail::sequenceLength(
        reinterpret_cast<const unsigned char*>(text.data()), text.size());
    if (length == 0) {
      line += static_cast<unsigned char>(text.front()) < 0x80 ? ' ' : '?';
      text.remove_prefix(1);
      continue;
    }
    if (line.size() + length > limit) break;
    line.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return line;
}

std::string messageOf(const pagoda_error& error, std::string_view otherwise) {
  const std::string message = cleanLine(inlineText(error.message), sizeof error.message);
  return message.empty() ? std::string(otherwise) : message;
}

AttemptFailure failure(FailureKind kind, std::string message) {
  AttemptFailure made;
  made.kind = kind;
  made.message = std::move(message);
  return made;
}

AttemptFailure failureOf(pagoda_status status, const pagoda_error& error,
                         const SecretBook& secrets) {
  AttemptFailure made;
  made.kind = kindOf(status);
  made.retry = hintOf(error.retry);
  if (error.http_status >= 100 && error.http_status <= 599) made.httpStatus = error.http_status;
  if (error.retry_after_ms >= 0)
    made.retryAfter = Millis(std::min(error.retry_after_ms, kLongestRetryMs));
  made.code = cleanLine(inlineText(error.code), sizeof error.code);
  made.message = messageOf(error, nameOf(made.kind));
  secrets.scrubFrom(made.code);
  secrets.scrubFrom(made.message);
  return made;
}

void readHttpStatus(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                    std::int64_t unixNow, pagoda_error& error) {
  error.status = statusOfHttp(status);
  error.http_status = status;
  for (const auto& [name, value] : headers) {
    if (name == "retry-after") error.retry_after_ms = retryAfterMs(value, unixNow);
    if (name != "retry-after-ms") continue;
    if (const auto millis = decimal(value)) {
      error.retry_after_ms =
          static_cast<std::int64_t>(std::min(*millis, static_cast<double>(kLongestRetryMs)));
      break;
    }
  }
  std::snprintf(error.message, sizeof error.message, "the upstream answered %d", status);
}

}  // namespace pagoda::plugin_host
