#include "tests/plugins/openai/gpt.h"

#include <simdjson.h>

namespace test {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;

Request made(const std::string& model, const std::string& messages, const std::string& members,
             const std::string& settings) {
  Request request;
  request.type = "openai";
  request.config = "{" + settings + "}";
  request.model = model;
  request.rawJson = R"({"model":"asked","messages":)" +
                    (messages.empty() ? R"([{"role":"user","content":"hi"}])" : messages) +
                    members + "}";
  return request;
}

std::string textAt(element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::int64_t> countAt(element object, std::string_view holder, std::string_view key) {
  element inner = object;
  if (!holder.empty() && object[holder].get(inner) != simdjson::SUCCESS) return std::nullopt;
  std::int64_t number = 0;
  if (!inner.is_object() || inner[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

template <class F>
void each(element object, std::string_view key, F&& visit) {
  array list;
  if (object[key].get(list) != simdjson::SUCCESS) return;
  for (element entry : list) visit(entry);
}

void readItem(element item, Said& said) {
  const std::string type = textAt(item, "type");
  if (type == "message") {
    std::string text;
    each(item, "content", [&](element part) {
      text += textAt(part, "text");
      said.refusal += textAt(part, "refusal");
      each(part, "annotations",
           [&](element note) { said.citations += textAt(note, "type") == "url_citation" ? 1 : 0; });
    });
    if (!said.text.empty() && !text.empty()) said.text += "\n\n";
    said.text += text;
  } else if (type == "reasoning") {
    for (const char* key : {"summary", "content"}) {
      each(item, key, [&](element part) {
        const std::string text = textAt(part, "text");
        if (!said.thoughts.empty() && !text.empty()) said.thoughts += "\n\n";
        said.thoughts += text;
      });
    }
    const std::string secret = textAt(item, "encrypted_content");
    if (!secret.empty()) said.signatures += textAt(item, "id") + ":" + secret;
  } else if (type == "function_call") {
    said.calls.push_back(
        {textAt(item, "call_id"), textAt(item, "name"), textAt(item, "arguments"), false});
  } else if (type == "custom_tool_call") {
    said.calls.push_back(
        {textAt(item, "call_id"), textAt(item, "name"), textAt(item, "input"), true});
  } else {
    said.items.push_back(type);
  }
}

void readResponse(element response, Said& said) {
  if (said.id.empty()) said.id = textAt(response, "id");
  if (!textAt(response, "model").empty()) said.model = textAt(response, "model");
  said.status = textAt(response, "status");
  said.complete = said.status == "completed" || said.status == "incomplete";
  said.error = said.status == "failed";
  each(response, "output", [&](element item) { readItem(item, said); });
  said.input = countAt(response, "usage", "input_tokens");
  said.output = countAt(response, "usage", "output_tokens");
  element usage;
  if (response["usage"].get(usage) != simdjson::SUCCESS || !usage.is_object()) return;
  said.cached = countAt(usage, "input_tokens_details", "cached_tokens");
  said.reasoning = countAt(usage, "output_tokens_details", "reasoning_tokens");
}

void readEvent(element event, Said& said, int& ends) {
  const std::string type = textAt(event, "type");
  element response;
  const bool has = event["response"].get(response) == simdjson::SUCCESS;
  if (type == "response.created" && has) {
    said.id = textAt(response, "id");
    said.model = textAt(response, "model");
  }
  if (type == "error") said.error = true;
  if (type != "response.completed" && type != "response.incomplete" && type != "response.failed")
    return;
  if (++ends > 1) said.several = true;
  if (ends == 1 && has) readResponse(response, said);
}

}  // namespace

Request gpt(const std::string& model, const std::string& messages, const std::string& members,
            const std::string& settings) {
  return made(model, messages, members, settings);
}

Request byResponses(const std::string& model, const std::string& messages,
                    const std::string& members, const std::string& settings) {
  return made(model, messages, members,
              R"("api":"responses")" + (settings.empty() ? "" : "," + settings));
}

std::string bodyOf(const Request& request) {
  return run(request, {{"", {}}}, PAGODA_FRAMING_WHOLE).body;
}
std::string urlOf(const Request& request) {
  return run(request, {{"", {}}}, PAGODA_FRAMING_WHOLE).url;
}

Said readSaid(const Recording& recording) {
  Said said;
  simdjson::dom::parser parser;
  if (!recording.stream) {
    element root = parser.parse(simdjson::padded_string(recording.body));
    if (textAt(root, "object") == "response") {
      readResponse(root, said);
    } else {
      said.error = true;
    }
    return said;
  }
  int ends = 0;
  for (const Frame& frame : cutSse(recording.body)) {
    if (frame.data.empty() || frame.data.find("[DONE]") == 0) continue;
    readEvent(parser.parse(simdjson::padded_string(frame.data)), said, ends);
  }
  return said;
}

std::string difference(const Exchange& seen, const Said& said) {
  if (!seen.fault.empty()) return "rule: " + seen.fault;
  if (seen.id != said.id) return "id " + seen.id + " != " + said.id;
  if (seen.model != said.model) return "model " + seen.model + " != " + said.model;
  if (seen.choices.size() != 1) return "number of choices";
  const Choice& choice = seen.choices.begin()->second;
  if (choice.text != said.text) return "text: " + choice.text + "\n!= " + said.text;
  if (choice.reasoning != said.thoughts)
    return "thoughts: " + choice.reasoning + "\n!= " + said.thoughts;
  if (choice.refusal != said.refusal) return "refusal: " + choice.refusal;
  if (choice.tools != said.calls) return "tool calls";
  const bool calls = !said.calls.empty();
  if (said.status == "completed" &&
      choice.reason != (calls ? PAGODA_FINISH_TOOL_CALLS : PAGODA_FINISH_STOP))
    return "finish";
  if (said.signatures.empty() != choice.signature.empty()) return "signatures";
  std::string extras;
  for (const Extra& extra : seen.extras) extras += extra.json;
  for (const std::string& type : said.items)
    if (extras.find(type) == std::string::npos) return "item " + type;
  if (seen.usage.has_value() != said.input.has_value()) return "usage is there, or not";
  if (!seen.usage) return {};
  if (seen.usage->input_tokens != *said.input) return "input tokens";
  if (seen.usage->output_tokens != *said.output) return "output tokens";
  if (seen.usage->cache_read_tokens != said.cached.value_or(-1)) return "cached tokens";
  if (seen.usage->reasoning_tokens != said.reasoning.value_or(-1)) return "reasoning tokens";
  return {};
}

}  // namespace test
