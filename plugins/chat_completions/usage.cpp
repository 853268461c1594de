#include "chat_completions/usage.h"

#include <algorithm>
#include <charconv>

namespace pagoda::chat_completions {

namespace {

// No context window or answer comes near it; what is above is a fault of the upstream.
constexpr std::int64_t kMostTokens = 1'000'000'000;
constexpr int kXaiTickDecimals =
    10;  // cost_in_usd_ticks: 10^-10 USD. Source: xAI API reference, 2026

class UsageReader {
 public:
  explicit UsageReader(const Settings& settings) : settings_(settings), extra_(usage_.extra) {}

  Usage read(std::string_view usageJson) {
    extra_.beginObject();
    json::Reader reader(usageJson);
    reader.object([&](std::string_view key, json::Reader& value) {
      const std::string name(key);
      member(name, value.raw());
    });
    reader.finish();
    extra_.endObject();
    if (usage_.extra == "{}") usage_.extra.clear();
    settle();
    return std::move(usage_);
  }

 private:
  pagoda_usage& counts() { return usage_.counts; }

  void member(std::string_view key, std::string_view raw) {
    if (key == "prompt_tokens") return count(raw, counts().input_tokens);
    if (key == "completion_tokens") return count(raw, counts().output_tokens);
    if (key == "total_tokens") {
      total_ = json::Reader(raw).integer().value_or(-1);
      return;
    }
    if (key == "prompt_tokens_details" || key == "completion_tokens_details")
      return details(key, raw);
    if (raw == "null") return;
    // What some servers put beside the counts is read and passed on too.
    extra_.rawMember(key, raw);
    if (key == "prompt_cache_hit_tokens" || key == "num_cached_tokens" || key == "cached_tokens") {
      countIfUnknown(raw, counts().cache_read_tokens);
    } else if (key == "cache_creation_input_tokens" || key == "cache_write_tokens") {
      countIfUnknown(raw, counts().cache_write_tokens);
    } else if (key == "reasoning_tokens") {
      countIfUnknown(raw, counts().reasoning_tokens);
    } else if (key == "num_search_queries" || key == "num_sources_used") {
      countIfUnknown(raw, counts().searches);
    } else if (key == "server_tool_use") {
      json::Reader(raw).object([&](std::string_view name, json::Reader& value) {
        const bool searches = name == "web_search_requests";
        const std::string_view number = value.raw();
        if (searches) countIfUnknown(number, counts().searches);
      });
    } else if (key == "cost_in_usd_ticks") {
      cost_ = nanoUsd(raw, kXaiTickDecimals);
    } else if (key == "cost") {
      cost_ = memberCost(raw, "total_cost");
    } else if (key == "cost_details") {
      upstreamCost_ = memberCost(raw, "upstream_inference_cost");
    } else if (key == "is_byok") {
      ownKey_ = raw == "true";
    }
  }

  // prompt_tokens_details and completion_tokens_details; parts that pagoda_usage lacks are passed
  // on.
  void details(std::string_view key, std::string_view raw) {
    std::string parts;
    json::Writer writer(parts);
    writer.beginObject();
    json::Reader reader(raw);
    reader.object([&](std::string_view part, json::Reader& value) {
      const std::string name(part);
      const std::string_view number = value.raw();
      if (name == "cached_tokens") return count(number, counts().cache_read_tokens);
      if (name == "cache_write_tokens") return count(number, counts().cache_write_tokens);
      if (name == "reasoning_tokens") return count(number, counts().reasoning_tokens);
      if (name == "cache_creation_input_tokens")
        countIfUnknown(number, counts().cache_write_tokens);
      if (number != "null") writer.rawMember(name, number);
    });
    writer.endObject();
    if (parts != "{}") extra_.rawMember(key, parts);
  }

