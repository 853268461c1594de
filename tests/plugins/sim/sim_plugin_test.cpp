// The library itself, through the C ABI, on a clock that the test moves.
#include <catch2/catch.hpp>

#include "tests/support/native_host.h"
#include "tests/support/plugin_library.h"

using namespace pagoda::test;

namespace {

struct Fixture {
  PluginLibrary library{PAGODA_BINARY_DIR "/plugins/sim.so"};
  FakeHost host;
  const pagoda_provider_api& api = *library.provider();
  pagoda_provider* provider = nullptr;

  explicit Fixture(const char* settings = "{}", bool withWork = true) : host(withWork) {
    auto error = pagoda::sdk::init<pagoda_error>();
    REQUIRE(library.entry().init(host.get(), &error) == PAGODA_OK);
    REQUIRE(api.create(host.get(), "sim", pagoda::sdk::str(settings), &provider, &error) ==
            PAGODA_OK);
  }
  ~Fixture() { destroy(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  void destroy() {
    if (provider != nullptr) api.destroy(provider);
    provider = nullptr;
  }
};

constexpr const char* kSlow = R"({"latency_ms":100,"chunk_gap_ms":10})";

}  // namespace

TEST_CASE("sim names itself as its manifest does and passes its self-test", "[sim][abi]") {
  Fixture f(R"({"models":{"a":{},"b":{}}})");
  CHECK(std::string(f.library.entry().id) == "dev.pagoda.sim");
  REQUIRE(f.api.type_count() == 1);
  CHECK(std::string(f.api.type_at(0)->type) == "sim");
  CHECK(f.api.type_at(0)->mode == PAGODA_MODE_NATIVE);
  auto error = pagoda::sdk::init<pagoda_error>();
  CHECK(f.api.self_test(f.provider, &error) == PAGODA_OK);
  CHECK(pagoda::json::valid(f.api.type_at(0)->config_schema_json));
}

TEST_CASE("sim without delays answers at once, labelled and counted", "[sim][abi]") {
  Fixture f;
  TestRequest request("Hello", "tiny");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  REQUIRE(call.status == PAGODA_OK);
  CHECK(call.finishes == 0);
  REQUIRE(call.events.size() == 5);
  CHECK(call.events[0].type == PAGODA_EV_START);
  CHECK(call.events[0].name == "tiny");
  CHECK(call.events[1].type == PAGODA_EV_EXTRA);
  CHECK(call.events[1].text == R"({"simulated":true})");
  CHECK(call.events[1].flags == PAGODA_EXTRA_ANSWER);
  CHECK(call.events[3].type == PAGODA_EV_FINISH);
  CHECK(call.events[3].finish == PAGODA_FINISH_STOP);
  CHECK(call.text().starts_with("[simulated tiny] "));
  CHECK(call.usage.input_tokens == 2);
  CHECK(call.usage.output_tokens == static_cast<std::int64_t>((call.text().size() + 2) / 3));
}

TEST_CASE("sim streams with its delays and finishes once", "[sim][abi]") {
  Fixture f(kSlow);
  TestRequest request("Hello", "tiny");
  request.request.flags |= PAGODA_REQ_STREAM;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.status == PAGODA_PENDING);
  f.host.advance(99);
  CHECK(call.events.empty());
  f.host.advance(1);
  CHECK(call.count(PAGODA_EV_TEXT) == 1);
  f.host.advance(69);
  CHECK(call.count(PAGODA_EV_TEXT) == 7);
  CHECK(call.finishes == 0);
  f.host.advance(1);
  CHECK(call.count(PAGODA_EV_TEXT) == 8);
  CHECK(call.finishes == 1);
  CHECK(call.status == PAGODA_OK);
  CHECK(f.host.pending() == 0);

  Fixture other(R"({"seed":0})", false);
  TestCall whole(other.host);
  TestRequest same("Hello", "tiny");
  whole.run(other.api, other.provider, same);
  CHECK(whole.text() == call.text());
}

TEST_CASE("sim on a host without a work queue answers at once", "[sim][abi]") {
  Fixture f(kSlow, false);
  TestRequest request("Hello");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.status == PAGODA_OK);
  CHECK(call.text().starts_with("[simulated test] "));
}

TEST_CASE("sim says so when the host's work queue is full", "[sim][abi]") {
  Fixture f(kSlow);
  f.host.refuseWork();
  TestRequest request("Hello");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.status == PAGODA_E_OVERLOADED);
  CHECK(call.finishes == 0);
}

TEST_CASE("sim's faults come with their statuses, after the latency", "[sim][abi]") {
  const std::pair<const char*, pagoda_status> faults[] = {
      {R"({"latency_ms":5,"fault":"unavailable"})", PAGODA_E_UNAVAILABLE},
      {R"({"latency_ms":5,"fault":"rate_limit"})", PAGODA_E_RATE_LIMIT},
      {R"({"latency_ms":5,"fault":"overloaded"})", PAGODA_E_OVERLOADED},
      {R"({"latency_ms":5,"fault":"garbage"})", PAGODA_E_PROTOCOL},
      {R"({"latency_ms":5,"fault":"auth"})", PAGODA_E_AUTH},
      {R"({"latency_ms":5,"error_rate":1})", PAGODA_E_UNAVAILABLE}};
  for (const auto& [settings, status] : faults) {
    INFO(settings);
    Fixture f(settings);
    TestRequest request("Hello");
    TestCall call(f.host);
    call.run(f.api, f.provider, request);
    CHECK(call.status == PAGODA_PENDING);
    f.host.advance(5);
    CHECK(call.status == status);
    CHECK(call.finishes == 1);
    CHECK(call.events.empty());
    CHECK(call.error.message[0] != '\0');
  }
}

