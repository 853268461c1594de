#include "chat_completions/usage.h"

#include <cstdint>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/fake_host.h"

using namespace test;
using pagoda::chat_completions::nanoUsd;

namespace {

Exchange withUsage(const std::string& usage, const std::string& settings = "") {
  Request request;
  request.config = R"({"base_url":"https://api.example.com/v1")" + settings + "}";
  return runWhole(
      request,
      R"({"id":"c","model":"m","choices":[{"message":{"content":"a"}}],"usage":)" + usage + "}");
}

}  // namespace

TEST_CASE("usage in the forms that servers send it", "[chat_completions][usage]") {
  const struct {
    const char* name;
    const char* usage;
    std::int64_t input, output, cached, written, reasoning, cost;
  } cases[] = {
      {"OpenAI",
       R"({"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}})",
       10, 7, 4, -1, 3, -1},
      {"xAI leaves reasoning out of completion",
       R"({"prompt_tokens":10,"completion_tokens":7,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":3},"cost_in_usd_ticks":12345})",
       10, 10, -1, -1, 3, 1235},
      {"DeepSeek",
       R"({"prompt_tokens":10,"completion_tokens":1,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4})",
       10, 1, 6, -1, -1, -1},
      {"OpenRouter",
       R"({"prompt_tokens":10,"completion_tokens":1,"cost":0.000012345678,"is_byok":false})", 10, 1,
       -1, -1, -1, 12346},
      {"OpenRouter with the operator's own key",
       R"({"prompt_tokens":1,"completion_tokens":1,"cost":0.000001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.00002}})",
       1, 1, -1, -1, -1, 21000},
      {"own key, but not what it cost",
       R"({"prompt_tokens":1,"completion_tokens":1,"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":null}})",
       1, 1, -1, -1, -1, -1},
      {"Perplexity",
       R"({"prompt_tokens":1,"completion_tokens":1,"cost":{"input_tokens_cost":0.1,"total_cost":5e-05}})",
       1, 1, -1, -1, -1, 50000},
      {"Qwen's cache",
       R"({"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2,"cache_creation_input_tokens":5}})",
       10, 1, 2, 5, -1, -1},
      {"parts larger than the whole",
       R"({"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":99},"completion_tokens_details":{"reasoning_tokens":9}})",
       10, 1, 10, -1, 1, -1},
      {"half of it", R"({"prompt_tokens":10})", 10, -1, -1, -1, -1, -1},
      {"whole numbers as fractions", R"({"prompt_tokens":10.0,"completion_tokens":1e1})", 10, 10,
       -1, -1, -1, -1},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = withUsage(c.usage);
      REQUIRE(seen.usage);
      CHECK(seen.usage->flags == 0);
      CHECK(seen.usage->input_tokens == c.input);
      CHECK(seen.usage->output_tokens == c.output);
      CHECK(seen.usage->cache_read_tokens == c.cached);
      CHECK(seen.usage->cache_write_tokens == c.written);
      CHECK(seen.usage->reasoning_tokens == c.reasoning);
      CHECK(seen.usage->cost_nusd == c.cost);
    }
  }
}

TEST_CASE("searches that the model made are counted by each server's name for them",
          "[chat_completions][usage]") {
  for (const char* member : {R"("num_search_queries":3)", R"("num_sources_used":3)",
                             R"("server_tool_use":{"web_search_requests":3})"}) {
    DYNAMIC_SECTION(member) {
      const Exchange seen =
          withUsage(R"({"prompt_tokens":1,"completion_tokens":1,)" + std::string(member) + "}");
      REQUIRE(seen.usage);
      CHECK(seen.usage->searches == 3);
    }
  }
  const Exchange none = withUsage(R"({"prompt_tokens":1,"completion_tokens":1})");
  CHECK(none.usage->searches == -1);
}

TEST_CASE("figures that cannot be true are not reported as figures", "[chat_completions][usage]") {
  for (const char* usage : {R"({"prompt_tokens":-5,"completion_tokens":3})",
                            R"({"prompt_tokens":99999999999,"completion_tokens":3})",
                            R"({"prompt_tokens":18446744073709551616,"completion_tokens":3})",
                            R"({"prompt_tokens":1.5,"completion_tokens":3})"}) {
    DYNAMIC_SECTION(usage) {
      const Exchange seen = withUsage(usage);
      REQUIRE(seen.usage);
      CHECK(seen.usage->flags == PAGODA_USAGE_ABSURD);
      CHECK(seen.usage->input_tokens == -1);
      CHECK(seen.usage->output_tokens == 3);
    }
  }
}

TEST_CASE("no usage is no usage", "[chat_completions][usage]") {
  for (const char* usage :
       {"null", "{}", "7", R"({"prompt_tokens":null})", R"({"prompt_tokens":"many"})"}) {
    DYNAMIC_SECTION(usage) {
      const Exchange seen = withUsage(usage);
      CHECK(seen.status == PAGODA_OK);
      CHECK_FALSE(seen.usage);
    }
  }
}

TEST_CASE("settings say how far usage is believed", "[chat_completions][usage]") {
  const Exchange free = withUsage(R"({"prompt_tokens":1,"completion_tokens":1,"cost":0.5})",
                                  R"(,"trust_cost":false)");
  CHECK(free.usage->cost_nusd == -1);
  const std::string usage =
      R"({"prompt_tokens":1,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":3}})";
  CHECK(withUsage(usage).usage->output_tokens == 5);
  CHECK(withUsage(usage, R"(,"reasoning_excluded_from_completion":true)").usage->output_tokens ==
        8);
}

TEST_CASE("cumulative usage is passed on as it changes", "[chat_completions][usage]") {
  const auto chunk = [](int tokens, const char* finish) {
    return R"({"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":)" +
           std::string(finish) + R"(}],"usage":{"prompt_tokens":3,"completion_tokens":)" +
           std::to_string(tokens) + "}}";
  };
  const Exchange seen = runStream({}, {chunk(1, "null"), chunk(1, "null"), chunk(2, "\"stop\"")});
  CHECK(seen.usageEvents == 2);
  CHECK(seen.usage->output_tokens == 2);
}

TEST_CASE("USD become nano-USD exactly, rounded up", "[chat_completions][usage]") {
  CHECK(nanoUsd("0", 0) == 0);
  CHECK(nanoUsd("1", 0) == 1'000'000'000);
  CHECK(nanoUsd("0.0000123", 0) == 12'300);
  CHECK(nanoUsd("1.23e-05", 0) == 12'300);
  CHECK(nanoUsd("0.1", 0) == 100'000'000);
  CHECK(nanoUsd("0.0000000001", 0) == 1);
  CHECK(nanoUsd("1e-300", 0) == 1);
  CHECK(nanoUsd("0.300000000000000000001", 0) == 300'000'001);
  CHECK(nanoUsd("999999999.999999999", 0) == 999'999'999'999'999'999);
  CHECK(nanoUsd("1000000000", 0) == std::nullopt);
  CHECK(nanoUsd("1e300", 0) == std::nullopt);
  CHECK(nanoUsd("1e99999999999", 0) == std::nullopt);
  CHECK(nanoUsd("-1", 0) == std::nullopt);
  CHECK(nanoUsd("null", 0) == std::nullopt);
  CHECK(nanoUsd("\"1\"", 0) == std::nullopt);
  CHECK(nanoUsd("10", 10) == 1);
  CHECK(nanoUsd("11", 10) == 2);
}
