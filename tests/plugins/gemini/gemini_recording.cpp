#include "tests/plugins/gemini/gemini_recording.h"

#include <set>
#include <simdjson.h>

namespace test {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string textAt(element object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::int64_t> countAt(element object, const char* key) {
  std::int64_t count = 0;
  if (object[key].get(count) != simdjson::SUCCESS) return std::nullopt;
  return count;
}

bool flagAt(element object, const char* key) {
  bool flag = false;
  return object[key].get(flag) == simdjson::SUCCESS && flag;
}

void readCall(element call, GeminiChoice& choice) {
  const std::string name = textAt(call, "name");
  element args;
  const bool whole = call["args"].get(args) == simdjson::SUCCESS;
  const bool pieces = flagAt(call, "willContinue") || call["partialArgs"].error() == 0;
  if (name.empty()) return;  // more of the last call
  choice.calls.push_back({name,
                          pieces  ? "?"
                          : whole ? simdjson::minify(args)
                                  : std::string("{}"),
                          textAt(call, "id")});
}

void readParts(element content, GeminiChoice& choice) {
  simdjson::dom::array parts;
  if (content["parts"].get(parts) != simdjson::SUCCESS) return;
  for (element part : parts) {
    element call;
    if (part["functionCall"].get(call) == simdjson::SUCCESS) readCall(call, choice);
    (flagAt(part, "thought") ? choice.thoughts : choice.text) += textAt(part, "text");
  }
}

void readUsage(element usage, GeminiExpected& expected) {
  const auto prompt = countAt(usage, "promptTokenCount");
  const auto total = countAt(usage, "totalTokenCount");
  if (!prompt || !total) return;
  expected.input = *prompt + countAt(usage, "toolUsePromptTokenCount").value_or(0);
  const auto candidates = countAt(usage, "candidatesTokenCount");
  expected.thoughts = countAt(usage, "thoughtsTokenCount");
  expected.output = candidates || expected.thoughts
                        ? candidates.value_or(0) + expected.thoughts.value_or(0)
                        : *total - *expected.input;
  expected.cached = countAt(usage, "cachedContentTokenCount");
}

void readCandidates(element answer, GeminiExpected& expected) {
  simdjson::dom::array candidates;
  if (answer["candidates"].get(candidates) != simdjson::SUCCESS) return;
  std::uint32_t position = 0;
  for (element candidate : candidates) {
    const auto index = static_cast<std::uint32_t>(countAt(candidate, "index").value_or(position++));
    GeminiChoice& choice = expected.choices[index];
    element content;
    if (candidate["content"].get(content) == simdjson::SUCCESS) readParts(content, choice);
    if (std::string word = textAt(candidate, "finishReason"); !word.empty()) choice.finish = word;
    if (countAt(candidate, "finishReason")) choice.finish = "#";
  }
}

void readAnswer(element answer, GeminiExpected& expected) {
  using Kind = GeminiExpected::Kind;
  if (answer["error"].error() == simdjson::SUCCESS) expected.kind = Kind::Error;
  bool known = false;
  for (const char* key : {"candidates", "usageMetadata", "modelVersion", "promptFeedback"})
    known = known || answer[key].error() == simdjson::SUCCESS;
  if (!known && expected.kind == Kind::Answer) expected.kind = Kind::NoAnswer;
  if (expected.id.empty()) expected.id = textAt(answer, "responseId");
  if (expected.model.empty()) expected.model = textAt(answer, "modelVersion");
  element part;
  if (answer["usageMetadata"].get(part) == simdjson::SUCCESS) readUsage(part, expected);
  if (answer["promptFeedback"].get(part) == simdjson::SUCCESS &&
      !textAt(part, "blockReason").empty())
    expected.kind = Kind::Blocked;
  readCandidates(answer, expected);
}

bool sameCalls(const std::vector<ToolCall>& seen, const std::vector<GeminiCall>& wanted) {
  if (seen.size() != wanted.size()) return false;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    simdjson::dom::parser parser;
    element args;
    if (parser.parse(simdjson::padded_string(seen[i].arguments)).get(args) != simdjson::SUCCESS)
      return false;
    if (wanted[i].arguments != "?" && simdjson::minify(args) != wanted[i].arguments) return false;
    if (seen[i].name != wanted[i].name || seen[i].id.find(wanted[i].id) == std::string::npos ||
        !ids.insert(seen[i].id).second)
      return false;
  }
  return true;
}

}  // namespace

Request geminiRequest(std::string rawJson, std::string model, std::string settings) {
  Request request;
  request.type = "gemini";
  request.config = R"({"base_url":"https://generativelanguage.googleapis.com/v1beta")" +
                   std::move(settings) + "}";
  if (!rawJson.empty()) request.rawJson = std::move(rawJson);
  request.model = std::move(model);
  return request;
}

GeminiExpected readGemini(const Recording& recording) {
  GeminiExpected expected;
  simdjson::dom::parser parser;
  if (recording.stream) {
    for (const Frame& frame : cutSse(recording.body)) {
      const simdjson::padded_string data(frame.data);
      // Some recordings lost the blank lines between their events.
      for (element document : parser.parse_many(data)) readAnswer(document, expected);
    }
  } else {
    readAnswer(parser.parse(simdjson::padded_string(recording.body)), expected);
  }
  if (expected.choices.empty() && expected.kind == GeminiExpected::Kind::Answer)
    expected.kind = GeminiExpected::Kind::NoAnswer;
  expected.finished = !expected.choices.empty();
  for (const auto& [index, choice] : expected.choices)
    expected.finished = expected.finished && !choice.finish.empty();
  return expected;
}

Exchange playGemini(const Recording& recording, bool lastAlone) {
  Request request = geminiRequest();
  request.stream = recording.stream;
  if (recording.stream) return run(request, cutSse(recording.body), PAGODA_FRAMING_SSE, lastAlone);
  return runWhole(request, recording.body);
}

std::string geminiDifference(const Exchange& seen, const GeminiExpected& expected) {
  if (!seen.fault.empty()) return "rule: " + seen.fault;
  if (seen.id != expected.id) return "id " + seen.id + " != " + expected.id;
  if (seen.model != expected.model) return "model " + seen.model + " != " + expected.model;
  if (seen.choices.size() != expected.choices.size()) return "number of choices";
  for (const auto& [index, wanted] : expected.choices) {
    const auto found = seen.choices.find(index);
    if (found == seen.choices.end()) return "choice " + std::to_string(index) + " is missing";
    const Choice& choice = found->second;
    if (choice.text != wanted.text) return "text: " + choice.text + "\n!= " + wanted.text;
    if (choice.reasoning != wanted.thoughts) return "thoughts: " + choice.reasoning;
    if (!sameCalls(choice.tools, wanted.calls)) return "calls";
    if (wanted.finish != "#" && !wanted.finish.empty() && choice.finish != wanted.finish)
      return "finish: " + choice.finish + " != " + wanted.finish;
    if (wanted.finish == "STOP" &&
        choice.reason != (wanted.calls.empty() ? PAGODA_FINISH_STOP : PAGODA_FINISH_TOOL_CALLS))
      return "finish reason " + std::to_string(choice.reason);
  }
  if (!expected.input) return {};
  if (!seen.usage) return "usage is missing";
  if (seen.usage->input_tokens != *expected.input) return "input tokens";
  if (seen.usage->output_tokens != *expected.output) return "output tokens";
  if (expected.cached && seen.usage->cache_read_tokens != *expected.cached) return "cached tokens";
  if (expected.thoughts && seen.usage->reasoning_tokens != *expected.thoughts)
    return "reasoning tokens";
  return {};
}

}  // namespace test
