// The items of an answer: how each begins, grows and ends.
#include "answer.h"
#include "answer_text.h"
#include "chat_completions/json_text.h"
#include "input.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::quoted;
using chat_completions::stringOf;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

constexpr std::string_view kBorder = "\n\n";  // between messages, and between thoughts

}  // namespace

/// The members of an item, as JSON texts.
struct ResponseReader::ItemParts {
  std::string type;
  std::string_view id, callId, name, arguments, content, summary, encrypted, phase, space;

  explicit ItemParts(std::string_view raw) {
    if (!raw.starts_with('{')) nonsense("the upstream sent an item that is not an object");
    eachMember(raw, [&](std::string_view key, std::string_view value) {
      std::string_view* const slot = key == "id"                  ? &id
                                     : key == "call_id"           ? &callId
                                     : key == "name"              ? &name
                                     : key == "arguments"         ? &arguments
                                     : key == "input"             ? &arguments
                                     : key == "content"           ? &content
                                     : key == "summary"           ? &summary
                                     : key == "encrypted_content" ? &encrypted
                                     : key == "phase"             ? &phase
                                     : key == "namespace"         ? &space
                                                                  : nullptr;
      if (slot != nullptr) *slot = value;
      if (key == "type") type = stringOf(value);
    });
  }
  bool function() const { return type == "function_call"; }
  bool custom() const { return type == "custom_tool_call"; }
};

ResponseReader::Item& ResponseReader::find(std::int64_t index) {
  constexpr std::int64_t kMost = 4096;  // an answer has a few items
  if (index < -1 || index >= kMost) nonsense("the upstream numbered an item beyond reason");
  // The last ones are asked for most.
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    if (item->index == index && (index >= 0 || !item->done)) return *item;
  }
  Item& item = items_.emplace_back();
  item.index = index;
  return item;
}

// Some servers leave the number out of some events: then the id tells, and else the order.
ResponseReader::Item& ResponseReader::find(std::int64_t index, std::string_view id) {
  if (index < 0) {
    for (Item& item : items_) {
      if (!id.empty() && item.id == id) return item;
    }
    for (Item& item : items_) {
      if (!item.done && (id.empty() || item.id.empty())) return item;
    }
  }
  Item& item = find(index);
  if (item.id.empty()) item.id = id;
  return item;
}

void ResponseReader::add(Item& item, std::string_view raw, sdk::Events& events) {
  const ItemParts parts(raw);
  if (parts.function() || parts.custom()) call(item, parts, parts.custom(), events);
}

void ResponseReader::close(Item& item, std::string_view raw, sdk::Events& events) {
  if (item.done) return;
  const ItemParts parts(raw);
  item.done = true;
  if (parts.type == "message") {
    closeMessage(item, parts, events);
  } else if (parts.type == "reasoning") {
    closeThought(item, parts, events);
  } else if (parts.function() || parts.custom()) {
    closeCall(item, parts, parts.custom(), events);
  } else {
    std::string items = R"({"output_items":[)";
    items.append(raw).append("]");
    // A conversation that goes on needs each thought before what it led to.
    if (signed_ > 0)
      items.append(R"(,"output_item_thoughts":[)").append(std::to_string(signed_)).append("]");
    events.extra(PAGODA_EXTRA_MESSAGE, items.append("}"));
  }
}

void ResponseReader::closeMessage(Item& item, const ItemParts& parts, sdk::Events& events) {
  const bool said = item.text;
  const bool refused = item.refusal;
  std::string others;
  if (parts.content.starts_with('[')) {
    eachElement(parts.content, [&](std::string_view part) {
      const std::string type = stringOf(memberOf(part, "type"));
      if (type == "output_text" || type == "text") {
        if (said) return;
        text(item, textOf(memberOf(part, "text")), events);
        const std::string_view odds = memberOf(part, "logprobs");
        if (odds.starts_with('[')) logprobs(odds, events);
      } else if (type == "refusal") {
        const std::string_view words = textOf(memberOf(part, "refusal"));
        if (!refused && !words.empty()) events.refusal(words);
      } else if (part.starts_with('{')) {
        others += others.empty() ? "" : ",";
        others += part;
      }
    });
    cite(item, parts.content, events);
  }
  if (!others.empty()) events.extra(PAGODA_EXTRA_MESSAGE, R"({"content_parts":[)" + others + "]}");
  if (parts.phase.starts_with('"'))
    events.extra(PAGODA_EXTRA_MESSAGE, R"({"phase":)" + std::string(parts.phase) + "}");
}