  // USD as a number, or as a member of an object.
  static std::optional<std::int64_t> memberCost(std::string_view raw, std::string_view name) {
    json::Reader reader(raw);
    if (reader.kind() == json::Kind::Number) return nanoUsd(raw, 0);
    std::optional<std::int64_t> cost;
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == name) cost = nanoUsd(value.raw(), 0);
    });
    return cost;
  }

  void count(std::string_view raw, std::int64_t& field) {
    json::Reader reader(raw);
    if (reader.kind() != json::Kind::Number) return;  // null, or a kind that says nothing
    const auto tokens = reader.integer();
    if (tokens && *tokens >= 0 && *tokens <= kMostTokens) {
      field = *tokens;
    } else {
      counts().flags |= PAGODA_USAGE_ABSURD;
    }
  }
  void countIfUnknown(std::string_view raw, std::int64_t& field) {
    if (field < 0) count(raw, field);
  }

  void settle() {
    pagoda_usage& c = counts();
    if (c.input_tokens >= 0 && c.output_tokens >= 0 && c.reasoning_tokens > 0) {
      // xAI leaves reasoning out of completion_tokens; the total tells, where there is one.
      const std::int64_t without = c.input_tokens + c.output_tokens;
      const bool said = total_ == without + c.reasoning_tokens;
      const bool excluded =
          said || (settings_.reasoningExcludedFromCompletion && total_ != without);
      if (excluded) c.output_tokens += c.reasoning_tokens;
    }
    if (c.input_tokens >= 0) {
      c.cache_read_tokens = std::min(c.cache_read_tokens, c.input_tokens);
      c.cache_write_tokens = std::min(c.cache_write_tokens, c.input_tokens);
    }
    if (c.output_tokens >= 0) c.reasoning_tokens = std::min(c.reasoning_tokens, c.output_tokens);
    if (!settings_.trustCost || !cost_) return;
    if (!ownKey_) {
      c.cost_nusd = *cost_;
    } else if (upstreamCost_) {
      // With the operator's own key at OpenRouter, `cost` is the fee alone.
      c.cost_nusd = *cost_ + *upstreamCost_;
    }
  }

  const Settings& settings_;
  Usage usage_;
  json::Writer<std::string> extra_;
  std::int64_t total_ = -1;
  std::optional<std::int64_t> cost_;
  std::optional<std::int64_t> upstreamCost_;
  bool ownKey_ = false;
};

}  // namespace

Usage readUsage(std::string_view usageJson, const Settings& settings) {
  return UsageReader(settings).read(usageJson);
}

std::optional<std::int64_t> nanoUsd(std::string_view number, int decimals) {
  // The value in nano-USD is digits * 10^exponent.
  std::string digits;
  int exponent = 9 - decimals;
  bool fraction = false;
  std::size_t i = 0;
  for (; i < number.size(); ++i) {
    const char c = number[i];
    if (c == '.' && !fraction && i > 0) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      if (!digits.empty() || c != '0') digits += c;
      if (fraction) --exponent;
    } else {
      break;
    }
  }
  if (i == 0) return std::nullopt;
  if (i < number.size()) {
    if (number[i] != 'e' && number[i] != 'E') return std::nullopt;
    std::string_view power = number.substr(i + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    int shift = 0;
    const char* const end = power.data() + power.size();
    const auto result = std::from_chars(power.data(), end, shift);
    if (result.ec != std::errc{} || result.ptr != end || shift < -999 || shift > 999)
      return std::nullopt;
    exponent += shift;
  }
  bool roundUp = false;
  for (; exponent < 0 && !digits.empty(); ++exponent) {
    roundUp |= digits.back() != '0';
    digits.pop_back();
  }
  if (!digits.empty() && exponent > 0) digits.append(static_cast<std::size_t>(exponent), '0');
  constexpr std::size_t kMostDigits = 18;  // below 10^9 USD
  if (digits.size() > kMostDigits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value + (roundUp ? 1 : 0);
}

}  // namespace pagoda::chat_completions
