// The simulated answers as pure functions.
#include "answer.h"

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

#include "sample.h"
#include "settings.h"
#include "tests/support/native_host.h"

using namespace pagoda::sim;
using pagoda::test::TestRequest;

namespace {

std::string textOf(const Answer& answer, std::size_t choice = 0) {
  std::string text;
  for (const std::string& piece : answer.choices.at(choice).pieces) text += piece;
  return text;
}

std::string textFor(const std::string& prompt, const Settings& settings = {}) {
  TestRequest request(prompt, "m");
  return textOf(answerTo(settings, request.request));
}

}  // namespace

TEST_CASE("sim gives the same request the same answer and others another", "[sim]") {
  CHECK(textFor("Hello") == textFor("Hello"));
  CHECK(textFor("Hello") != textFor("Hello there"));
  Settings reseeded;
  reseeded.seed = 1;
  CHECK(textFor("Hello", reseeded) != textFor("Hello"));
  TestRequest request("Hello", "m");
  request.request.choices = 2;
  const Answer two = answerTo({}, request.request);
  REQUIRE(two.choices.size() == 2);
  CHECK(textOf(two, 0) == textFor("Hello"));
  CHECK(textOf(two, 1) != textOf(two, 0));
}

TEST_CASE("sim labels its text and answers in the prompt's language", "[sim]") {
  const std::string english = textFor("What is the capital of France?");
  CHECK(english.starts_with("[simulated m] "));
  CHECK_FALSE(hasKana(english));
  const std::string japanese = textFor("重要な戦略立案");
  CHECK(japanese.starts_with("[simulated m] "));
  CHECK(hasKana(japanese));
}

TEST_CASE("sim's answer is about as long as answer_tokens asks", "[sim]") {
  for (const std::int64_t wanted : {20, 100, 1000}) {
    const std::int64_t got = tokensOf(fillerText("m", wanted, false, 5));
    CHECK(got >= wanted);
    CHECK(got < wanted + 30);
  }
}

TEST_CASE("sim cuts at max_output_tokens, between characters, and says LENGTH", "[sim]") {
  for (const std::int64_t limit : {1, 7, 8, 9, 10, 11}) {
    TestRequest request("重要な戦略立案", "m");
    request.request.max_output_tokens = limit;
    const Answer answer = answerTo({}, request.request);
    CHECK(answer.completionTokens <= limit);
    CHECK(answer.choices[0].finish == PAGODA_FINISH_LENGTH);
    const std::string text = textOf(answer);
    CHECK(textFor("重要な戦略立案").starts_with(text));
    CHECK(pagoda::json::cutUtf8(text + "x", text.size()).size() == text.size());
  }
  TestRequest wide("Hello", "m");
  wide.request.max_output_tokens = 100'000;
  CHECK(answerTo({}, wide.request).choices[0].finish == PAGODA_FINISH_STOP);
}

TEST_CASE("sim ends before a stop word", "[sim]") {
  TestRequest request("Hello", "m");
  request.stopAt("] ");
  CHECK(textOf(answerTo({}, request.request)) == "[simulated m");
}

TEST_CASE("sim streams up to eight pieces that join to the whole text", "[sim]") {
  for (const char* prompt : {"Hello", "重要な戦略立案"}) {
    TestRequest request(prompt, "m");
    request.request.flags |= PAGODA_REQ_STREAM;
    const Answer answer = answerTo({}, request.request);
    CHECK(answer.choices[0].pieces.size() == 8);
    CHECK(textOf(answer) == textFor(prompt));
  }
  CHECK(pieces("", 8).empty());
  CHECK(pieces("ab", 8) == std::vector<std::string>{"ab"});
}

TEST_CASE("sim's error_rate strikes the same prompts each time, about that many", "[sim]") {
  Settings settings;
  settings.defaults.errorRate = 0.25;
  int failed = 0;
  for (int i = 0; i < 400; ++i) {
    TestRequest request("prompt " + std::to_string(i), "m");
    const Fault fault = answerTo(settings, request.request).fault;
    CHECK(fault == answerTo(settings, request.request).fault);
    failed += fault == Fault::Unavailable ? 1 : 0;
  }
  CHECK(failed > 60);
  CHECK(failed < 140);
}

TEST_CASE("sim obeys markers only when they are allowed", "[sim]") {
  TestRequest request("please [[sim:fault=rate_limit]] now", "m");
  Settings settings;
  CHECK(answerTo(settings, request.request).fault == Fault::None);
  settings.allowMarkers = true;
  CHECK(answerTo(settings, request.request).fault == Fault::RateLimit);
  TestRequest unknown("[[sim:fault=fire]]", "m");
  CHECK_THROWS_AS(answerTo(settings, unknown.request), pagoda::sdk::Failure);
}

