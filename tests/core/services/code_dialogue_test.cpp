#include "core/services/code_dialogue.h"

#include <catch2/catch.hpp>

#include "core/services/code_languages.h"
#include "core/services/run_shelf.h"
#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;

TEST_CASE("blocks of code are found with their language and file", "[services][code]") {
  struct Case {
    const char* name;
    const char* answer;
    std::vector<std::vector<std::string>> blocks;
  };
  const Case cases[] = {
      {"none", "Five.", {}},
      {"one", "So:\n```python\nprint(1)\n```\nDone.", {{"python", "", "print(1)\n"}}},
      {"no language", "```\nx\n```", {{"", "", "x\n"}}},
      {"cut off", "```js\nlet a", {{"js", "", "let a\n"}}},
      {"named above",
       "**`src/main.py`**:\n\n```python\na\n```",
       {{"python", "src/main.py", "a\n"}}},
      {"named by a word", "FILE: test_main.py\n```py\nb\n```", {{"py", "test_main.py", "b\n"}}},
      {"named beside the fence", "```c main.c\nint x;\n```", {{"c", "main.c", "int x;\n"}}},
      {"prose is no name", "See e.g. this:\n```go\nc\n```", {{"go", "", "c\n"}}},
      {"two", "```py\na\n```\n```py\nb\n```", {{"py", "", "a\n"}, {"py", "", "b\n"}}},
      {"indented, with CR", "  ```py\r\n  a\r\n  ```\r\n", {{"py", "", "  a\r\n"}}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      std::vector<std::vector<std::string>> found;
      for (const CodeBlock& block : codeBlocks(c.answer))
        found.push_back({block.language, block.name, block.code});
      CHECK(found == c.blocks);
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
