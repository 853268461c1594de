#include "core/api/json_out.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <simdjson.h>

#include <pagoda/json.hpp>

#include "core/api/json_merge.h"
#include "core/api/json_scanner.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kMostMembers = 256;  // each is compared with all others
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void appendEscaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  const char* p = text.data();
  const char* const end = p + text.size();
  for (;;) {
    const char* const run = p;
    p = findJsonSpecial(p, end);
    out.append(run, p);
    if (p == end) return;
    const char c = *p++;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[static_cast<unsigned char>(c) >> 4];
        out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
}

// Length of the well-formed character at the start of `text`; 0 if there is none.
std::size_t characterAt(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size)
    if (simdjson::validate_utf8(text.data(), size)) return size;
  return 0;
}

void appendRepaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = characterAt(text);
    appendEscaped(out, size == 0 ? kReplacement : text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

struct Detail {
  std::string_view name;
  std::optional<Tokens> tokens;
};

// Writes `,"key":{...}`: the counts that are known, and what else the provider put into its object
// of that name within `extra`.
void appendDetails(std::string& out, std::string_view key, std::initializer_list<Detail> known,
                   std::string_view extra) {
  std::string object;
  json::Writer writer(object);
  writer.beginObject();
  for (const Detail& detail : known)
    if (detail.tokens) writer.member(detail.name, std::max<Tokens>(0, *detail.tokens));
  const auto isKnown = [&](std::string_view name) {
    return std::ranges::any_of(known, [&](const Detail& d) { return d.tokens && d.name == name; });
  };
  const std::string text = "{" + std::string(extra) + "}";
  try {
    json::Reader reader(text);
    reader.object([&](std::string_view name, json::Reader& value) {
      if (name != key || value.kind() != json::Kind::Object) return;
      value.object([&](std::string_view part, json::Reader& inner) {
        if (isKnown(part)) return;
        const std::string copy(part);
        writer.rawMember(copy, inner.raw());
      });
    });
  } catch (const json::Malformed&) {
    return;  // a provider's members that are no JSON do not spoil the answer
  }
  writer.endObject();
  if (object == "{}") return;
  out.append(",\"").append(key).append("\":").append(object);
}

bool has(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
  out += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    appendEscaped(out, text);
  } else {
    appendRepaired(out, text);
  }
  out += '"';
}

void appendInteger(std::string& out, std::int64_t number) {
  json::appendNumber(out, number);
}

void appendMembers(std::string& out, std::string_view members,
                   std::vector<std::string_view>& taken) {
  if (members.empty()) return;
  // Names are kept as views: the text they point into is the caller's, or is not escaped.
  std::string object;
  if (members.front() != '{') {
    object.reserve(members.size() + 2);
    object.append("{").append(members).append("}");
  }
  const std::string_view text = object.empty() ? members : std::string_view(object);
  const std::size_t before = out.size();
  try {
    json::Reader reader(text);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (taken.size() > kMostMembers || has(taken, key)) return;
      out += ',';
      json::appendString(out, key);
      out += ':';
      // The name's copy in `out` may move with it; the one in `members` stays.
      const std::string_view quoted = members;
      if (const std::size_t at = quoted.find(key); at != std::string_view::npos)
        taken.push_back(quoted.substr(at, key.size()));
      out += value.raw();
    });
    reader.finish();
  } catch (const json::Malformed&) {
    out.resize(before);  // a provider's members that are no JSON do not spoil the answer
  }
}

bool hasFigures(const Usage& usage) {
  return usage.prompt.has_value() || usage.completion.has_value();
}

void appendUsage(std::string& out, const Usage& usage, std::string_view usageExtra) {
  const Tokens prompt = std::max<Tokens>(0, usage.prompt.value_or(0));
  const Tokens completion = std::max<Tokens>(0, usage.completion.value_or(0));
  Tokens total = 0;
  if (__builtin_add_overflow(prompt, completion, &total))
    total = std::numeric_limits<Tokens>::max();
  out += R"({"prompt_tokens":)";
  appendInteger(out, prompt);
  out += R"(,"completion_tokens":)";
  appendInteger(out, completion);
  out += R"(,"total_tokens":)";
  appendInteger(out, total);

  constexpr std::string_view kPromptDetails = "prompt_tokens_details";
  constexpr std::string_view kCompletionDetails = "completion_tokens_details";
  std::vector<std::string_view> taken{"prompt_tokens", "completion_tokens", "total_tokens",
                                      kPromptDetails, kCompletionDetails};
  const std::string extra = mergedMembers(usageExtra, Repeated::Replaced);
  appendMembers(out, extra, taken);
  appendDetails(out, kPromptDetails,
                {{"cached_tokens", usage.cacheRead}, {"cache_write_tokens", usage.cacheWrite}},
                extra);
  appendDetails(out, kCompletionDetails, {{"reasoning_tokens", usage.reasoning}}, extra);
  out += '}';
}

void appendReasoningDetail(std::string& out, const SignedReasoning& block, std::size_t index) {
  const bool redacted = block.format == "redacted";
  out +=
      redacted ? R"({"type":"reasoning.encrypted","data":)" : R"({"type":"reasoning.text","text":)";
  appendJsonString(out, redacted ? block.signature : block.text);
  if (!redacted) {
    out += R"(,"signature":)";
    appendJsonString(out, block.signature);
  }
  if (!block.format.empty()) {
    out += R"(,"format":)";
    appendJsonString(out, block.format);
  }
  out += R"(,"index":)";
  appendInteger(out, static_cast<std::int64_t>(index));
  out += '}';
}

std::string_view finishWord(FinishReason reason, bool legacyFunctions) {
  switch (reason) {
    case FinishReason::Stop:
      return "stop";
    case FinishReason::Length:
      return "length";
    case FinishReason::ToolCalls:
      return legacyFunctions ? "function_call" : "tool_calls";
    case FinishReason::ContentFilter:
      return "content_filter";
    case FinishReason::Other:
      return "stop";
  }
  return "stop";
}

}  // namespace pagoda::api