// Places in a part's text count from its beginning; the client sees all texts as one.
void ResponseReader::cite(const Item& item, std::string_view content, sdk::Events& events) {
  std::uint64_t shift = item.from;
  std::string pages;
  std::string others;
  eachElement(content, [&](std::string_view part) {
    const std::string_view notes = memberOf(part, "annotations");
    if (notes.starts_with('[')) annotationsOf(notes, shift, pages, others);
    shift += charactersIn(textOf(memberOf(part, "text")));
  });
  if (!pages.empty()) events.extra(PAGODA_EXTRA_MESSAGE, R"({"annotations":[)" + pages + "]}");
  if (!others.empty())
    events.extra(PAGODA_EXTRA_MESSAGE, R"({"output_annotations":[)" + others + "]}");
}

void ResponseReader::closeThought(Item& item, const ItemParts& parts, sdk::Events& events) {
  if (!item.thought) {
    std::int64_t part = 0;
    for (const std::string_view array : {parts.summary, parts.content}) {
      if (!array.starts_with('[')) continue;
      eachElement(array, [&](std::string_view piece) {
        const std::string words = stringOf(memberOf(piece, "text"));
        if (!words.empty()) thought(item, part++, words, events);
      });
    }
  }
  const std::string secret = stringOf(parts.encrypted);
  if (secret.empty()) return;
  const std::string id = stringOf(parts.id);
  ++signed_;
  events.reasoning({}, 0, id + ':' + secret, kReasoningFormat);
}

void ResponseReader::closeCall(Item& item, const ItemParts& parts, bool custom,
                               sdk::Events& events) {
  call(item, parts, custom, events);
  if (!item.arguments) {
    const std::string words = stringOf(parts.arguments);
    if (!words.empty() || item.wrapped) arguments(item, words, events);
  }
  if (item.wrapped) events.toolArguments(item.tool, R"("})");
  // The set of deferred tools that it belongs to, which comes back with the call.
  if (parts.space.starts_with('"'))
    events.extra(PAGODA_EXTRA_TOOL_CALL, R"({"namespace":)" + std::string(parts.space) + "}", 0,
                 item.tool);
}

void ResponseReader::call(Item& item, const ItemParts& parts, bool custom, sdk::Events& events) {
  if (item.called) return;
  const std::string name = stringOf(parts.name);
  if (name.empty()) {
    if (item.done) nonsense("the upstream sent a tool call without a name");
    return;  // the whole item will bring it
  }
  item.called = true;
  item.tool = tools_++;
  std::string id = stringOf(parts.callId);
  if (id.empty()) id = stringOf(parts.id);
  if (id.empty()) id = "call_" + requestId_ + "_" + std::to_string(item.tool);
  item.wrapped = custom && !customCalls_;
  events.toolBegin(item.tool, id, name, 0, custom && customCalls_ ? PAGODA_TOOL_CALL_CUSTOM : 0);
}

void ResponseReader::arguments(Item& item, std::string_view words, sdk::Events& events) {
  if (!item.wrapped) {
    item.arguments = true;
    return events.toolArguments(item.tool, words);
  }
  std::string piece = item.arguments ? "" : R"({"input":")";
  json::appendEscaped(piece, words);
  item.arguments = true;
  events.toolArguments(item.tool, piece);
}

void ResponseReader::text(Item& item, std::string_view words, sdk::Events& events) {
  if (words.empty()) return;
  if (!item.text) {
    if (characters_ > 0) {
      events.text(kBorder);
      characters_ += kBorder.size();
    }
    item.from = characters_;
  }
  item.text = true;
  characters_ += charactersIn(words);
  events.text(words);
}

void ResponseReader::thought(Item& item, std::int64_t part, std::string_view words,
                             sdk::Events& events) {
  const bool next = thinks_ && (thoughtItem_ != item.index || thoughtPart_ != part);
  thinks_ = true;
  thoughtItem_ = item.index;
  thoughtPart_ = part;
  item.thought = true;
  if (next) {
    events.reasoning(std::string(kBorder).append(words));
  } else {
    events.reasoning(words);
  }
}

void ResponseReader::logprobs(std::string_view array, sdk::Events& events) {
  const std::string entries = logprobsOf(array);
  if (entries.empty()) return;
  events.extra(PAGODA_EXTRA_CHOICE,
               R"({"logprobs":{"content":[)" + entries + R"(],"refusal":null}})");
}

}  // namespace pagoda::openai
