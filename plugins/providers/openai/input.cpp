#include "input.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "chat_completions/json_text.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::Range;
using sdk::view;

// Whether the message's content is one text, which then needs no list.
bool isOneText(pagoda_array parts) {
  if (parts.count != 1) return false;
  const pagoda_part& part = Range<pagoda_part>(parts)[0];
  return part.kind == PAGODA_PART_TEXT && part.extra_json.size == 0;
}

bool isReasoning(const pagoda_part& part) {
  const std::string_view format = view(part.media_type);
  return part.kind == PAGODA_PART_REASONING && part.data.size != 0 &&
         (format == kReasoningFormat || format == "azure-openai-responses-v1");
}

// Items of an answer that a client may send back: what the built-in tools did. Messages, thoughts
// and calls have members of their own, and references would reach into other answers.
bool isCarried(std::string_view item) {
  const std::string type = stringOf(memberOf(item, "type"));
  return !type.empty() && type != "message" && type != "reasoning" && type != "function_call" &&
         type != "custom_tool_call" && type != "item_reference" &&
         !type.ends_with("function_call_output");
}

std::string dataUrl(const pagoda_part& part) {
  std::string url = "data:";
  return url.append(view(part.media_type)).append(";base64,").append(view(part.data));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of("\r\n");
  return from == std::string_view::npos ? std::string_view() : text.substr(from);
}

}  // namespace

std::string callIdOf(std::string_view id) {
  constexpr std::size_t kMost = 64;
  if (id.size() <= kMost) return std::string(id);
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, twice over, for two halves
  std::string out = "call_";
  constexpr char kHex[] = "0123456789abcdef";
  for (int half = 0; half < 2; ++half) {
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(hash >> shift) & 15];
  }
  return out;
}

/// What a message says beyond the neutral form.
struct InputWriter::Extras {
  std::string role, refusal, phase;
  std::vector<std::string_view> items;  // an empty one is not to be sent
  std::vector<std::int64_t> thoughts;   // how many came before each of the last items
  std::set<std::string, std::less<>> customCalls;

  explicit Extras(std::string_view message) {
    if (!message.starts_with('{')) return;
    eachMember(message, [&](std::string_view key, std::string_view raw) {
      if (key == "role") {
        role = stringOf(raw);
      } else if (key == "refusal") {
        refusal = stringOf(raw);
      } else if (key == "phase") {
        phase = stringOf(raw);
      } else if (key == "output_items" && raw.starts_with('[')) {
        eachElement(raw, [&](std::string_view item) {
          items.push_back(isCarried(item) ? item : std::string_view());
        });
      } else if (key == "output_item_thoughts" && raw.starts_with('[')) {
        eachElement(raw, [&](std::string_view number) {
          thoughts.push_back(json::Reader(number).integer().value_or(0));
        });
      } else if (key == "tool_calls" && raw.starts_with('[')) {
        eachElement(raw, [&](std::string_view call) {
          if (!memberOf(call, "custom").empty()) customCalls.insert(stringOf(memberOf(call, "id")));
        });
      }
    });
  }
};

void InputWriter::write(const pagoda_chat_request& request) {
  writer_.beginArray();
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    switch (message.role) {
      case PAGODA_ROLE_SYSTEM: {
        const std::string role = stringOf(memberOf(view(message.extra_json), "role"));
        addSpoken(message, role == "developer" ? "developer" : "system");
        break;
      }
      case PAGODA_ROLE_ASSISTANT:
        addAssistant(message);
        break;
      case PAGODA_ROLE_TOOL:
        addResult(message);
        break;
      default:
        addSpoken(message, "user");
        break;
    }
  }
  writer_.endArray();
}

void InputWriter::addSpoken(const pagoda_message& message, std::string_view role) {
  if (message.parts.count == 0) return;
  writer_.beginObject().member("role", role).key("content");
  if (isOneText(message.parts)) {
    writer_.string(view(Range<pagoda_part>(message.parts)[0].text));
  } else {
    writeParts(message.parts);
  }
  writer_.endObject();
}