TEST_CASE("sim without a delay returns a fault from invoke itself", "[sim][abi]") {
  Fixture f(R"({"fault":"unavailable"})");
  TestRequest request("Hello");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  CHECK(call.status == PAGODA_E_UNAVAILABLE);
  CHECK(call.finishes == 0);
}

TEST_CASE("sim's timeout is silent until it is cancelled", "[sim][abi]") {
  Fixture f(R"({"latency_ms":5,"fault":"timeout"})");
  TestRequest request("Hello");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  f.host.advance(1'000'000);
  CHECK(call.finishes == 0);
  CHECK(call.events.empty());
  SECTION("by cancel") {
    f.api.cancel(f.provider, call.id());
    f.api.cancel(f.provider, call.id());
  }
  SECTION("by the instance's end") {
    f.destroy();
  }
  CHECK(call.finishes == 1);
  CHECK(call.status == PAGODA_E_CANCELLED);
}

TEST_CASE("sim cancelled at any of its delays finishes once and posts no more", "[sim][abi]") {
  for (std::uint64_t at = 0; at < 170; at += 10) {
    INFO(at);
    Fixture f(kSlow);
    TestRequest request("Hello");
    request.request.flags |= PAGODA_REQ_STREAM;
    TestCall call(f.host);
    call.run(f.api, f.provider, request);
    f.host.advance(at);
    const std::size_t before = call.events.size();
    f.api.cancel(f.provider, call.id());
    CHECK(call.finishes == 1);
    CHECK(call.status == PAGODA_E_CANCELLED);
    CHECK(f.host.pending() == 0);
    f.host.advance(1000);
    CHECK(call.events.size() == before);
    CHECK(call.finishes == 1);
  }
}

TEST_CASE("sim stops when an event is refused or the call says it is cancelled", "[sim][abi]") {
  Fixture f(kSlow);
  TestRequest request("Hello");
  request.request.flags |= PAGODA_REQ_STREAM;
  TestCall call(f.host);
  SECTION("an event is refused") {
    call.cancelAfterEvents = 4;
  }
  SECTION("the flag is up when the delay is over") {}
  call.run(f.api, f.provider, request);
  f.host.advance(105);
  call.cancelled = call.cancelAfterEvents == SIZE_MAX;
  f.host.advance(1000);
  CHECK(call.events.size() <= 4);
  CHECK(call.finishes == 1);
  CHECK(call.status == PAGODA_E_CANCELLED);
  CHECK(f.host.pending() == 0);
}

TEST_CASE("sim knows no call after its end, nor one that never was", "[sim][abi]") {
  Fixture f(kSlow);
  TestRequest request("Hello");
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  f.api.cancel(f.provider, call.id() + 1);
  f.host.advance(100);
  CHECK(call.status == PAGODA_OK);
  f.api.cancel(f.provider, call.id());
  CHECK(call.finishes == 1);
}

TEST_CASE("sim passes a forced tool call in events", "[sim][abi]") {
  Fixture f(kSlow);
  TestRequest request("Weather?");
  request.tool("weather", R"({"required":["city"],"properties":{"city":{"type":"string"}}})");
  request.request.tool_choice = PAGODA_TOOL_REQUIRED;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  f.host.advance(100);
  REQUIRE(call.first(PAGODA_EV_TOOL_BEGIN) != nullptr);
  CHECK(call.first(PAGODA_EV_TOOL_BEGIN)->name == "weather");
  CHECK_FALSE(call.first(PAGODA_EV_TOOL_BEGIN)->id.empty());
  CHECK(call.first(PAGODA_EV_TOOL_ARGS)->text == R"({"city":"simulated"})");
  CHECK(call.first(PAGODA_EV_FINISH)->finish == PAGODA_FINISH_TOOL_CALLS);
  CHECK(call.count(PAGODA_EV_TEXT) == 0);
  CHECK(call.finishes == 1);
}

TEST_CASE("sim gives each choice its text and its finish", "[sim][abi]") {
  Fixture f(kSlow);
  TestRequest request("Hello");
  request.request.choices = 3;
  request.request.flags |= PAGODA_REQ_STREAM;
  TestCall call(f.host);
  call.run(f.api, f.provider, request);
  f.host.advance(1000);
  CHECK(call.count(PAGODA_EV_FINISH) == 3);
  CHECK(call.text(2).starts_with("[simulated test] "));
  CHECK(call.text(2) != call.text(1));
}

TEST_CASE("sim refuses wrong settings in words for the operator", "[sim][abi]") {
  Fixture f;
  auto error = pagoda::sdk::init<pagoda_error>();
  pagoda_provider* none = nullptr;
  CHECK(f.api.create(f.host.get(), "sim", pagoda::sdk::str(R"({"fault":"fire"})"), &none, &error) ==
        PAGODA_E_CONFIG);
  CHECK(none == nullptr);
  CHECK(std::string(error.message).find("fault") == 0);
}
