#include "core/api/openai_reasoning.h"

#include <catch2/catch.hpp>

#include "core/api/openai_dialect.h"

using namespace pagoda;
using namespace pagoda::api;

namespace {

/// A request whose second message is an assistant's turn with these members.
Result<ChatRequest> read(const std::string& members) {
  auto document = JsonDocument::parse(
      R"({"model":"auto","messages":[{"role":"user","content":"q"},{"role":"assistant",)" +
      members + R"(},{"role":"user","content":"go on"}]})");
  REQUIRE(document);
  return readOpenAiRequest(*std::move(document));
}

}  // namespace

TEST_CASE("thinking that a client sends back is read in each of its forms", "[api][reasoning]") {
  struct Case {
    const char* name;
    const char* members;
    const char* text;
    const char* data;
    const char* format;
  };
  const Case cases[] = {
      {"plain", R"("content":"a","reasoning_content":"t")", "t", "", ""},
      {"plain, OpenRouter's name", R"("content":"a","reasoning":"t")", "t", "", ""},
      {"our own details win over the plain text",
       R"("content":"a","reasoning_content":"t","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","index":0}])",
       "t", "s", ""},
      {"a summary",
       R"("content":"a","reasoning_details":[{"type":"reasoning.summary","summary":"t","format":"f"}])",
       "t", "", "f"},
      {"encrypted",
       R"("content":"a","reasoning_details":[{"type":"reasoning.encrypted","data":"d"}])", "", "d",
       "redacted"},
      {"pieces of a stream",
       R"("content":"a","reasoning_details":[{"type":"reasoning.text","text":"th","index":0},{"type":"reasoning.text","text":"ink","index":0},{"type":"reasoning.text","signature":"s","index":0}])",
       "think", "s", ""},
      {"LiteLLM's blocks",
       R"("content":"a","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}])",
       "t", "s", ""},
      {"blocks, which may hold more, win over details",
       R"("content":"a","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s"}],"thinking_blocks":[{"type":"redacted_thinking","data":"d"}])",
       "", "d", "redacted"},
      {"a part of the content",
       R"("content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"a"}])",
       "t", "s", ""},
      {"a redacted part of the content",
       R"("content":[{"type":"redacted_thinking","data":"d"},{"type":"text","text":"a"}])", "", "d",
       "redacted"},
      {"Mistral's part of the content",
       R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"t1"},{"type":"text","text":"t2"}]},{"type":"text","text":"a"}])",
       "t1t2", "", ""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const auto request = read(c.members);
      REQUIRE(request);
      const std::vector<Part>& parts = request->messages.at(1).parts;
      REQUIRE(parts.size() == 2);
      CHECK(parts[0].kind == PartKind::Reasoning);
      CHECK(parts[0].text == c.text);
      CHECK(parts[0].data == c.data);
      CHECK(parts[0].mediaType == c.format);
      CHECK(parts[1].kind == PartKind::Text);
      CHECK(parts[1].text == "a");
      CHECK(request->rawJson.find(c.members) != std::string_view::npos);  // no byte is lost
    }
  }
}

TEST_CASE("blocks of thinking stay apart", "[api][reasoning]") {
  const auto request = read(
      R"("content":"a","reasoning_details":[{"type":"reasoning.text","text":"x","signature":"1","index":0},)"
      R"({"type":"reasoning.text","text":"y","signature":"2","index":0},{"type":"unknown"},)"
      R"({"type":"reasoning.text","text":"z"},{"type":"reasoning.text","text":"z"}])");
  REQUIRE(request);
  const std::vector<Part>& parts = request->messages.at(1).parts;
  REQUIRE(parts.size() == 5);
  CHECK(parts[0].data == "1");
  CHECK(parts[1].data == "2");
  CHECK(parts[1].extraJson == R"({"type":"reasoning.text","text":"y","signature":"2","index":0})");
  CHECK(parts[2].text == "z");
  CHECK(parts[3].text == "z");
}

TEST_CASE("a turn of nothing but thinking may be silent, one of nothing at all may not",
          "[api][reasoning]") {
  CHECK(read(R"("content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"d"}])"));
  CHECK_FALSE(read(R"("content":null,"reasoning_details":[])"));
}

TEST_CASE("calls of functions, the form before tools, are linked to their results",
          "[api][openai]") {
  auto document = JsonDocument::parse(
      R"({"model":"auto","functions":[{"name":"f"}],"messages":[{"role":"user","content":"q"},)"
      R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},)"
      R"({"role":"function","name":"f","content":"2"}]})");
  REQUIRE(document);
  const auto request = readOpenAiRequest(*std::move(document));
  REQUIRE(request);
  CHECK(request->legacyFunctions);
  CHECK(request->serialTools);
  const Message& call = request->messages.at(1);
  REQUIRE(call.toolCalls.size() == 1);
  CHECK(call.toolCalls[0].name == "f");
  CHECK(call.toolCalls[0].argumentsJson == R"({"a":1})");
  CHECK_FALSE(call.toolCalls[0].id.empty());
  CHECK(request->messages.at(2).role == Role::Tool);
  CHECK(request->messages.at(2).toolCallId == call.toolCalls[0].id);
}
