#include "chat_completions/tool_calls.h"

#include <algorithm>
#include <limits>

namespace pagoda::chat_completions {

namespace {

// Joins the pieces of a function_call, which has neither number nor id; no list is that long.
constexpr std::int64_t kLegacyIndex = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct ToolCalls::Element {
  std::int64_t index = -1;
  std::string id;
  std::string name;
  std::string argumentsBuffer;
  std::string_view arguments;
  bool custom = false;
  std::string extra = "{";  // members that the events lack
  std::string functionExtra = "{";

  enum class Form { Listed, Legacy };
  explicit Element(std::string_view json, Form form = Form::Listed);
  Element(const Element&) = delete;  // `arguments` looks into it
  Element& operator=(const Element&) = delete;

 private:
  void readListed(json::Reader& reader);
  static void keep(std::string& object, std::string_view key, std::string_view raw) {
    if (raw == "null") return;
    if (object.size() > 1) object += ',';
    json::appendString(object, key);
    object += ':';
    object += raw;
  }
  void readFunction(json::Reader& function);
  void readArguments(std::string_view raw);
};

ToolCalls::Element::Element(std::string_view json, Form form) {
  json::Reader reader(json);
  if (form == Form::Listed) {
    readListed(reader);
  } else {
    index = kLegacyIndex;
    readFunction(reader);
  }
  functionExtra += '}';
  if (functionExtra != "{}") keep(extra, custom ? "custom" : "function", functionExtra);
  extra += '}';
}

void ToolCalls::Element::readListed(json::Reader& reader) {
  std::string buffer;
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "index") {
      index = value.integer().value_or(-1);
    } else if (key == "id") {
      id = value.string(buffer).value_or("");
    } else if (key == "type") {
      custom = custom || value.string(buffer) == "custom";
    } else if (key == "function") {
      readFunction(value);
    } else if (key == "custom") {
      custom = true;
      readFunction(value);
    } else {
      const std::string member(key);
      keep(extra, member, value.raw());
    }
  });
}

void ToolCalls::Element::readFunction(json::Reader& function) {
  std::string buffer;
  function.object([&](std::string_view key, json::Reader& value) {
    if (key == "name") {
      name = value.string(buffer).value_or("");
    } else if (key == "arguments" || key == "input") {
      readArguments(value.raw());
    } else if (key != "index") {  // Ollama's number of the call, which is its place
      const std::string member(key);
      keep(functionExtra, member, value.raw());
    }
  });
}

void ToolCalls::Element::readArguments(std::string_view raw) {
  json::Reader reader(raw);
  if (reader.kind() == json::Kind::String) {
    arguments = *reader.string(argumentsBuffer);
  } else if (raw != "null") {
    arguments = raw;  // an object (Ollama): its text is what others send as a string
  }
}

void ToolCalls::read(std::string_view array, sdk::Events& events) {
  json::Reader reader(array);
  reader.array([&](json::Reader& json) {
    const Element element(json.raw());
    pass(find(element), element, events);
  });
}

void ToolCalls::whole(std::string_view json, sdk::Events& events) {
  const Element element(json);
  pass(calls_.emplace_back(Call{element.index, element.id, {}}), element, events);
}

void ToolCalls::legacy(std::string_view function, sdk::Events& events) {
  const Element element(function, Element::Form::Legacy);
  pass(find(element), element, events);
}

void ToolCalls::pass(Call& call, const Element& element, sdk::Events& events) {
  if (!call.begun && element.name.empty()) {
    call.pending += element.arguments;
    return;
  }
  if (!call.begun) begin(call, element, events);
  if (!element.arguments.empty()) events.toolArguments(call.number, element.arguments, choice_);
  if (element.extra != "{}")
    events.extra(PAGODA_EXTRA_TOOL_CALL, element.extra, choice_, call.number);
}

// The call that an element belongs to, made if it is a new one.
ToolCalls::Call& ToolCalls::find(const Element& element) {
  const bool named = !element.id.empty() && !element.name.empty();
  for (std::size_t i = calls_.size(); i-- > 0;) {
    Call& call = calls_[i];
    const bool sameIndex = element.index >= 0 && call.upstreamIndex == element.index;
    // Some servers number parallel calls alike: another id with a name is another call.
    const bool other = named && call.begun && element.id != call.id;
    const bool sameId = element.index < 0 && !element.id.empty() && element.id == call.id;
    if ((sameIndex && !other) || sameId) return call;
  }
  // Neither index nor id: more of the last call, unless a name opens a new one.
  if (element.index < 0 && element.id.empty() && element.name.empty() && !calls_.empty())
    return calls_.back();
  return calls_.emplace_back(Call{element.index, element.id, {}});
}

void ToolCalls::begin(Call& call, const Element& element, sdk::Events& events) {
  call.begun = true;
  call.number = begun_++;
  if (call.id.empty()) call.id = element.id;
  if (call.id.empty()) {
    // The client has to name the call when it answers; so that it can, it gets a name from here.
    call.id =
        "call_" + requestId_ + "_" + std::to_string(choice_) + "_" + std::to_string(call.number);
  }
  events.toolBegin(call.number, call.id, element.name, choice_,
                   element.custom ? PAGODA_TOOL_CALL_CUSTOM : 0);
  if (!call.pending.empty()) events.toolArguments(call.number, call.pending, choice_);
  call.pending.clear();
}

bool ToolCalls::hasNameless() const noexcept {
  return std::ranges::any_of(calls_, [](const Call& call) {
    return !call.begun && (!call.id.empty() || !call.pending.empty());
  });
}

}  // namespace pagoda::chat_completions
