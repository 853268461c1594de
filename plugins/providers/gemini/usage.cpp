#include "usage.h"

#include <algorithm>

namespace pagoda::gemini {

namespace {

// No context window or answer comes near it; what is above is a fault of the upstream.
constexpr std::int64_t kMostTokens = 1'000'000'000;

std::int64_t orZero(std::int64_t count) {
  return std::max<std::int64_t>(count, 0);
}

}  // namespace

bool UsageCounts::Counts::whole() const {
  return prompt >= 0 && total == prompt + orZero(candidates) + orZero(thoughts) + orZero(toolUse);
}

void UsageCounts::Counts::fillFrom(const Counts& earlier) {
  for (auto member : {&Counts::prompt, &Counts::candidates, &Counts::thoughts, &Counts::toolUse,
                      &Counts::total}) {
    if (this->*member < 0) this->*member = earlier.*member;
  }
}

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
  Counts now;
  const bool wasAbsurd = absurd_;
  buffer_.clear();
  json::Reader reader(usageJson);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "promptTokenCount") return count(value, now.prompt);
    if (key == "candidatesTokenCount") return count(value, now.candidates);
    if (key == "thoughtsTokenCount") return count(value, now.thoughts);
    if (key == "toolUsePromptTokenCount") return count(value, now.toolUse);
    if (key == "cachedContentTokenCount") return count(value, now.cached);
    if (key == "totalTokenCount") return count(value, now.total);
    buffer_ += buffer_.empty() ? '{' : ',';
    json::appendString(buffer_, key);
    buffer_ += ':';
    buffer_ += value.raw();
  });
  if (!buffer_.empty()) {
    buffer_ += '}';
    extra_.swap(buffer_);
  }
  if (!now.whole()) now.fillFrom(last_);
  if (now.cached < 0) now.cached = last_.cached;
  if (now == last_ && absurd_ == wasAbsurd) return false;
  last_ = now;
  return true;
}

pagoda_usage UsageCounts::counts() const {
  pagoda_usage usage = sdk::unknownUsage();
  if (absurd_) usage.flags |= PAGODA_USAGE_ABSURD;
  if (last_.prompt >= 0) usage.input_tokens = last_.prompt + orZero(last_.toolUse);
  if (last_.candidates >= 0 || last_.thoughts >= 0) {
    usage.output_tokens = orZero(last_.candidates) + orZero(last_.thoughts);
  } else if (last_.prompt >= 0 && last_.total >= usage.input_tokens) {
    usage.output_tokens = last_.total - usage.input_tokens;  // nothing was said, or only the sum
  }
  if (last_.thoughts >= 0) usage.reasoning_tokens = last_.thoughts;
  if (last_.cached >= 0)
    usage.cache_read_tokens =
        last_.prompt >= 0 ? std::min(last_.cached, usage.input_tokens) : last_.cached;
  return usage;
}

}  // namespace pagoda::gemini
