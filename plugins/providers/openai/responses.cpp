#include "responses.h"

#include <algorithm>
#include <array>

#include "chat_completions/json_text.h"
#include "chat_completions/request_body.h"
#include "input.h"
#include "routing.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

// Members that become others, or have no counterpart.
constexpr std::array<std::string_view, 30> kTranslated = {"audio",
                                                          "background",
                                                          "frequency_penalty",
                                                          "function_call",
                                                          "functions",
                                                          "include",
                                                          "input",
                                                          "logit_bias",
                                                          "logprobs",
                                                          "max_completion_tokens",
                                                          "max_tokens",
                                                          "messages",
                                                          "modalities",
                                                          "model",
                                                          "n",
                                                          "prediction",
                                                          "presence_penalty",
                                                          "reasoning",
                                                          "reasoning_effort",
                                                          "response_format",
                                                          "seed",
                                                          "stop",
                                                          "store",
                                                          "stream",
                                                          "stream_options",
                                                          "text",
                                                          "tool_choice",
                                                          "tools",
                                                          "verbosity",
                                                          "web_search_options"};
static_assert(std::is_sorted(kTranslated.begin(), kTranslated.end()));

// All that /responses/input_tokens takes beside what is written anyway.
constexpr std::array<std::string_view, 6> kOfCount = {"conversation",         "instructions",
                                                      "parallel_tool_calls",  "prompt",
                                                      "previous_response_id", "truncation"};

constexpr std::int64_t kLeastOutput = 16;  // less is refused

/// The members of one request, each once: the host's extras win over the operator's settings, and
/// those over the client's. null says nothing.
class Wishes {
 public:
  Wishes(const pagoda_chat_request& request, const Settings& settings) : settings_(settings) {
    const auto add = [&](std::string_view key, std::string_view raw) { take(key, raw); };
    if (request.extra_json.size != 0) eachMember(view(request.extra_json), add);
    for (const auto& [name, value] : settings.chat.members) take(name, value);
    eachMember(view(request.raw_json), add);
  }

  std::string_view of(std::string_view key) const {
    const auto found = find(key);
    return found == members_.end() || found->second == "null" ? std::string_view() : found->second;
  }
  template <class F>
  void eachOther(F&& visit) const {
    for (const auto& [key, raw] : members_) {
      if (raw != "null" && !std::binary_search(kTranslated.begin(), kTranslated.end(), key))
        visit(std::string_view(key), raw);
    }
  }

 private:
  using Member = std::pair<std::string, std::string_view>;
  std::vector<Member>::const_iterator find(std::string_view key) const {
    return std::ranges::find(members_, key,
                             [](const Member& member) { return std::string_view(member.first); });
  }
  void take(std::string_view key, std::string_view raw) {
    const auto& drop = settings_.chat.drop;
    if (chat_completions::redirects(key) || std::ranges::find(drop, key) != drop.end() ||
        find(key) != members_.end())
      return;
    members_.emplace_back(key, raw);
  }

  const Settings& settings_;
  std::vector<Member> members_;
};

std::int64_t outputLimit(const pagoda_chat_request& request, const Wishes& wishes) {
  std::int64_t limit = request.max_output_tokens;
  for (const std::string_view key : {"max_completion_tokens", "max_tokens"}) {
    const std::string_view raw = wishes.of(key);
    if (limit < 0 && !raw.empty()) limit = json::Reader(raw).integer().value_or(-1);
  }
  return limit < 0 ? -1 : std::max(limit, kLeastOutput);
}

// {"type":"json_schema","json_schema":{"name":N,...}} has one level less here.
void writeFormat(Writer& writer, std::string_view raw) {
  const std::string_view schema = memberOf(raw, "json_schema");
  writer.key("format");
  if (!schema.starts_with('{')) {
    writer.raw(raw);
    return;
  }
  writer.beginObject().member("type", "json_schema");
  eachMember(schema, [&](std::string_view key, std::string_view value) {
    if (value != "null" && key != "type") writer.rawMember(key, value);
  });
  writer.endObject();
}

void writeText(Writer& writer, const Wishes& wishes) {
  const std::string_view own = wishes.of("text");
  std::string_view format = wishes.of("response_format");
  std::string_view verbosity = wishes.of("verbosity");
  if (!format.starts_with('{')) format = {};
  if (!own.starts_with('{') && format.empty() && verbosity.empty()) return;
  writer.key("text").beginObject();
  if (own.starts_with('{')) {
    eachMember(own, [&](std::string_view key, std::string_view raw) {
      if (key == "format") format = {};
      if (key == "verbosity") verbosity = {};
      writer.rawMember(key, raw);
    });
  }
  if (!format.empty()) writeFormat(writer, format);
  if (!verbosity.empty()) writer.rawMember("verbosity", verbosity);
  writer.endObject();
}

