#include "failure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"

namespace pagoda::openai {

namespace {

using chat_completions::memberOf;
using chat_completions::stringOf;

// What the client's input is to blame for. Source: OpenAI, Responses API, ResponseErrorCode, read
// 2026-11-25.
constexpr std::array<std::string_view, 14> kInputCodes = {
    "empty_image_file",     "failed_to_download_image",    "image_file_not_found",
    "image_file_too_large", "image_parse_error",           "image_too_large",
    "image_too_small",      "invalid_base64_image",        "invalid_image",
    "invalid_image_format", "invalid_image_mode",          "invalid_image_url",
    "unsupported_file",     "unsupported_image_media_type"};
static_assert(std::is_sorted(kInputCodes.begin(), kInputCodes.end()));
constexpr std::array<std::string_view, 2> kFilterCodes = {"bio_policy",
                                                          "image_content_policy_violation"};

pagoda_status statusOf(std::string_view code, pagoda_status otherwise) {
  if (std::binary_search(kInputCodes.begin(), kInputCodes.end(), code))
    return PAGODA_E_INVALID_REQUEST;
  if (std::ranges::find(kFilterCodes, code) != kFilterCodes.end()) return PAGODA_E_CONTENT_FILTER;
  return otherwise;
}

// Azure's "... have exceeded token rate limit ... Please retry after 6 seconds."
std::int64_t delayInText(std::string_view message) {
  constexpr std::string_view kPhrase = "retry after ";
  const std::size_t at = message.find(kPhrase);
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = message.substr(at + kPhrase.size());
  std::uint32_t seconds = 0;
  const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  const std::string_view unit = rest.substr(static_cast<std::size_t>(number.ptr - rest.data()));
  constexpr std::uint32_t kDay = 24 * 3600;
  if (number.ec != std::errc{} || !unit.starts_with(" second") || seconds > kDay) return -1;
  return std::int64_t{seconds} * 1000;
}

}  // namespace

void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  chat_completions::readFailure(head, body, error);
  error.status = statusOf(error.code, error.status);
  if (error.status == PAGODA_E_RATE_LIMIT && error.retry_after_ms < 0)
    error.retry_after_ms = delayInText(error.message);
  // SDKs of OpenAI obey it before all else: waiting does not help.
  for (const auto& header : sdk::Range<pagoda_pair>(head.headers)) {
    const bool stays =
        sdk::view(header.name) == "x-should-retry" && sdk::view(header.value) == "false";
    if (stays && error.status == PAGODA_E_RATE_LIMIT) error.retry = PAGODA_RETRY_NEXT;
  }
}

sdk::Failure failureOf(std::string_view text) {
  if (!text.starts_with('{')) return chat_completions::failureInBody("{}");
  const std::string_view inner = memberOf(text, "error");
  const std::string_view object = inner.starts_with('{') ? inner : text;
  sdk::Failure failure = chat_completions::failureInBody(object);
  failure.status = statusOf(stringOf(memberOf(object, "code")), failure.status);
  return failure;
}

}  // namespace pagoda::openai