// In the order in which the model made them: thoughts and what the built-in tools did, words,
// calls.
void InputWriter::addAssistant(const pagoda_message& message) {
  const Extras extras(view(message.extra_json));
  bool words = !extras.refusal.empty();
  for (const auto& part : Range<pagoda_part>(message.parts))
    words = words || (part.kind == PAGODA_PART_TEXT && part.text.size != 0);
  // A thought without the item that it led to is refused.
  const bool leads = words || message.tool_calls.count != 0 ||
                     std::ranges::any_of(extras.items, [](auto item) { return !item.empty(); });
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  // A client that knows of no numbers sends all thoughts first.
  std::int64_t written = 0;
  std::int64_t before = extras.thoughts.empty() ? kAll : 0;
  std::size_t left = extras.items.size();
  for (const std::string_view item : extras.items) {
    if (left <= extras.thoughts.size())
      before = std::max(before, *(extras.thoughts.end() - static_cast<std::ptrdiff_t>(left)));
    --left;
    if (item.empty()) continue;
    addThoughts(message, written, before);
    written = before;
    writer_.raw(item);
  }
  if (leads) addThoughts(message, written, kAll);
  if (words) addWords(message, extras);
  addCalls(message, extras);
}

void InputWriter::addThoughts(const pagoda_message& message, std::int64_t from, std::int64_t to) {
  std::int64_t number = 0;
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (!isReasoning(part)) continue;
    std::string_view secret = view(part.data);
    std::string id = stringOf(memberOf(view(part.extra_json), "id"));
    if (const std::size_t colon = secret.find(':'); colon != std::string_view::npos) {
      id = secret.substr(0, colon);
      secret.remove_prefix(colon + 1);
    }
    if (secret.empty()) continue;
    const bool between = number >= from && number < to;
    ++number;
    if (!between) continue;
    writer_.beginObject().member("type", "reasoning");
    if (!id.empty()) writer_.member("id", std::string_view(id));
    writer_.key("summary").beginArray();
    if (const std::string_view text = trimmed(view(part.text)); !text.empty())
      writer_.beginObject().member("type", "summary_text").member("text", text).endObject();
    writer_.endArray().member("encrypted_content", secret).endObject();
  }
}

void InputWriter::addWords(const pagoda_message& message, const Extras& extras) {
  writer_.beginObject().member("role", "assistant");
  if (extras.phase == "commentary" || extras.phase == "final_answer")
    writer_.member("phase", std::string_view(extras.phase));
  writer_.key("content");
  const pagoda_part* only = nullptr;
  std::uint32_t count = extras.refusal.empty() ? 0 : 2;
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (part.kind != PAGODA_PART_TEXT || part.text.size == 0) continue;
    only = &part;
    ++count;
    if (stringOf(memberOf(view(part.extra_json), "type")) == "refusal") ++count;
  }
  if (count == 1) {
    writer_.string(view(only->text)).endObject();
    return;
  }
  writer_.beginArray();
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (part.kind != PAGODA_PART_TEXT || part.text.size == 0) continue;
    const bool refusal = stringOf(memberOf(view(part.extra_json), "type")) == "refusal";
    writer_.beginObject().member("type", refusal ? "refusal" : "output_text");
    writer_.member(refusal ? "refusal" : "text", view(part.text));
    if (!refusal) writer_.key("annotations").beginArray().endArray();
    writer_.endObject();
  }
  if (!extras.refusal.empty())
    writer_.beginObject()
        .member("type", "refusal")
        .member("refusal", std::string_view(extras.refusal))
        .endObject();
  writer_.endArray().endObject();
}

void InputWriter::addCalls(const pagoda_message& message, const Extras& extras) {
  for (const auto& call : Range<pagoda_tool_call>(message.tool_calls)) {
    const std::string id = callIdOf(view(call.id));
    const bool custom = extras.customCalls.find(view(call.id)) != extras.customCalls.end();
    const std::string_view arguments = view(call.arguments_json);
    writer_.beginObject().member("type", custom ? "custom_tool_call" : "function_call");
    writer_.member("call_id", std::string_view(id)).member("name", view(call.name));
    if (custom) {
      customCalls_.insert(id);
      writer_.member("input", arguments);
    } else {
      writer_.member("arguments", arguments.empty() ? std::string_view("{}") : arguments);
    }
    writer_.endObject();
  }
}

