// Embeddings: what is asked, and which answers are none.
#include <filesystem>
#include <simdjson.h>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

Request texts(const std::string& config = R"({"base_url":"https://api.example.com/v1"})",
              std::string raw = R"({"model":"asked","input":["a","b"]})") {
  Request request;
  request.embeds = true;
  request.config = config;
  request.rawJson = std::move(raw);
  return request;
}

std::string vectors(const std::string& data) {
  return R"({"object":"list","model":"m","data":[)" + data +
         R"(],"usage":{"prompt_tokens":7,"total_tokens":7}})";
}

}  // namespace

TEST_CASE("a request for embeddings keeps the client's bytes", "[chat_completions][embeddings]") {
  const struct {
    const char* name;
    Request request;
    const char* url;
    const char* body;
  } cases[] = {
      {"the host serves the format itself",
       texts(R"({"base_url":"https://api.example.com/v1"})",
             R"({ "model":"m", "input":["a","b"],"encoding_format":"base64","dimensions":8})"),
       "https://api.example.com/v1/embeddings",
       R"({ "model":"upstream-model", "input":["a","b"],"dimensions":8})"},
      {"base64 where the server knows it", texts(R"({"base_url":"https://api.openai.com/v1"})"),
       "https://api.openai.com/v1/embeddings",
       R"({"model":"upstream-model","input":["a","b"],"encoding_format":"base64"})"},
      {"Mistral has another name for dimensions",
       texts(R"({"base_url":"https://api.mistral.ai/v1/chat/completions"})",
             R"({"model":"m","input":"a","dimensions":8,"user":"u"})"),
       "https://api.mistral.ai/v1/embeddings",
       R"({"model":"upstream-model","input":"a","output_dimension":8})"},
      {"Perplexity has them under a version", texts(R"({"base_url":"https://api.perplexity.ai"})"),
       "https://api.perplexity.ai/v1/embeddings",
       R"({"model":"upstream-model","input":["a","b"]})"},
      {"a base URL with that version", texts(R"({"base_url":"https://api.perplexity.ai/v1"})"),
       "https://api.perplexity.ai/v1/embeddings",
       R"({"model":"upstream-model","input":["a","b"]})"},
      {"a client may not redirect",
       texts(R"({"base_url":"https://a.b/v1?version=1"})",
             R"({"model":"m","input":"a","api_base":"http://evil"})"),
       "https://a.b/v1/embeddings?version=1", R"({"model":"upstream-model","input":"a"})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = run(c.request, {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
      CHECK(seen.url == c.url);
      CHECK(seen.body == c.body);
    }
  }
}

TEST_CASE("vectors come in any order and either form", "[chat_completions][embeddings]") {
  const Exchange seen = runWhole(texts(), vectors(R"({"index":1,"embedding":"AACAPw=="},)"
                                                  R"({"index":0,"embedding":[1.5,-2e-3]})"));
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.model == "m");
  CHECK(seen.vectors.at(0) == "[1.5,-2e-3]");
  CHECK(seen.vectors.at(1) == "AACAPw==");
  REQUIRE(seen.usage);
  CHECK(seen.usage->input_tokens == 7);
}

TEST_CASE("an answer that leaves an input without its vector is refused",
          "[chat_completions][embeddings]") {
  const std::string good = R"({"index":0,"embedding":[1]},)";
  const struct {
    const char* name;
    std::string body;
    pagoda_status status = PAGODA_E_PROTOCOL;
  } cases[] = {
      {"one is missing", vectors(R"({"index":0,"embedding":[1]})")},
      {"one comes twice", vectors(good + R"({"index":0,"embedding":[1]})")},
      {"one is not asked for", vectors(good + R"({"index":2,"embedding":[1]})")},
      {"a negative number", vectors(good + R"({"index":-1,"embedding":[1]})")},
      {"a huge number", vectors(good + R"({"index":4294967296,"embedding":[1]})")},
      {"an empty vector", vectors(good + R"({"index":1,"embedding":[]})")},
      {"a vector of texts", vectors(good + R"({"index":1,"embedding":["1"]})")},
      {"no vector", vectors(good + R"({"index":1})")},
      {"null", vectors(good + R"({"index":1,"embedding":null})")},
      {"not an object", "[]"},
      {"cut off", R"({"data":[{"index":0,"embedding":[1)"},
      {"an error inside a 200", R"({"error":{"message":"no credit","code":402}})", PAGODA_E_QUOTA},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = runWhole(texts(), c.body);
      CHECK(seen.status == c.status);
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("Perplexity's signed bytes become numbers", "[chat_completions][embeddings][golden]") {
  const Recording recording = readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) /
                                            "tests/golden/perplexity/embeddings_int8.json");
  Request request = texts(R"({"base_url":"https://api.perplexity.ai"})", recording.requestBody);
  const Exchange seen = runWhole(request, recording.body);
  REQUIRE(seen.status == PAGODA_OK);
  simdjson::dom::parser parser;
  simdjson::dom::array numbers;
  const simdjson::padded_string text(seen.vectors.at(0));
  REQUIRE(parser.parse(text).get(numbers) == simdjson::SUCCESS);
  CHECK(numbers.size() == 1024);                    // what the service documents for this model
  CHECK(numbers.at(0).get_int64().value() == -10);  // "9sYA": F6 C6 00
  CHECK(numbers.at(1).get_int64().value() == -58);
  CHECK(numbers.at(2).get_int64().value() == 0);
  CHECK(seen.usage->cost_nusd == 28);
}

TEST_CASE("every recorded answer with embeddings reads", "[chat_completions][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int read = 0;
  for (const char* provider : {"openai", "azure", "mistral", "openrouter", "qwen"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "embeddings" || recording.status >= 300) continue;
      simdjson::dom::parser parser;
      const simdjson::padded_string body(recording.body);
      const std::size_t count = parser.parse(body)["data"].get_array().value().size();
      std::string inputs;
      for (std::size_t i = 0; i < count; ++i) inputs += (i == 0 ? "\"x\"" : ",\"x\"");
      const Exchange seen = runWhole(
          texts(R"({"base_url":"https://a.b/v1"})", R"({"model":"m","input":[)" + inputs + "]}"),
          recording.body);
      INFO(provider << "/" << recording.file << " " << seen.error.message);
      CHECK(seen.status == PAGODA_OK);
      CHECK(seen.vectors.size() == count);
      REQUIRE(seen.usage);
      CHECK(seen.usage->input_tokens > 0);
      ++read;
    }
  }
  CHECK(read >= 15);
}
