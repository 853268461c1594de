#include <algorithm>

#include "answer.h"
#include "json_text.h"

namespace pagoda::anthropic {

namespace {

constexpr std::int64_t kMost = 1'000'000'000;  // above any window; larger counts cannot be true

}  // namespace

std::int64_t Usage::count(json::Reader& value, std::int64_t before) {
  if (value.kind() != json::Kind::Number) return value.skip(), before;
  const auto number = value.integer();
  if (number && *number >= 0 && *number <= kMost) return *number;
  absurd_ = true;
  return kAbsurd;
}

std::int64_t Usage::inner(std::string_view raw, std::string_view name) {
  std::int64_t found = -1;
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == name) found = count(value, -1);
  });
  return found;
}

bool Usage::read(std::string_view raw, std::string& extra) {
  bool any = false;
  Members members(extra);
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) {
    std::int64_t* const slot = key == "input_tokens"                  ? &input_
                               : key == "output_tokens"               ? &output_
                               : key == "cache_read_input_tokens"     ? &cacheRead_
                               : key == "cache_creation_input_tokens" ? &cacheWrite_
                                                                      : nullptr;
    if (slot != nullptr) {
      *slot = count(value, *slot);
      any = any || *slot != -1;
    } else if (key == "output_tokens_details") {
      value.object([&](std::string_view inner, json::Reader& detail) {
        if (inner == "thinking_tokens") thinking_ = count(detail, thinking_);
      });
    } else {
      const std::string name(key);
      const std::string_view whole = value.raw();
      if (name == "cache_creation") cacheWriteHour_ = inner(whole, "ephemeral_1h_input_tokens");
      if (name == "server_tool_use") searches_ = inner(whole, "web_search_requests");
      members.keep(name, whole);
    }
  });
  members.close();
  return any;
}

pagoda_usage Usage::counts() const {
  pagoda_usage usage = sdk::unknownUsage();
  if (absurd_) usage.flags |= PAGODA_USAGE_ABSURD;
  const auto known = [](std::int64_t number) { return std::max<std::int64_t>(number, -1); };
  // The sum of what is known would be too small where one part is not.
  if (input_ >= 0 && cacheRead_ != kAbsurd && cacheWrite_ != kAbsurd)
    usage.input_tokens =
        input_ + std::max<std::int64_t>(cacheRead_, 0) + std::max<std::int64_t>(cacheWrite_, 0);
  usage.output_tokens = known(output_);
  usage.cache_read_tokens = known(cacheRead_);
  usage.cache_write_tokens = known(cacheWrite_);
  usage.reasoning_tokens = known(thinking_);
  usage.cache_write_1h_tokens = std::min(known(cacheWriteHour_), usage.cache_write_tokens);
  usage.searches = known(searches_);
  if (usage.output_tokens >= 0)
    usage.reasoning_tokens = std::min(usage.reasoning_tokens, usage.output_tokens);
  return usage;
}

std::int64_t tokenCountOf(std::string_view text) {
  std::int64_t tokens = -1;
  json::Reader reader(text);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "input_tokens") tokens = value.integer().value_or(-1);
  });
  reader.finish();
  if (tokens < 0 || tokens > kMost)
    throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent no count of tokens");
  return tokens;
}

}  // namespace pagoda::anthropic
