#include "usage.h"

#include <algorithm>
#include <array>

namespace pagoda::gemini {

namespace {

// No context window or answer comes near it; what is above is a fault of the upstream.
constexpr std::int64_t kMostTokens = 1'000'000'000;

std::int64_t orZero(std::int64_t count) {
  return std::max<std::int64_t>(count, 0);
}

}  // namespace

void UsageCounts::count(json::Reader& value, std::int64_t& field) {
  if (value.kind() != json::Kind::Number) return;  // null, or a kind that says nothing
  const auto tokens = value.integer();
  if (tokens && *tokens >= 0 && *tokens <= kMostTokens) {
    field = *tokens;
  } else {
    absurd_ = true;
  }
}

bool UsageCounts::read(std::string_view usageJson) {
  const auto all = [this] {
    return std::array{prompt_, candidates_,          thoughts_, toolUse_, cached_,
                      total_,  std::int64_t{absurd_}};
  };
  const auto before = all();
  buffer_.clear();
  json::Reader reader(usageJson);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "promptTokenCount") return count(value, prompt_);
    if (key == "candidatesTokenCount") return count(value, candidates_);
    if (key == "thoughtsTokenCount") return count(value, thoughts_);
    if (key == "toolUsePromptTokenCount") return count(value, toolUse_);
    if (key == "cachedContentTokenCount") return count(value, cached_);
    if (key == "totalTokenCount") return count(value, total_);
    buffer_ += buffer_.empty() ? '{' : ',';
    json::appendString(buffer_, key);
    buffer_ += ':';
    buffer_ += value.raw();
  });
  if (!buffer_.empty()) {
    buffer_ += '}';
    extra_.swap(buffer_);
  }
  return all() != before;
}

pagoda_usage UsageCounts::counts() const {
  pagoda_usage usage = sdk::unknownUsage();
  if (absurd_) usage.flags |= PAGODA_USAGE_ABSURD;
  if (prompt_ >= 0) usage.input_tokens = prompt_ + orZero(toolUse_);
  if (candidates_ >= 0 || thoughts_ >= 0) {
    usage.output_tokens = orZero(candidates_) + orZero(thoughts_);
  } else if (prompt_ >= 0 && total_ >= usage.input_tokens) {
    usage.output_tokens = total_ - usage.input_tokens;  // nothing was said, or only the sum
  }
  if (thoughts_ >= 0) usage.reasoning_tokens = thoughts_;
  if (cached_ >= 0)
    usage.cache_read_tokens = prompt_ >= 0 ? std::min(cached_, usage.input_tokens) : cached_;
  return usage;
}

}  // namespace pagoda::gemini
