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
  ProviderLimits limits;
  PluginFigures figures;
  EventGate gate{limits, 1, figures};

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
