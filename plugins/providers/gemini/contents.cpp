#include "contents.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "call_id.h"
#include "parts.h"

namespace pagoda::gemini {

namespace {

using sdk::Range;
using sdk::view;

class ContentsWriter {
 public:
  ContentsWriter(const pagoda_chat_request& request, const Settings& settings, const Model& model,
                 BodyWriter& writer)
      : messages_(request.messages), settings_(settings), model_(model), writer_(writer) {}

  void write() {
    writer_.key("contents").beginArray();
    const std::uint32_t first = firstOfTalk();
    for (std::uint32_t i = first; i < messages_.size(); ++i) {
      const pagoda_message& message = messages_[i];
      if (message.role == PAGODA_ROLE_TOOL) {
        i = writeResults(i) - 1;
      } else if (message.role == PAGODA_ROLE_ASSISTANT) {
        writeAssistant(message);
      } else {
        // A system message inside the talk has no place of its own.
        writeParts(message, "user");
      }
    }
    // Nothing but a system message: it is what the model is asked.
    const bool alone = role_ == nullptr;
    if (alone) {
      for (std::uint32_t i = 0; i < first; ++i) writeParts(messages_[i], "user");
    }
    if (role_ == nullptr) throw sdk::Failure(PAGODA_E_INVALID_REQUEST, "the messages are empty");
    closeTurn();
    writer_.endArray();
    if (!alone && first > 0) writeSystem(first);
  }

 private:
  struct Call {
    std::string_view name;
    std::string_view upstreamId;
    std::uint32_t position;
  };

  std::uint32_t firstOfTalk() const {
    std::uint32_t i = 0;
    while (i < messages_.size() && messages_[i].role == PAGODA_ROLE_SYSTEM) ++i;
    return i;
  }

  void writeSystem(std::uint32_t end) {
    bool open = false;
    for (std::uint32_t i = 0; i < end; ++i) {
      for (const pagoda_part& part : Range<pagoda_part>(messages_[i].parts)) {
        if (part.kind != PAGODA_PART_TEXT || part.text.size == 0) continue;
        if (!open) writer_.key("systemInstruction").beginObject().key("parts").beginArray();
        open = true;
        writer_.beginObject().member("text", view(part.text)).endObject();
      }
    }
    if (open) writer_.endArray().endObject();
  }

  // Opens a turn of `role`, or goes on with the one that is open: a part follows at once, so no
  // turn is empty.
  void turn(const char* role) {
    if (role_ != nullptr && std::string_view(role_) == role) return;
    if (role_ != nullptr) {
      closeTurn();
    } else if (std::string_view(role) == "model") {
      // A talk that begins with the model is refused.
      openTurn("user");
      writer_.beginObject().member("text", " ").endObject();
      closeTurn();
    }
    openTurn(role);
  }
  void openTurn(const char* role) {
    writer_.beginObject().member("role", role).key("parts").beginArray();
    role_ = role;
  }
  void closeTurn() { writer_.endArray().endObject(); }

  void writeParts(const pagoda_message& message, const char* role) {
    for (const pagoda_part& part : Range<pagoda_part>(message.parts)) writePart(part, role);
  }

  void writePart(const pagoda_part& part, const char* role) {
    if (isMedia(part)) {
      turn(role);
      return writeMedia(part, writer_);
    }
    // Thoughts are the model's own to write; their signatures travel with calls and text.
    if (part.kind == PAGODA_PART_REASONING || part.text.size == 0) return refuseUnknown(part, role);
    turn(role);
    writer_.beginObject().member("text", view(part.text)).endObject();
  }