void InputWriter::addResult(const pagoda_message& message) {
  const std::string id = callIdOf(view(message.tool_call_id));
  const bool custom = customCalls_.find(id) != customCalls_.end();
  writer_.beginObject();
  writer_.member("type", custom ? "custom_tool_call_output" : "function_call_output");
  writer_.member("call_id", std::string_view(id)).key("output");
  const Range<pagoda_part> parts(message.parts);
  if (parts.empty()) {
    writer_.string("");
  } else if (parts.size() == 1 && parts[0].kind == PAGODA_PART_TEXT) {
    writer_.string(view(parts[0].text));
  } else {
    writeParts(message.parts);
  }
  writer_.endObject();
}

void InputWriter::writeParts(pagoda_array parts) {
  writer_.beginArray();
  for (const auto& part : Range<pagoda_part>(parts)) writePart(part);
  writer_.endArray();
}

void InputWriter::writePart(const pagoda_part& part) {
  switch (part.kind) {
    case PAGODA_PART_IMAGE:
      return writeImage(part);
    case PAGODA_PART_FILE:
      return writeFile(part);
    case PAGODA_PART_REASONING:
      return;  // a thought in another's turn
    case PAGODA_PART_TEXT:
      break;
    default:
      throw sdk::Failure(PAGODA_E_UNSUPPORTED,
                         "OpenAI's Responses takes texts, images and files only; api: chat sends "
                         "sound by chat completions");
  }
  const std::string_view raw = view(part.extra_json);
  const std::string type = stringOf(memberOf(raw, "type"));
  // Already in this dialect's form.
  if (type == "input_image" || type == "input_file") {
    writer_.raw(raw);
    return;
  }
  const bool words = type.empty() || type == "text" || type == "input_text" ||
                     type == "output_text" || type == "refusal";
  if (!words)
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "OpenAI's Responses has no such kind of content");
  writer_.beginObject().member("type", "input_text").member("text", view(part.text));
  writeBreakpoint(part);
  writer_.endObject();
}

void InputWriter::writeImage(const pagoda_part& part) {
  const std::string_view holder = memberOf(view(part.extra_json), "image_url");
  const std::string detail = stringOf(memberOf(holder, "detail"));
  const std::string url = part.data.size != 0 ? dataUrl(part) : std::string(view(part.url));
  writer_.beginObject().member("type", "input_image");
  writer_.member("image_url", std::string_view(url));
  writer_.member("detail", detail.empty() ? std::string_view("auto") : std::string_view(detail));
  writeBreakpoint(part);
  writer_.endObject();
}

void InputWriter::writeFile(const pagoda_part& part) {
  const std::string_view holder = memberOf(view(part.extra_json), "file");
  const std::string id = stringOf(memberOf(holder, "file_id"));
  writer_.beginObject().member("type", "input_file");
  if (!id.empty()) {
    writer_.member("file_id", std::string_view(id));
  } else if (part.url.size != 0) {
    writer_.member("file_url", view(part.url));
  } else {
    const std::string_view name = view(part.text);
    writer_.member("filename", name.empty() ? std::string_view("file") : name);
    // What is no data URL was sent as it is.
    writer_.member("file_data",
                   part.media_type.size != 0 ? std::string_view(dataUrl(part)) : view(part.data));
  }
  writeBreakpoint(part);
  writer_.endObject();
}

// The client's own mark of how far the prompt is to be cached, which both dialects know.
void InputWriter::writeBreakpoint(const pagoda_part& part) {
  const std::string_view mark = memberOf(view(part.extra_json), "prompt_cache_breakpoint");
  if (mark.starts_with('{')) writer_.rawMember("prompt_cache_breakpoint", mark);
}

}  // namespace pagoda::openai
