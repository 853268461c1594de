#include "core/services/code_dialogue.h"

#include <catch2/catch.hpp>

#include "core/services/code_languages.h"
#include "core/services/run_shelf.h"
#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;

TEST_CASE("the first block of code is found, and no other", "[services][code]") {
  struct Case {
    const char* name;
    const char* answer;
    std::optional<std::string> code;
  };
  const Case cases[] = {
      {"none", "Five.", std::nullopt},
      {"one", "So:\n```python\nprint(1)\n```\nDone.", "print(1)\n"},
      {"no language", "```\nx\n```", "x\n"},
      {"cut off", "```js\nlet a", "let a\n"},
      {"two", "```py\na\n```\n```py\nb\n```", "a\n"},
      {"empty", "```py\n```", ""},
      {"indented, with CR", "  ```py\r\n  a\r\n  ```\r\n", "  a\r\n"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(firstCodeBlock(c.answer) == c.code);
    }
  }
}

TEST_CASE("languages are found by their short forms", "[services][code]") {
  for (const auto& [word, name] : {std::pair("Python", "python"), std::pair("JS", "javascript"),
                                   std::pair("c++", "cpp"), std::pair("bash", "shell")}) {
    REQUIRE(findLanguage(word) != nullptr);
    CHECK(findLanguage(word)->name == name);
  }
  CHECK(findLanguage("cobol") == nullptr);
}

TEST_CASE("the shelf drops the oldest files when it is full", "[services][code]") {
  const testing::FakeClock clock;
  RunShelf shelf(clock, {Millis(1'000), 10});
  const ApiKeyId key("key_1");
  shelf.put("run-1", key, {{"a", "12345"}});
  shelf.put("run-2", key, {{"a", "67890"}});
  CHECK(shelf.find("run-1", key, "a") != nullptr);
  shelf.put("run-3", key, {{"a", "x"}});
  CHECK(shelf.find("run-1", key, "a") == nullptr);
  REQUIRE(shelf.find("run-2", key, "a") != nullptr);
  CHECK(*shelf.find("run-2", key, "a") == "67890");
  CHECK(shelf.find("run-2", ApiKeyId("key_2"), "a") == nullptr);
}
