// What goes out: the client's own bytes with a few members changed.
#include <filesystem>
#include <set>
#include <simdjson.h>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/fake_host.h"
#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

std::string bodyOf(const Request& request) {
  const Exchange exchange = run(request, {{"[]", {}}}, PAGODA_FRAMING_WHOLE);
  return exchange.body;
}

Request with(std::string raw, std::string settings = "") {
  Request request;
  request.rawJson = std::move(raw);
  request.config = R"({"base_url":"https://api.example.com/v1")" + settings + "}";
  return request;
}

}  // namespace

TEST_CASE("the request keeps the client's bytes but for what the host decides",
          "[chat_completions][request]") {
  struct Case {
    const char* name;
    Request request;
    const char* expected;
  };
  Case cases[] = {
      {"only the model changes",
       with(
           R"({ "model" : "auto" , "messages":[ {"role":"user", "content":"x"}], "big":18446744073709551616,"t":1.0})"),
       R"({ "model" : "upstream-model" , "messages":[ {"role":"user", "content":"x"}], "big":18446744073709551616,"t":1.0})"},
      {"the host's bound replaces the client's",
       with(R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_tokens":5})"},
      {"the client's name for the bound is kept",
       with(
           R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_completion_tokens":9})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_completion_tokens":5})"},
      {"one name for the bound is enough",
       with(
           R"({"max_tokens":9,"model":"m","messages":[{"role":"user","content":"x"}],"max_completion_tokens":7})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_completion_tokens":5})"},
      {"a bound is added", with(R"({"model":"m","messages":[{"role":"user","content":"x"}]})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_tokens":5})"},
      {"a null bound is no bound",
       with(R"({"model":"m","max_tokens":null,"messages":[{"role":"user","content":"x"}]})"),
       R"({"model":"upstream-model","max_tokens":5,"messages":[{"role":"user","content":"x"}]})"},
      {"the setting names the bound",
       with(R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9})",
            R"(,"max_tokens_field":"max_completion_tokens")"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_completion_tokens":5})"},
      {"members that redirect are left out",
       with(
           R"({"model":"m","api_base":"http://evil","messages":[{"role":"user","content":"x"}],"extra_headers":{"a":"b"},"api_key":"k","fallbacks":[]})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_tokens":5})"},
      {"the operator's list is left out, his names are used",
       with(R"({"model":"m","logit_bias":{},"messages":[{"role":"user","content":"x"}],"seed":3})",
            R"(,"drop":["logit_bias"],"rename":{"seed":"random_seed"})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_tokens":5,"random_seed":3})"},
      {"developer becomes system, and nothing else in the messages changes",
       with(
           R"({"model":"m","messages":[ {"role":"developer","content":"the developer role"}, {"role":"user","content":"\"role\":\"developer\""} ]})"),
       R"({"model":"upstream-model","messages":[ {"role":"system","content":"the developer role"}, {"role":"user","content":"\"role\":\"developer\""} ],"max_tokens":5})"},
      {"developer is kept where it is known",
       with(R"({"model":"m","messages":[{"role":"developer","content":""}]})",
            R"(,"developer_role":"keep")"),
       R"({"model":"upstream-model","messages":[{"role":"developer","content":""}],"max_tokens":5})"},
      {"unknown members pass",
       with(
           R"({"model":"m","messages":[{"role":"user","content":"x"}],"enable_thinking":false,"new_option":[1]})"),
       R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"enable_thinking":false,"new_option":[1],"max_tokens":5})"},
  };
  cases[0].request.maxOutputTokens = -1;
  for (std::size_t i = 1; i < std::size(cases); ++i) cases[i].request.maxOutputTokens = 5;
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(bodyOf(c.request) == c.expected);
    }
  }
}

TEST_CASE("a client's limit moves to the name that the upstream reads",
          "[chat_completions][request]") {
  Request request =
      with(R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9})");
  request.config = R"({"base_url":"https://api.openai.com/v1"})";
  CHECK(
      bodyOf(request) ==
      R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_completion_tokens":9})");
}

TEST_CASE("streaming asks for usage and keeps the client's other stream options",
          "[chat_completions][request]") {
  Request request =
      with(R"({"model":"m","messages":[{"role":"user","content":"x"}],"stream":false})");
  request.stream = true;
  CHECK(
      bodyOf(request) ==
      R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}})");
  request.rawJson =
      R"({"model":"m","stream_options":{"include_usage":false,"include_obfuscation":false},"stream":true,"messages":[{"role":"user","content":"x"}]})";
  CHECK(
      bodyOf(request) ==
      R"({"model":"upstream-model","stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true,"messages":[{"role":"user","content":"x"}]})");
  request.config = R"({"base_url":"https://api.mistral.ai/v1"})";
  CHECK(bodyOf(request) ==
        R"({"model":"upstream-model","stream":true,"messages":[{"role":"user","content":"x"}]})");
  request.stream = false;
  request.config = R"({"base_url":"https://api.example.com/v1"})";
  CHECK(bodyOf(request) ==
        R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"x"}]})");
}