TEST_CASE("sim calls the forced tool with what its schema requires", "[sim]") {
  TestRequest request("Weather?", "m");
  request.tool("other", "{}")
      .tool(
          "weather",
          R"({"type":"object","required":["city","days","exact"],"properties":{"city":{"type":"string"},)"
          R"("days":{"type":"integer","minimum":1},"exact":{"type":"boolean"},"note":{"type":"string"}}})");
  request.request.tool_choice = PAGODA_TOOL_NAMED;
  request.request.tool_choice_name = pagoda::sdk::str("weather");
  const Answer answer = answerTo({}, request.request);
  const Choice& choice = answer.choices.at(0);
  CHECK(choice.finish == PAGODA_FINISH_TOOL_CALLS);
  CHECK(choice.pieces.empty());
  REQUIRE(choice.toolCalls.size() == 1);
  CHECK(choice.toolCalls[0].name == "weather");
  CHECK(choice.toolCalls[0].arguments == R"({"city":"simulated","days":1,"exact":true})");
  request.request.tool_choice = PAGODA_TOOL_REQUIRED;
  CHECK(answerTo({}, request.request).choices[0].toolCalls[0].name == "other");
  request.request.tool_choice = PAGODA_TOOL_NAMED;
  request.request.tool_choice_name = pagoda::sdk::str("missing");
  CHECK_THROWS_AS(answerTo({}, request.request), pagoda::sdk::Failure);
}

TEST_CASE("sim's sample values satisfy their schemas", "[sim]") {
  CHECK(sampleOf("") == "{}");
  CHECK(sampleOf(R"({"type":"string","minLength":11})") == R"("simulated..")");
  CHECK(sampleOf(R"({"type":"string","maxLength":3})") == R"("sim")");
  CHECK(sampleOf(R"({"enum":["red","blue"]})") == R"("red")");
  CHECK(sampleOf(R"({"const":{"a":1}})") == R"({"a":1})");
  CHECK(sampleOf(R"({"type":["null","number"],"exclusiveMinimum":2})") == "3");
  CHECK(sampleOf(R"({"type":"integer","maximum":-5})") == "-5");
  CHECK(sampleOf(R"({"type":"array","minItems":2,"items":{"type":"boolean"}})") == "[true,true]");
  CHECK(sampleOf(R"({"anyOf":[{"type":"integer"},{"type":"null"}]})") == "0");
  CHECK(sampleOf(R"({"required":["a"],"properties":{"a":{"type":"object","required":["b"],)"
                 R"("properties":{"b":{"type":"null"}}}}})") == R"({"a":{"b":null}})");
}

TEST_CASE("sim's answers in JSON formats are JSON", "[sim]") {
  TestRequest request("Hello", "m");
  request.request.format = PAGODA_FORMAT_JSON;
  const std::string text = textOf(answerTo({}, request.request));
  CHECK(pagoda::json::valid(text));
  CHECK(text.starts_with(R"({"answer":"[simulated m] )"));
  request.request.format = PAGODA_FORMAT_JSON_SCHEMA;
  request.request.format_schema_json =
      pagoda::sdk::str(R"({"required":["n"],"properties":{"n":{"type":"integer"}}})");
  CHECK(textOf(answerTo({}, request.request)) == R"({"n":0})");
}

TEST_CASE("sim's settings: a model starts from the defaults, in any order", "[sim]") {
  const Settings settings =
      readSettings(R"({"models":{"slow":{"latency_ms":900},"down":{"fault":"unavailable"}},)"
                   R"("latency_ms":20,"chunk_gap_ms":5,"answer_tokens":10,"seed":-3})");
  CHECK(settings.seed == -3);
  CHECK(settings.of("anything").latencyMs == 20);
  CHECK(settings.of("slow").latencyMs == 900);
  CHECK(settings.of("slow").chunkGapMs == 5);
  CHECK(settings.of("down").fault == Fault::Unavailable);
  CHECK(settings.of("down").answerTokens == 10);
}

TEST_CASE("sim refuses settings that it does not understand", "[sim]") {
  for (const char* bad :
       {R"({"latency":1})", R"({"latency_ms":-1})", R"({"error_rate":1.5})", R"({"fault":"fire"})",
        R"({"models":{"a":{"seed":1}}})", R"({"models":[]})", "[]", R"({"allow_markers":"yes"})"}) {
    INFO(bad);
    try {
      readSettings(bad);
      FAIL("accepted");
    } catch (const pagoda::sdk::Failure& failure) {
      CHECK(failure.status == PAGODA_E_CONFIG);
    }
  }
}
