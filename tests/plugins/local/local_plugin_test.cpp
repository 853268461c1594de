// The library itself, through the C ABI.
#include <catch2/catch.hpp>

#include "tests/support/native_host.h"
#include "tests/support/plugin_library.h"

using namespace pagoda::test;

namespace {

struct Fixture {
  PluginLibrary library{PAGODA_BINARY_DIR "/plugins/local.so"};
  FakeHost host;
  const pagoda_provider_api& api = *library.provider();
  pagoda_provider* provider = nullptr;
  Fixture() {
    auto error = pagoda::sdk::init<pagoda_error>();
    REQUIRE(library.entry().init(host.get(), &error) == PAGODA_OK);
    REQUIRE(api.create(host.get(), "local", pagoda::sdk::str("{}"), &provider, &error) ==
            PAGODA_OK);
  }
  ~Fixture() { api.destroy(provider); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
};

}  // namespace

TEST_CASE("local names itself as its manifest does and passes its self-test", "[local][abi]") {
  Fixture f;
  CHECK(std::string(f.library.entry().id) == "dev.pagoda.local");
  CHECK(f.library.entry().get_kind(PAGODA_KIND_STRATEGY) == nullptr);
  REQUIRE(f.api.type_count() == 1);
  CHECK(std::string(f.api.type_at(0)->type) == "local");
  CHECK(f.api.type_at(0)->mode == PAGODA_MODE_NATIVE);
  CHECK(f.api.type_at(1) == nullptr);
  auto error = pagoda::sdk::init<pagoda_error>();
  CHECK(f.api.self_test(f.provider, &error) == PAGODA_OK);
}

TEST_CASE("local answers with start, text, finish and estimated usage", "[local][abi]") {
  Fixture f;
  TestRequest request("what is 0.1 + 0.2?", "skills");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  REQUIRE(call.status == PAGODA_OK);
  CHECK(call.finishes == 0);  // answered at once
  CHECK(call.text() == "0.1 + 0.2 = 0.3");
  REQUIRE(call.events.size() == 4);
  CHECK(call.events[0].type == PAGODA_EV_START);
  CHECK(call.events[0].name == "skills");
  CHECK(call.events[2].type == PAGODA_EV_FINISH);
  CHECK(call.events[2].finish == PAGODA_FINISH_STOP);
  CHECK(call.usage.input_tokens > 0);
  CHECK(call.usage.output_tokens > 0);
  CHECK((call.usage.flags & PAGODA_USAGE_ESTIMATED) != 0);
}

TEST_CASE("local answers the last user message of a talk", "[local][abi]") {
  Fixture f;
  TestRequest request("1+1");
  request.say(PAGODA_ROLE_ASSISTANT, "1+1 = 2").say(PAGODA_ROLE_USER, "5マイルは何キロ？");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.text() == "5 mi = 8.04672 km");
}

TEST_CASE("local streams in pieces that join to the whole answer", "[local][abi]") {
  Fixture f;
  TestRequest request("詩を書いて");
  TestCall whole(f.host), streamed(f.host);
  whole.run(f.api, f.provider, request);
  request.request.flags |= PAGODA_REQ_STREAM;
  streamed.run(f.api, f.provider, request);
  CHECK(whole.count(PAGODA_EV_TEXT) == 1);
  CHECK(streamed.count(PAGODA_EV_TEXT) > 5);
  CHECK(streamed.text() == whole.text());
  for (const auto& event : streamed.events) CHECK(pagoda::json::validUtf8(event.text));
}

TEST_CASE("local keeps to the token limit and says so", "[local][abi]") {
  Fixture f;
  TestRequest request("詩を書いて");
  request.request.max_output_tokens = 10;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  REQUIRE(call.first(PAGODA_EV_FINISH) != nullptr);
  CHECK(call.first(PAGODA_EV_FINISH)->finish == PAGODA_FINISH_LENGTH);
  CHECK(call.usage.output_tokens <= 10);
  CHECK(pagoda::json::validUtf8(call.text()));
}

TEST_CASE("local ends before a stop sequence", "[local][abi]") {
  Fixture f;
  TestRequest request("2*3");
  request.stopAt("=");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.text() == "2*3 ");
}

TEST_CASE("local wraps its answer in an object for the JSON format", "[local][abi]") {
  Fixture f;
  TestRequest request("2*3");
  request.request.format = PAGODA_FORMAT_JSON;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.text() == R"({"answer":"2*3 = 6"})");
}

TEST_CASE("local answers each choice that was asked for", "[local][abi]") {
  Fixture f;
  TestRequest request("2*3");
  request.request.choices = 3;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.count(PAGODA_EV_FINISH) == 3);
  CHECK(call.text(2) == "2*3 = 6");
}

TEST_CASE("local refuses what needs a model, with the status that leads to the next candidate",
          "[local][abi]") {
  Fixture f;
  SECTION("a schema") {
    TestRequest request("2*3");
    request.request.format = PAGODA_FORMAT_JSON_SCHEMA;
    TestCall call(f.host);
    call.run(f.api, f.provider, request);
    CHECK(call.status == PAGODA_E_UNSUPPORTED);
  }
  SECTION("a forced tool") {
    TestRequest request("2*3");
    request.request.tool_choice = PAGODA_TOOL_REQUIRED;
    TestCall call(f.host);
    call.run(f.api, f.provider, request);
    CHECK(call.status == PAGODA_E_UNSUPPORTED);
  }
  SECTION("an image") {
    TestRequest request("2*3");
    request.say(PAGODA_ROLE_USER, "", PAGODA_PART_IMAGE);
    TestCall call(f.host);
    call.run(f.api, f.provider, request);
    CHECK(call.status == PAGODA_E_UNSUPPORTED);
    CHECK(call.events.empty());
  }
}

TEST_CASE("local stops when the caller gives up, before and within the answer", "[local][abi]") {
  Fixture f;
  TestRequest request("詩を書いて");
  request.request.flags |= PAGODA_REQ_STREAM;
  TestCall before(f.host);
  before.cancelled = true;
  before.run(f.api, f.provider, request);
  CHECK(before.status == PAGODA_E_CANCELLED);
  CHECK(before.events.empty());
  TestCall within(f.host);
  within.cancelAfterEvents = 3;
  within.run(f.api, f.provider, request);
  CHECK(within.status == PAGODA_E_CANCELLED);
  CHECK(within.events.size() == 3);
}

TEST_CASE("local bounds its input and checks its settings", "[local][abi]") {
  Fixture f;
  auto error = pagoda::sdk::init<pagoda_error>();
  pagoda_provider* small = nullptr;
  REQUIRE(f.api.create(f.host.get(), "local", pagoda::sdk::str(R"({"max_input_bytes":5})"), &small,
                       &error) == PAGODA_OK);
  TestRequest request("1+1+1+1");
  TestCall call(f.host);
  call.run(f.api, small, request);
  CHECK(call.status == PAGODA_E_TOO_LARGE);
  f.api.destroy(small);
  for (const char* config :
       {R"({"x":1})", R"({"max_input_bytes":0})", R"({"max_input_bytes":"a"})", "[]"}) {
    pagoda_provider* none = nullptr;
    CHECK(f.api.create(f.host.get(), "local", pagoda::sdk::str(config), &none, &error) ==
          PAGODA_E_CONFIG);
    CHECK(none == nullptr);
  }
}
