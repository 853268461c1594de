#include "tests/plugins/anthropic/claude.h"

#include <algorithm>
#include <map>
#include <simdjson.h>

namespace test {

namespace {

using simdjson::dom::element;

std::string textAt(element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

struct Block {
  std::string type, text, thinking, signature, data, id, name, input;
  std::size_t citations = 0;
};

Block readBlock(element source) {
  Block block{textAt(source, "type"),
              textAt(source, "text"),
              textAt(source, "thinking"),
              textAt(source, "signature"),
              textAt(source, "data"),
              textAt(source, "id"),
              textAt(source, "name"),
              {},
              0};
  element input;
  if (source["input"].get(input) == simdjson::SUCCESS) block.input = simdjson::minify(input);
  simdjson::dom::array citations;
  if (source["citations"].get(citations) == simdjson::SUCCESS) block.citations = citations.size();
  return block;
}

void readUsage(element usage, Said& said) {
  const auto take = [&](std::string_view key, std::optional<std::int64_t>& slot) {
    std::int64_t number = 0;
    if (usage[key].get(number) == simdjson::SUCCESS) slot = number;
  };
  take("input_tokens", said.input);
  take("output_tokens", said.output);
  take("cache_read_input_tokens", said.cacheRead);
  take("cache_creation_input_tokens", said.cacheWrite);
}

void readEnd(element source, Said& said) {
  if (const std::string stop = textAt(source, "stop_reason"); !stop.empty()) said.stop = stop;
  element details;
  if (source["stop_details"].get(details) == simdjson::SUCCESS && details.is_object())
    said.refusal = textAt(details, "explanation");
}

void take(const Block& block, Said& said) {
  said.citations += block.citations;
  if (block.type == "text") {
    said.text += block.text;
  } else if (block.type == "thinking") {
    said.reasoning += block.thinking;
    if (!block.signature.empty()) said.signature += block.signature + "[anthropic-claude-v1]";
  } else if (block.type == "redacted_thinking") {
    said.signature += block.data + "[redacted]";
  } else if (block.type == "tool_use") {
    said.tools.push_back({block.id, block.name, block.input.empty() ? "{}" : block.input});
  } else {
    ++said.others;
  }
}

/// Deltas are added to blocks by their index.
class Stream {
 public:
  explicit Stream(Said& said) : said_(said) {}
  ~Stream() {
    for (const auto& [index, block] : blocks_) take(block, said_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void event(element object) {
    const std::string type = textAt(object, "type");
    element part;
    if (type == "error") said_.error = true;
    if (type == "message_stop") said_.complete = true;
    if (type == "message_start" && object["message"].get(part) == simdjson::SUCCESS) {
      said_.id = textAt(part, "id");
      said_.model = textAt(part, "model");
      readUsage(part["usage"].value(), said_);
    }
    if (type == "message_delta") {
      readEnd(object["delta"].value(), said_);
      readUsage(object["usage"].value(), said_);
    }
    if (type == "content_block_start") {
      Block block = readBlock(object["content_block"].value());
      if (block.input == "{}") block.input.clear();
      blocks_[object["index"].get_int64().value()] = block;
    }
    if (type == "content_block_delta") {
      Block& block = blocks_[object["index"].get_int64().value()];
      part = object["delta"].value();
      block.text += textAt(part, "text");
      block.thinking += textAt(part, "thinking");
      block.signature += textAt(part, "signature");
      block.input += textAt(part, "partial_json");
      if (textAt(part, "type") == "citations_delta") ++block.citations;
    }
  }

 private:
  Said& said_;
  std::map<std::int64_t, Block> blocks_;
};

std::size_t countIn(const Exchange& seen, std::string_view list) {
  std::size_t count = 0;
  simdjson::dom::parser parser;
  for (const Extra& extra : seen.extras) {
    if (extra.place != PAGODA_EXTRA_MESSAGE) continue;
    simdjson::dom::array elements;
    element object = parser.parse(simdjson::padded_string(extra.json));
    if (object[list].get(elements) == simdjson::SUCCESS) count += elements.size();
  }
  return count;
}

bool sameJson(const std::string& a, const std::string& b) {
  simdjson::dom::parser first, second;
  element left, right;
  // A call that a token limit cut off.
  if (first.parse(simdjson::padded_string(a)).get(left) != simdjson::SUCCESS) return a == b;
  if (second.parse(simdjson::padded_string(b)).get(right) != simdjson::SUCCESS) return false;
  return simdjson::minify(left) == simdjson::minify(right);
}

}  // namespace

Said readSaid(const Recording& recording) {
  Said said;
  simdjson::dom::parser parser;
  if (recording.stream) {
    Stream stream(said);
    for (const Frame& frame : cutSse(recording.body))
      stream.event(parser.parse(simdjson::padded_string(frame.data)));
  } else {
    element message = parser.parse(simdjson::padded_string(recording.body));
    said.complete = true;
    said.error = textAt(message, "type") == "error";
    if (said.error) return said;
    said.id = textAt(message, "id");
    said.model = textAt(message, "model");
    readEnd(message, said);
    readUsage(message["usage"].value(), said);
    for (element block : message["content"].get_array()) take(readBlock(block), said);
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
  if (choice.reasoning != said.reasoning) return "reasoning: " + choice.reasoning;
  if (choice.signature != said.signature) return "signature: " + choice.signature;
  if (choice.refusal != said.refusal) return "refusal: " + choice.refusal;
  if (choice.finish != said.stop) return "finish: " + choice.finish + " != " + said.stop;
  if (choice.tools.size() != said.tools.size()) return "number of tool calls";
  for (std::size_t i = 0; i < said.tools.size(); ++i) {
    const ToolCall& call = choice.tools[i];
    if (call.id != said.tools[i].id || call.name != said.tools[i].name) return "a call's name";
    if (!sameJson(call.arguments, said.tools[i].arguments))
      return "arguments: " + call.arguments + " != " + said.tools[i].arguments;
  }
  if (countIn(seen, "citations") != said.citations) return "citations";
  if (countIn(seen, "content_blocks") != said.others) return "other blocks";
  if (!seen.usage) return "no usage";
  const std::int64_t input =
      said.input.value() + said.cacheRead.value_or(0) + said.cacheWrite.value_or(0);
  if (seen.usage->input_tokens != input) return "input tokens";
  if (seen.usage->output_tokens != said.output.value()) return "output tokens";
  if (seen.usage->cache_read_tokens != said.cacheRead.value_or(-1)) return "cache reads";
  if (seen.usage->cache_write_tokens != said.cacheWrite.value_or(-1)) return "cache writes";
  return {};
}

}  // namespace test
