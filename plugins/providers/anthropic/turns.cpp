#include "turns.h"

#include "json_text.h"

namespace pagoda::anthropic {

namespace {

using sdk::Range;
using sdk::view;

constexpr std::string_view kEscaped = "pgd_";

bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

bool isObjectText(std::string_view text) {
  try {
    json::Reader reader(text);
    if (reader.kind() != json::Kind::Object) return false;
    reader.skip();
    reader.finish();
    return true;
  } catch (const json::Malformed&) {
    return false;
  }
}

// Input of a call is an object here and text there. What is none (a custom tool's input, arguments
// cut off by a token limit) becomes the one member of one.
void appendInput(std::string& out, std::string_view arguments) {
  if (isBlank(arguments)) {
    out += "{}";
  } else if (isObjectText(arguments)) {
    out += arguments;
  } else {
    out += R"({"input":)";
    json::appendString(out, arguments);
    out += '}';
  }
}

void addThoughts(const pagoda_message& message, Blocks& blocks) {
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (part.kind == PAGODA_PART_REASONING) addAssistantPart(part, blocks);
  }
}

}  // namespace

std::string toolIdOf(std::string_view id) {
  bool fits = !id.empty() && !id.starts_with(kEscaped);
  for (const char c : id) fits = fits && (isPlain(c) || c == '_');
  if (fits) return std::string(id);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out(kEscaped);
  for (const char c : id) {
    if (isPlain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '_';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

bool lostThinking(const pagoda_chat_request& request) {
  const Range<pagoda_message> messages(request.messages);
  for (std::uint32_t i = messages.size(); i-- > 0;) {
    const pagoda_message& message = messages[i];
    if (message.role != PAGODA_ROLE_ASSISTANT) continue;
    if (message.tool_calls.count == 0) return false;
    Blocks blocks;
    addThoughts(message, blocks);
    return blocks.empty();
  }
  return false;
}

Blocks systemBlocks(const pagoda_chat_request& request) {
  Blocks blocks;
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    if (message.role != PAGODA_ROLE_SYSTEM) continue;
    for (const auto& part : Range<pagoda_part>(message.parts)) {
      if (part.kind != PAGODA_PART_TEXT)
        throw sdk::Failure(PAGODA_E_UNSUPPORTED, "this model takes text only in a system message");
      addPart(part, blocks);
    }
    blocks.mark(readExtras(view(message.extra_json)).cacheControl);
  }
  return blocks;
}

void Turns::write(const pagoda_chat_request& request) {
  out_.append("[");
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    switch (message.role) {
      case PAGODA_ROLE_SYSTEM:
        break;
      case PAGODA_ROLE_ASSISTANT:
        addAssistant(message);
        break;
      case PAGODA_ROLE_TOOL:
        addResult(message);
        break;
      default:
        addUser(message);
        break;
    }
  }
  flush(true);
  // Nothing but a system text: Anthropic wants a turn to answer.
  if (!any_) out_.append(R"({"role":"user","content":[{"type":"text","text":"."}]})");
  out_.append("]");
}

// A message without content leaves no turn, so its neighbours may be of one role.
void Turns::addTo(Role role, const Blocks& results, const Blocks& blocks) {
  if (results.empty() && blocks.empty()) return;
  if (role_ != role) flush(false);
  role_ = role;
  results_.append(results);
  blocks_.append(blocks);
}

void Turns::flush(bool last) {
  if (blocks_.empty() && results_.empty()) return;
  if (last && role_ == Role::Assistant) blocks_.trimEnd();
  if (last && role_ == Role::User) (blocks_.empty() ? results_ : blocks_).mark(cacheControl_);
  if (any_) out_.append(",");
  any_ = true;
  out_.append(role_ == Role::Assistant ? R"({"role":"assistant","content":[)"
                                       : R"({"role":"user","content":[)");
  out_.append(results_.text());
  if (!results_.empty() && !blocks_.empty()) out_.append(",");
  out_.append(blocks_.text());
  out_.append("]}");
  blocks_.clear();
  results_.clear();
}

void Turns::addUser(const pagoda_message& message) {
  Blocks blocks;
  for (const auto& part : Range<pagoda_part>(message.parts)) addPart(part, blocks);
  blocks.mark(readExtras(view(message.extra_json)).cacheControl);
  addTo(Role::User, {}, blocks);
}

void Turns::addResult(const pagoda_message& message) {
  const Extras extras = readExtras(view(message.extra_json));
  Blocks content;
  for (const auto& part : Range<pagoda_part>(message.parts)) addPart(part, content);
  std::string block = R"({"type":"tool_result","tool_use_id":")";
  block += resultId(view(message.tool_call_id)) + '"';
  if (!content.empty()) block.append(R"(,"content":[)").append(content.text()).append("]");
  if (extras.isError == "true") block += R"(,"is_error":true)";
  if (isObject(extras.cacheControl))
    block.append(R"(,"cache_control":)").append(extras.cacheControl);
  block += '}';
  Blocks results;
  results.add(block);
  addTo(Role::User, results, {});
}

void Turns::addAssistant(const pagoda_message& message) {
  const Extras extras = readExtras(view(message.extra_json));
  Blocks blocks;
  // Thinking first: Anthropic refuses it anywhere else.
  addThoughts(message, blocks);
  addCarriedBlocks(extras, blocks);
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (part.kind != PAGODA_PART_REASONING) addAssistantPart(part, blocks);
  }
  for (const auto& call : Range<pagoda_tool_call>(message.tool_calls)) blocks.add(callBlock(call));
  blocks.mark(extras.cacheControl);
  addTo(Role::Assistant, {}, blocks);
}

std::string Turns::callBlock(const pagoda_tool_call& call) {
  std::string block = R"({"type":"tool_use","id":")" + callId(view(call.id)) + R"(","name":)";
  json::appendString(block, view(call.name));
  block += R"(,"input":)";
  appendInput(block, view(call.arguments_json));
  block += '}';
  return block;
}

// Some servers number the calls of each answer anew; within a conversation ids must differ.
std::string Turns::callId(std::string_view id) {
  std::string fitting = toolIdOf(id);
  const int before = calls_[fitting]++;
  if (before > 0) fitting += "-again" + std::to_string(before);
  return fitting;
}

std::string Turns::resultId(std::string_view id) const {
  std::string fitting = toolIdOf(id);
  const auto found = calls_.find(fitting);
  if (found != calls_.end() && found->second > 1)
    fitting += "-again" + std::to_string(found->second - 1);
  return fitting;
}

}  // namespace pagoda::anthropic