// A budget in tokens, as clients of other dialects give one, in OpenAI's words.
std::string_view effortOf(std::int64_t budget) {
  constexpr std::int64_t kLow = 2048;
  constexpr std::int64_t kMedium = 16384;
  if (budget <= kLow) return R"("low")";
  return budget <= kMedium ? R"("medium")" : R"("high")";
}

void writeReasoning(Writer& writer, const pagoda_chat_request& request, const Settings& settings,
                    const Wishes& wishes, bool reasons) {
  const std::string_view own = wishes.of("reasoning");
  std::string_view effort = memberOf(own, "effort");
  if (const std::string_view word = wishes.of("reasoning_effort"); !word.empty()) effort = word;
  std::string_view summary = memberOf(own, "summary");
  if (effort == "null") effort = {};
  if (summary == "null") summary = {};
  if (effort.empty() && reasons && request.reasoning_tokens > 0)
    effort = effortOf(request.reasoning_tokens);
  const std::string usual = chat_completions::quoted(settings.reasoningSummary);
  if (summary.empty() && reasons && !settings.reasoningSummary.empty()) summary = usual;
  if (effort.empty() && summary.empty()) return;
  writer.key("reasoning").beginObject();
  if (!effort.empty()) writer.rawMember("effort", effort);
  if (!summary.empty()) writer.rawMember("summary", summary);
  writer.endObject();
}

void writeInclude(Writer& writer, const pagoda_chat_request& request, const Wishes& wishes,
                  bool reasons) {
  std::vector<std::string_view> all;
  const auto add = [&](std::string_view raw) {
    if (std::ranges::find(all, raw) == all.end()) all.push_back(raw);
  };
  if (const std::string_view own = wishes.of("include"); own.starts_with('['))
    eachElement(own, add);
  // So that thoughts come back with the next turn, which the server has not stored.
  if (reasons) add(R"("reasoning.encrypted_content")");
  if ((request.flags & PAGODA_REQ_LOGPROBS) != 0) add(R"("message.output_text.logprobs")");
  if (all.empty()) return;
  writer.key("include").beginArray();
  for (const std::string_view raw : all) writer.raw(raw);
  writer.endArray();
}

void writeToolMembers(Writer& writer, const pagoda_chat_request& request, const Wishes& wishes) {
  const std::string_view tools = wishes.of("tools");
  const std::string_view search = wishes.of("web_search_options");
  if (!tools.starts_with('[') && search.empty() && request.tools.count == 0) return;
  writer.key("tools").beginArray();
  writeTools(writer, tools, request);
  if (!search.empty()) writeWebSearch(writer, search);
  writer.endArray();
  std::string_view choice = wishes.of("tool_choice");
  std::string legacy;
  if (choice.empty()) {
    choice = wishes.of("function_call");  // a word, or {"name":N}
    if (choice.starts_with('{')) {
      legacy = R"({"type":"function","function":)" + std::string(choice) + "}";
      choice = legacy;
    }
  }
  if (choice.empty()) return;
  writer.key("tool_choice");
  writeToolChoice(writer, choice);
}

// Only what makes sense here is left of the client's stream options.
void writeStream(Writer& writer, const Wishes& wishes) {
  writer.member("stream", true);
  const std::string_view padding = memberOf(wishes.of("stream_options"), "include_obfuscation");
  if (padding != "true" && padding != "false") return;
  writer.key("stream_options").beginObject();
  writer.rawMember("include_obfuscation", padding).endObject();
}

}  // namespace

void writeResponses(const pagoda_chat_request& request, const Settings& settings, Mode mode,
                    sdk::Buffer& out) {
  if (request.choices > 1)
    throw sdk::Failure(PAGODA_E_UNSUPPORTED,
                       "OpenAI's Responses answers with one choice; api: chat gives several");
  const Wishes wishes(request, settings);
  const bool reasons = traitsOf(view(request.model)).reasons;
  Writer writer(out);
  writer.beginObject().member("model", view(request.model)).key("input");
  InputWriter(writer).write(request);
  writeToolMembers(writer, request, wishes);
  writeText(writer, wishes);
  writeReasoning(writer, request, settings, wishes, reasons);
  const bool counts = mode == Mode::Count;
  wishes.eachOther([&](std::string_view key, std::string_view raw) {
    if (!counts || std::ranges::find(kOfCount, key) != kOfCount.end()) writer.rawMember(key, raw);
  });
  if (!counts) {
    if (mode == Mode::Stream) writeStream(writer, wishes);
    if (const std::int64_t limit = outputLimit(request, wishes); limit >= 0)
      writer.member("max_output_tokens", limit);
    const std::string_view store = wishes.of("store");
    writer.member("store", store.empty() ? settings.store : store == "true");
    writeInclude(writer, request, wishes, reasons);
  }
  writer.endObject();
}

}  // namespace pagoda::openai