TEST_CASE("the operator's extra members win, but not over what the host decides",
          "[chat_completions][request]") {
  Request request =
      with(R"({"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1})");
  request.extraJson = R"({"temperature":0.5,"model":"other","top_k":3})";
  request.maxOutputTokens = 5;
  CHECK(
      bodyOf(request) ==
      R"({"model":"upstream-model","messages":[{"role":"user","content":"x"}],"max_tokens":5,"temperature":0.5,"top_k":3})");
}

TEST_CASE("URL, method, headers and framing follow the settings", "[chat_completions][request]") {
  Request request;
  request.config =
      R"({"base_url":"http://127.0.0.1:11434/v1/","headers":{"x-title":"t"},"auth_header":"api-key","auth_prefix":""})";
  Exchange exchange = run(request, {}, PAGODA_FRAMING_WHOLE);
  CHECK(exchange.method == "POST");
  CHECK(exchange.url == "http://127.0.0.1:11434/v1/chat/completions");
  CHECK(exchange.framing == PAGODA_FRAMING_WHOLE);
  CHECK(exchange.headers == std::map<std::string, std::string>{{"accept", "application/json"},
                                                               {"api-key", "<api_key>"},
                                                               {"content-type", "application/json"},
                                                               {"x-title", "t"}});

  request = Request{};
  request.stream = true;
  request.endpoint = "https://other.example.com/openai?api-version=1";
  exchange = run(request, {}, PAGODA_FRAMING_SSE);
  CHECK(exchange.url == "https://other.example.com/openai/chat/completions?api-version=1");
  CHECK(exchange.framing == PAGODA_FRAMING_SSE);
  CHECK(exchange.headers["accept"] == "text/event-stream");
  CHECK(exchange.headers["authorization"] == "Bearer <api_key>");

  request.config = R"({"base_url":"https://x.example/v1/chat/completions","no_auth":true})";
  request.endpoint.clear();
  exchange = run(request, {}, PAGODA_FRAMING_SSE);
  CHECK(exchange.url == "https://x.example/v1/chat/completions");
  CHECK_FALSE(exchange.headers.contains("authorization"));
}

TEST_CASE("a wrong setting is named", "[chat_completions][settings]") {
  const struct {
    const char* config;
    const char* message;
  } cases[] = {
      {R"({})", "base_url must begin with https:// or http://"},
      {R"({"base_url":"ftp://x"})", "base_url must begin with https:// or http://"},
      {R"({"base_url":"https:///v1"})", "base_url names no host"},
      {R"({"base_url":7})", "base_url must be a string"},
      {R"({"base_url":"http://x","chat_path":"chat"})", "chat_path must begin with a slash"},
      {R"({"base_url":"http://x","max_tokens_field":"n"})",
       "max_tokens_field must be auto, max_tokens or max_completion_tokens"},
      {R"({"base_url":"http://x","drop":"a"})", "drop must be an array of strings"},
      {R"({"base_url":"http://x","headers":{"a":1}})", "headers must be a string"},
      {R"({"base_url":"http://x","no_auth":"yes"})", "no_auth must be true or false"},
      {R"({"base_url":"http://x")", "the JSON text ends early"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.config) {
      CHECK(configure(c.config) ==
            std::pair<pagoda_status, std::string>(PAGODA_E_CONFIG, c.message));
    }
  }
  CHECK(configure(R"({"base_url":"http://x","name":"mine","type":"openai_compatible"})").first ==
        PAGODA_OK);
  CHECK(selfTest() == PAGODA_OK);
}

TEST_CASE("recorded requests pass unchanged but for model, stream and limit",
          "[chat_completions][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  // `models` would let the client choose dearer models than were priced.
  const std::set<std::string_view> changed = {
      "model", "models", "stream", "stream_options", "max_tokens", "max_completion_tokens"};
  int compared = 0;
  for (const char* provider :
       {"openai", "openrouter", "groq", "deepseek", "mistral", "xai", "ollama", "qwen"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "chat.completions" || recording.requestBody.empty()) continue;
      Request request = with(recording.requestBody, R"(,"developer_role":"keep")");
      if (!accepts(request)) continue;
      request.stream = recording.stream;
      request.maxOutputTokens = 77;
      simdjson::dom::parser before;
      simdjson::dom::parser after;
      const simdjson::dom::object sent = after.parse(simdjson::padded_string(bodyOf(request)));
      const simdjson::dom::object asked =
          before.parse(simdjson::padded_string(recording.requestBody));
      INFO(provider << "/" << recording.file);
      for (const auto& [key, value] : asked) {
        if (changed.contains(key)) continue;
        REQUIRE(simdjson::minify(sent[key].value()) == simdjson::minify(value));
      }
      REQUIRE(sent["model"].get_string().value() == "upstream-model");
      std::int64_t limit = 0;
      if (sent["max_tokens"].get(limit) != simdjson::SUCCESS)
        REQUIRE(sent["max_completion_tokens"].get(limit) == simdjson::SUCCESS);
      REQUIRE(limit == 77);
      ++compared;
    }
  }
  CHECK(compared > 300);
}