  // A user's part that the neutral form lacks must not be lost in silence.
  static void refuseUnknown(const pagoda_part& part, std::string_view role) {
    if (part.kind != PAGODA_PART_TEXT || role != "user" || part.extra_json.size == 0) return;
    std::string type;
    std::string buffer;
    json::Reader reader(view(part.extra_json));
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "type") type = value.string(buffer).value_or("");
    });
    if (type.empty() || type.ends_with("text") || type == "refusal") return;
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "Gemini has no form for a content part of type " +
                                                 std::string(json::cutUtf8(type, 40)));
  }

  void writeAssistant(const pagoda_message& message) {
    const Remembered remembered = readRemembered(view(message.extra_json));
    for (const std::string_view raw : remembered.parts) {
      turn("model");
      writer_.raw(raw);
    }
    writeAssistantText(message, remembered.textSignature);
    std::uint32_t position = 0;
    for (const pagoda_tool_call& call : Range<pagoda_tool_call>(message.tool_calls)) {
      const std::size_t i = position;
      const bool has = i < remembered.callSignatures.size();
      writeCall(call, position++, has ? remembered.callSignatures[i] : std::string());
    }
  }

  // The signature of a text goes with the last of its parts.
  void writeAssistantText(const pagoda_message& message, std::string_view signature) {
    const Range<pagoda_part> parts(message.parts);
    std::uint32_t last = parts.size();
    for (std::uint32_t i = 0; i < parts.size() && !signature.empty(); ++i) {
      if (parts[i].kind == PAGODA_PART_TEXT && parts[i].text.size != 0) last = i;
    }
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
      if (i != last) {
        writePart(parts[i], "model");
        continue;
      }
      turn("model");
      writer_.beginObject().member("text", view(parts[i].text));
      writer_.member("thoughtSignature", signature).endObject();
    }
  }

  void writeCall(const pagoda_tool_call& call, std::uint32_t position, std::string signature) {
    const CallId id = decodeCallId(view(call.id));
    calls_[view(call.id)] = {view(call.name), id.upstreamId, position};
    if (signature.empty()) signature = id.signature;
    // Of parallel calls only the first bears a signature.
    if (signature.empty() && position == 0 && model_.needsSignature)
      signature = settings_.signatureFallback;
    turn("model");
    writer_.beginObject().key("functionCall").beginObject();
    if (!id.upstreamId.empty()) writer_.member("id", id.upstreamId);
    writer_.member("name", view(call.name)).key("args");
    writeObject(view(call.arguments_json), "arguments");
    writer_.endObject();
    if (!signature.empty()) writer_.member("thoughtSignature", signature);
    writer_.endObject();
  }

  // A JSON object as it is; any other text as the member `name` of one.
  void writeObject(std::string_view text, std::string_view name) {
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    const bool empty = from == std::string_view::npos;
    if (!empty && text[from] == '{' && json::valid(text)) {
      writer_.raw(text);
    } else if (empty && name == "arguments") {
      writer_.raw("{}");
    } else {
      writer_.beginObject().member(name, text).endObject();
    }
  }

  // The results that follow each other, in the order of their calls; returns the index after them.
  std::uint32_t writeResults(std::uint32_t from) {
    std::vector<std::pair<std::uint32_t, const pagoda_message*>> results;
    std::uint32_t i = from;
    for (; i < messages_.size() && messages_[i].role == PAGODA_ROLE_TOOL; ++i) {
      const auto call = calls_.find(view(messages_[i].tool_call_id));
      const std::uint32_t position = call == calls_.end() ? UINT32_MAX : call->second.position;
      results.emplace_back(position, &messages_[i]);
    }
    std::ranges::stable_sort(results, {}, [](const auto& result) { return result.first; });
    for (const auto& result : results) writeResult(*result.second);
    // Pictures and files of the results come after them: the results of one turn belong together.
    for (const auto& result : results) {
      for (const pagoda_part& part : Range<pagoda_part>(result.second->parts)) {
        if (isMedia(part)) writeMedia(part, writer_);
      }
    }
    return i;
  }

  void writeResult(const pagoda_message& message) {
    const std::string_view id = view(message.tool_call_id);
    const auto call = calls_.find(id);
    std::string_view name = view(message.name);
    std::string_view upstreamId;
    if (call != calls_.end()) {
      name = call->second.name;
      upstreamId = call->second.upstreamId;
    }
    std::string text;
    for (const pagoda_part& part : Range<pagoda_part>(message.parts)) {
      if (part.kind == PAGODA_PART_TEXT) text += view(part.text);
    }
    turn("user");
    writer_.beginObject().key("functionResponse").beginObject();
    if (!upstreamId.empty()) writer_.member("id", upstreamId);
    writer_.member("name", name.empty() ? id : name).key("response");
    writeObject(text, "result");
    writer_.endObject().endObject();
  }

  Range<pagoda_message> messages_;
  const Settings& settings_;
  const Model& model_;
  BodyWriter& writer_;
  const char* role_ = nullptr;                        // of the open turn
  std::unordered_map<std::string_view, Call> calls_;  // by the id that the client echoes
};

}  // namespace

void writeContents(const pagoda_chat_request& request, const Settings& settings, const Model& model,
                   BodyWriter& writer) {
  ContentsWriter(request, settings, model, writer).write();
}

}  // namespace pagoda::gemini
