#include "core/plugin_host/event_gate.h"

#include <catch2/catch.hpp>

using namespace pagoda;
using namespace pagoda::plugin_host;

namespace {

pagoda_str str(std::string_view text) {
  return {text.data(), text.size()};
}

pagoda_event event(pagoda_event_type type, std::string_view text = {}, std::uint32_t index = 0) {
  pagoda_event made{};
  made.struct_size = sizeof made;
  made.type = type;
  made.index = index;
  made.text = str(text);
  return made;
}

struct Gate {
  explicit Gate(AnswerKind kind = AnswerKind::Chat, std::uint32_t parts = 1)
      : gate(limits, parts, figures, kind) {}
  ProviderLimits limits;
  PluginFigures figures;
  EventGate gate;

  std::optional<Event> pass(const pagoda_event& raw, pagoda_status expected = PAGODA_OK) {
    std::optional<Event> out;
    CHECK(gate.check(&raw, out) == expected);
    return out;
  }
};

}  // namespace

TEST_CASE("members of a tool call pass to the call that they name", "[plugin_host][events]") {
  Gate gate;
  gate.pass(event(PAGODA_EV_START));
  gate.pass(event(PAGODA_EV_TOOL_BEGIN, {}, 1));
  pagoda_event extra = event(PAGODA_EV_EXTRA, R"({"extra_content":{"k":1}})", 1);
  extra.flags = PAGODA_EXTRA_TOOL_CALL;
  const auto passed = gate.pass(extra);
  REQUIRE(passed);
  CHECK(passed->place == ExtraPlace::ToolCall);
  CHECK(passed->index == 1);
  CHECK(passed->text == R"({"extra_content":{"k":1}})");
}

TEST_CASE("members of a tool call that did not begin are refused", "[plugin_host][events]") {
  Gate gate;
  gate.pass(event(PAGODA_EV_START));
  pagoda_event extra = event(PAGODA_EV_EXTRA, "{}", 0);
  extra.flags = PAGODA_EXTRA_TOOL_CALL;
  gate.pass(extra, PAGODA_E_PROTOCOL);
  REQUIRE(gate.gate.failure());
  CHECK_THAT(gate.gate.failure()->message, Catch::Contains("did not begin"));
}

TEST_CASE("a signature passes with the format of its block", "[plugin_host][events]") {
  Gate gate;
  gate.pass(event(PAGODA_EV_START));
  pagoda_event raw = event(PAGODA_EV_REASONING);
  const std::string_view signature = "c2ln";
  raw.data = {reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()};
  raw.name = str("redacted");
  const auto passed = gate.pass(raw);
  REQUIRE(passed);
  CHECK(passed->data == "c2ln");
  CHECK(passed->name == "redacted");
}

TEST_CASE("embeddings are one vector for each input, all of one length", "[plugin_host][events]") {
  Gate gate(AnswerKind::Embeddings, 2);
  gate.pass(event(PAGODA_EV_START));
  const auto vector = gate.pass(event(PAGODA_EV_EMBEDDING, "[0.5, 1]", 1));
  REQUIRE(vector);
  CHECK(vector->type == EventType::Embedding);
  CHECK(vector->index == 1);
  CHECK(vector->text == "[0.5, 1]");
  REQUIRE(gate.gate.checkEnd());
  CHECK_THAT(gate.gate.checkEnd()->message, Catch::Contains("lacks the vector"));
  gate.pass(event(PAGODA_EV_EMBEDDING, "[0.25, 2]", 0));
  CHECK_FALSE(gate.gate.checkEnd());
}

TEST_CASE("vectors that no client could use are refused", "[plugin_host][events]") {
  struct Case {
    const char* name;
    const char* vector;
    std::uint32_t index;
    const char* message;
  };
  const Case cases[] = {{"of an input that there is not", "[1,2]", 2, "a vector 2 for 2 inputs"},
                        {"of no numbers", "[null]", 1, "not a list of numbers"},
                        {"twice", "[1,2]", 0, "two vectors for one input"},
                        {"of another length", "[1]", 1, "differ in length"}};
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Gate gate(AnswerKind::Embeddings, 2);
      gate.pass(event(PAGODA_EV_START));
      gate.pass(event(PAGODA_EV_EMBEDDING, "[1,2]", 0));
      gate.pass(event(PAGODA_EV_EMBEDDING, c.vector, c.index), PAGODA_E_PROTOCOL);
      REQUIRE(gate.gate.failure());
      CHECK_THAT(gate.gate.failure()->message, Catch::Contains(c.message));
    }
  }
}

TEST_CASE("text does not belong into embeddings, nor vectors into a chat",
          "[plugin_host][events]") {
  Gate embeddings(AnswerKind::Embeddings, 1);
  embeddings.pass(event(PAGODA_EV_START));
  embeddings.pass(event(PAGODA_EV_TEXT, "hello"), PAGODA_E_PROTOCOL);
  Gate chat;
  chat.pass(event(PAGODA_EV_START));
  chat.pass(event(PAGODA_EV_EMBEDDING, "[1]"), PAGODA_E_PROTOCOL);
}

TEST_CASE("a count of tokens is one figure", "[plugin_host][events]") {
  Gate gate(AnswerKind::TokenCount);
  CHECK(gate.gate.checkEnd());
  pagoda_usage usage{};
  usage.struct_size = sizeof usage;
  usage.input_tokens = 12;
  usage.output_tokens = usage.cache_read_tokens = usage.cache_write_tokens = -1;
  usage.reasoning_tokens = usage.cost_nusd = -1;
  pagoda_event raw = event(PAGODA_EV_USAGE);
  raw.usage = &usage;
  const auto passed = gate.pass(raw);
  REQUIRE(passed);
  CHECK(passed->usage->prompt == 12);
  CHECK_FALSE(gate.gate.checkEnd());
}
