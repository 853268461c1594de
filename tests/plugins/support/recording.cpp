#include "tests/plugins/support/recording.h"

#include <algorithm>
#include <cmath>
#include <simdjson.h>
#include <stdexcept>

#include "tests/support/framed.h"

namespace test {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string textAt(element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::int64_t> integerAt(element object, std::string_view key) {
  std::int64_t number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool present(element object, std::string_view key) {
  element value;
  return object[key].get(value) == simdjson::SUCCESS && !value.is_null();
}

// Content as a string, or the texts of its parts.
void readContent(element message, Choice& choice) {
  element content;
  if (message["content"].get(content) != simdjson::SUCCESS) return;
  if (content.is_string()) choice.text += content.get_string().value();
  if (!content.is_array()) return;
  for (element part : content.get_array()) {
    const std::string type = textAt(part, "type");
    if (type == "text") choice.text += textAt(part, "text");
    if (type != "thinking") continue;
    for (element piece : part["thinking"].get_array()) choice.reasoning += textAt(piece, "text");
  }
}

// Streamed calls are told apart by their index, whatever it starts at.
void readTools(element message, Choice& choice, bool streamed, std::vector<std::int64_t>& indexes) {
  simdjson::dom::array calls;
  if (message["tool_calls"].get(calls) != simdjson::SUCCESS) return;
  for (element call : calls) {
    const auto next = static_cast<std::int64_t>(choice.tools.size());
    const std::int64_t index = streamed ? integerAt(call, "index").value() : next;
    auto known = std::find(indexes.begin(), indexes.end(), index);
    if (known == indexes.end()) {
      known = indexes.insert(indexes.end(), index);
      choice.tools.emplace_back();
    }
    ToolCall& tool = choice.tools[static_cast<std::size_t>(known - indexes.begin())];
    if (tool.id.empty()) tool.id = textAt(call, "id");
    element function;
    if (call["function"].get(function) != simdjson::SUCCESS) continue;
    if (tool.name.empty()) tool.name = textAt(function, "name");
    tool.arguments += textAt(function, "arguments");
  }
}

// The form before tool_calls: one call of the choice, without an id.
void readFunctionCall(element message, Choice& choice) {
  element function;
  if (message["function_call"].get(function) != simdjson::SUCCESS || !function.is_object()) return;
  if (choice.tools.empty()) choice.tools.emplace_back();
  ToolCall& tool = choice.tools.front();
  tool.name += textAt(function, "name");
  tool.arguments += textAt(function, "arguments");
}

void readChoice(element source, bool streamed, Expected& expected) {
  const auto choiceIndex = static_cast<std::uint32_t>(integerAt(source, "index").value_or(0));
  Choice& choice = expected.choices[choiceIndex];
  element message;
  if (source[streamed ? "delta" : "message"].get(message) == simdjson::SUCCESS) {
    readContent(message, choice);
    readTools(message, choice, streamed, expected.toolIndexes[choiceIndex]);
    if (choice.tools.empty() || choice.tools.front().id.empty()) readFunctionCall(message, choice);
    const std::string reasoning = textAt(message, "reasoning_content");
    choice.reasoning += reasoning.empty() ? textAt(message, "reasoning") : reasoning;
    choice.refusal += textAt(message, "refusal");
  }
  const std::string finish = textAt(source, "finish_reason");
  if (!finish.empty()) choice.finish = finish;
}

void readUsage(element usage, Expected& expected) {
  expected.prompt = integerAt(usage, "prompt_tokens");
  expected.completion = integerAt(usage, "completion_tokens");
  // Whatever a server counts as completion, its total is what it bills.
  if (const auto total = integerAt(usage, "total_tokens"); total && expected.prompt)
    expected.completion = *total - *expected.prompt;
  element details;
  if (usage["prompt_tokens_details"].get(details) == simdjson::SUCCESS)
    expected.cached = integerAt(details, "cached_tokens");
  for (const char* key : {"prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"}) {
    if (!expected.cached) expected.cached = integerAt(usage, key);
  }
  if (expected.cached && expected.prompt)
    expected.cached = std::min(*expected.cached, *expected.prompt);
  double cost = 0;
  if (usage["cost"].get(cost) == simdjson::SUCCESS) {
    // With the operator's own key OpenRouter's cost is its fee; the model is paid for beside it.
    bool ownKey = false;
    double upstream = 0;
    if (usage["is_byok"].get(ownKey) == simdjson::SUCCESS && ownKey)
      upstream = usage["cost_details"]["upstream_inference_cost"].get_double().value();
    expected.costUsd = cost + upstream;
  }
  if (const auto ticks = integerAt(usage, "cost_in_usd_ticks"))
    expected.costUsd = static_cast<double>(*ticks) / 1e10;
}

void readObject(element object, bool streamed, Expected& expected) {
  expected.error = expected.error || present(object, "error");
  if (expected.id.empty()) expected.id = textAt(object, "id");
  if (expected.model.empty()) expected.model = textAt(object, "model");
  simdjson::dom::array choices;
  if (object["choices"].get(choices) == simdjson::SUCCESS) {
    for (element choice : choices) readChoice(choice, streamed, expected);
  }
  element usage;
  if (object["usage"].get(usage) == simdjson::SUCCESS && usage.is_object()) {
    readUsage(usage, expected);
  } else if (object["x_groq"]["usage"].get(usage) == simdjson::SUCCESS && usage.is_object() &&
             !expected.prompt) {
    readUsage(usage, expected);
  }
}

}  // namespace

Recording readRecording(const std::filesystem::path& file) {
  simdjson::dom::parser parser;
  element root = parser.load(file.string());
  Recording recording;
  recording.file = file.filename().string();
  recording.provider = textAt(root, "provider");
  recording.endpoint = textAt(root, "endpoint");
  element request = root["request"];
  recording.host = textAt(request, "host");
  if (present(request, "body")) recording.requestBody = simdjson::minify(request["body"].value());
  element response = root["response"];
  recording.status = static_cast<int>(response["status"].get_int64().value());
  recording.body = textAt(response, "body");
  const std::string type = textAt(response["headers"], "content-type");
  recording.stream = type.find("event-stream") != std::string::npos ||
                     recording.body.starts_with("data:") || recording.body.starts_with("event:") ||
                     recording.body.starts_with(":");
  return recording;
}

std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Expected readExpected(const Recording& recording) {
  Expected expected;
  simdjson::dom::parser parser;
  if (!recording.stream) {
    readObject(parser.parse(simdjson::padded_string(recording.body)), false, expected);
    return expected;
  }
  for (const Frame& frame : cutSse(recording.body)) {
    if (frame.data.find("[DONE]") == 0) break;
    readObject(parser.parse(simdjson::padded_string(frame.data)), true, expected);
  }
  return expected;
}

Exchange play(const Recording& recording, bool lastAlone, const Request& base) {
  Request request = base;
  request.stream = recording.stream;
  // A few recorded requests are wrong on purpose; what came back is judged all the same.
  Request recorded = request;
  recorded.rawJson = recording.requestBody;
  if (accepts(recorded)) request = recorded;
  if (recording.stream) return run(request, cutSse(recording.body), PAGODA_FRAMING_SSE, lastAlone);
  return runWhole(request, recording.body);
}

std::string difference(const Exchange& seen, const Expected& expected) {
  if (!seen.fault.empty()) return "rule: " + seen.fault;
  if (seen.id != expected.id) return "id " + seen.id + " != " + expected.id;
  if (seen.model != expected.model) return "model " + seen.model + " != " + expected.model;
  if (seen.choices.size() != expected.choices.size()) return "number of choices";
  for (const auto& [index, wanted] : expected.choices) {
    const auto found = seen.choices.find(index);
    if (found == seen.choices.end()) return "choice " + std::to_string(index) + " is missing";
    const Choice& choice = found->second;
    if (choice.text != wanted.text) return "text: " + choice.text + "\n!= " + wanted.text;
    if (choice.reasoning != wanted.reasoning)
      return "reasoning: " + choice.reasoning + "\n!= " + wanted.reasoning;
    if (choice.refusal != wanted.refusal) return "refusal: " + choice.refusal;
    if (choice.finish != wanted.finish) return "finish: " + choice.finish + " != " + wanted.finish;
    std::vector<ToolCall> calls = choice.tools;
    for (std::size_t i = 0; i < std::min(calls.size(), wanted.tools.size()); ++i) {
      // A call without an id is given one.
      if (wanted.tools[i].id.empty() && !calls[i].id.empty()) calls[i].id.clear();
    }
    if (calls != wanted.tools) return "tool calls of choice " + std::to_string(index);
  }
  if (seen.usage.has_value() != expected.prompt.has_value()) return "usage is there, or not";
  if (!seen.usage) return {};
  if (seen.usage->input_tokens != *expected.prompt) return "prompt tokens";
  if (seen.usage->output_tokens != *expected.completion) return "completion tokens";
  if (seen.usage->cache_read_tokens != expected.cached.value_or(-1)) return "cached tokens";
  if (expected.costUsd) {
    const double off = static_cast<double>(seen.usage->cost_nusd) - *expected.costUsd * 1e9;
    if (off < -0.01 || off > 1.01) return "cost " + std::to_string(seen.usage->cost_nusd);
  }
  return {};
}

std::vector<Frame> framesCutAtRandom(std::string_view body, std::mt19937& random) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0;;) {
    at += 1 + random() % 60;
    if (at >= body.size()) break;
    cuts.push_back(at);
  }
  std::vector<Frame> frames;
  const auto framed = pagoda::test::frame(pagoda::Framing::Sse, body, cuts);
  for (const auto& frame : framed.frames) frames.push_back({frame.data, frame.event});
  return frames;
}

}  // namespace test
