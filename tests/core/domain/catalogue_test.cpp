#include "core/domain/catalogue.h"

#include <limits>

#include <catch2/catch.hpp>

#include "core/domain/chat.h"

namespace pagoda {
namespace {

Catalogue seedCatalogue() {
  Catalogue catalogue;
  const char* models[][2] = {{"qwen3_coder", "qwen/qwen3-coder"},
                             {"gemini_flash", "gemini-2.5-flash"},
                             {"claude_sonnet", "claude-sonnet-4"},
                             {"gpt4o", "gpt-4o"},
                             {"claude_opus", "claude-opus-4"}};
  for (const auto& [key, upstreamId] : models) {
    Model model;
    model.key = key;
    model.provider = "openrouter";
    model.upstreamId = upstreamId;
    catalogue.models.push_back(model);
  }
  return catalogue;
}

TEST_CASE("models are found by key, and by provider and upstream id", "[domain][catalogue]") {
  const Catalogue catalogue = seedCatalogue();
  REQUIRE(catalogue.find("gpt4o") != nullptr);
  CHECK(catalogue.find("gpt4o")->upstreamId == "gpt-4o");
  CHECK(catalogue.find("GPT4o") == nullptr);
  CHECK(catalogue.find("") == nullptr);
  REQUIRE(catalogue.find("openrouter", "gpt-4o") != nullptr);
  CHECK(catalogue.find("openai", "gpt-4o") == nullptr);
}

TEST_CASE("near names are the likely ones, best first, at most three", "[domain][catalogue]") {
  const Catalogue catalogue = seedCatalogue();
  struct Case {
    const char* name;
    std::vector<std::string> expected;
  };
  const Case cases[] = {
      {"qwen3_codr", {"qwen3_coder"}},
      {"gpt4", {"gpt4o"}},
      {"claude", {"claude_opus", "claude_sonnet"}},
      {"claude_sonet", {"claude_sonnet", "claude_opus"}},
      {"unrelated-name-of-a-model", {}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(catalogue.near(c.name) == c.expected);
    }
  }
  CHECK(catalogue.near(std::string(100'000, 'x')).empty());
  CHECK(Catalogue().near("gpt4o").empty());
  Catalogue many = seedCatalogue();
  for (int i = 0; i < 9; ++i) {
    many.models.push_back(many.models.front());
    many.models.back().key = "qwen3_coder" + std::to_string(i);
  }
  CHECK(many.near("qwen3_coder").size() == 3);
  CHECK(many.near("qwen3_coder").front() == "qwen3_coder");
}

Price price() {
  Price price;
  price.input = Money::fromNanoUsd(3'000'000'000);  // $3 per million: 3,000 nano-USD a token
  price.output = Money::fromNanoUsd(15'000'000'000);
  return price;
}

TEST_CASE("a call costs its classes of tokens at their prices", "[domain][cost]") {
  struct Case {
    const char* name;
    Usage usage;
    std::int64_t expected;
  };
  const Tokens most = std::numeric_limits<Tokens>::max();
  const auto usage = [](std::optional<Tokens> prompt, std::optional<Tokens> completion,
                        std::optional<Tokens> read = {}, std::optional<Tokens> write = {}) {
    Usage made;
    made.prompt = prompt;
    made.completion = completion;
    made.cacheRead = read;
    made.cacheWrite = write;
    return made;
  };
  const Case cases[] = {
      {"nothing reported", usage({}, {}), 0},
      {"prompt and completion", usage(10, 20), 10 * 3'000 + 20 * 15'000},
      {"cached tokens are part of the prompt", usage(10, 0, 4), 6 * 3'000 + 4 * 300},
      {"written ones as well", usage(10, 0, 4, 5), 1 * 3'000 + 4 * 300 + 5 * 3'750},
      {"more cached than prompt is no credit", usage(10, 0, 99), 10 * 300},
      {"more written than prompt is left", usage(10, 0, 4, 99), 4 * 300 + 6 * 3'750},
      {"cached without a total is billed", usage({}, 0, 4, 5), 4 * 300 + 5 * 3'750},
      {"negative counts are zero", usage(-10, -20, -4, -5), 0},
      {"negative cached is no discount", usage(10, 0, -4), 10 * 3'000},
      {"hostile counts saturate", usage(most, most, 0), Money::max().nanoUsd()},
      {"hostile parts saturate", usage({}, 0, most, most), Money::max().nanoUsd()},
  };
  Price cached = price();
  cached.cacheRead = Money::fromNanoUsd(300'000'000);
  cached.cacheWrite = Money::fromNanoUsd(3'750'000'000);
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(costOf(c.usage, cached).nanoUsd() == c.expected);
    }
  }
}

TEST_CASE("classes without a price of their own are billed as input", "[domain][cost]") {
  Usage usage;
  usage.prompt = 10;
  usage.cacheRead = 4;
  usage.cacheWrite = 3;
  CHECK(costOf(usage, price()) == Money::fromNanoUsd(30'000));
}

TEST_CASE("a fee per call is added, and each class is rounded up", "[domain][cost]") {
  Price cheap;
  cheap.input = Money::fromNanoUsd(1);
  cheap.output = Money::fromNanoUsd(1);
  cheap.perRequest = Money::fromNanoUsd(5'000'000);
  Usage usage;
  usage.prompt = 1;
  usage.completion = 1;
  CHECK(costOf(usage, cheap).nanoUsd() == 5'000'002);
}

}  // namespace
}  // namespace pagoda
