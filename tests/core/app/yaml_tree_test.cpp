#include "core/app/yaml_tree.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/core/app/config_fixture.h"

using namespace pagoda::app;

namespace {

std::vector<std::string> mistakesOf(const std::string& text, YamlLimits limits = {}) {
  std::vector<Mistake> mistakes;
  readYaml(text, "f.yaml", mistakes, limits);
  std::vector<std::string> lines;
  for (const Mistake& mistake : mistakes) lines.push_back(toString(mistake));
  return lines;
}

YamlNode scalar(const std::string& text) {
  YamlNode node;
  node.kind = YamlKind::Scalar;
  node.text = text;
  return node;
}

}  // namespace

TEST_CASE("plain scalars mean what YAML 1.2 says", "[app][yaml]") {
  struct Case {
    const char* text;
    ScalarType type;
    const char* json;
  };
  const Case cases[] = {
      {"true", ScalarType::Boolean, "true"},    {"FALSE", ScalarType::Boolean, "false"},
      {"no", ScalarType::Text, "\"no\""},       {"yes", ScalarType::Text, "\"yes\""},
      {"on", ScalarType::Text, "\"on\""},       {"010", ScalarType::Integer, "10"},
      {"+7", ScalarType::Integer, "7"},         {"-0", ScalarType::Integer, "-0"},
      {"0x1f", ScalarType::Text, "\"0x1f\""},   {".5", ScalarType::Float, "0.5"},
      {"5.", ScalarType::Float, "5"},           {"1.e3", ScalarType::Float, "1e3"},
      {"1e3", ScalarType::Float, "1e3"},        {"1_000", ScalarType::Text, "\"1_000\""},
      {"12:30", ScalarType::Text, "\"12:30\""}, {"~", ScalarType::Null, "null"},
      {"Null", ScalarType::Null, "null"},       {"", ScalarType::Null, "null"},
      {"1.2.3", ScalarType::Text, "\"1.2.3\""}, {"e5", ScalarType::Text, "\"e5\""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION("'" << c.text << "'") {
      CHECK(scalarType(scalar(c.text)) == c.type);
      CHECK(toJson(scalar(c.text)) == c.json);
    }
  }
}

TEST_CASE("a quoted scalar is text whatever it looks like", "[app][yaml]") {
  std::vector<Mistake> mistakes;
  const YamlNode root = readYaml("a: \"true\"\nb: '5'\nc: null\nd:\n", "f.yaml", mistakes);
  REQUIRE(mistakes.empty());
  CHECK(toJson(root) == R"({"a":"true","b":"5","c":null,"d":null})");
}

TEST_CASE("structure that this program does not read is refused with its place", "[app][yaml]") {
  struct Case {
    const char* name;
    const char* text;
    std::vector<std::string> expected;
  };
  const Case cases[] = {
      {"duplicate key",
       "a: 1\nb:\n  c: 1\n  c: 2\n",
       {"f.yaml:4:3: duplicate key 'c' (first given in line 3)"}},
      {"duplicate key in flow",
       "{a: 1, a: 2}",
       {"f.yaml:1:8: duplicate key 'a' (first given in line 1)"}},
      {"columns count characters",
       "言語: {日: 1, 日: 2}",
       {"f.yaml:1:12: duplicate key '日' (first given in line 1)"}},
      {"merge key",
       "base: &b {x: 1}\nuse:\n  <<: *b\n",
       {"f.yaml:3:3: merge keys ('<<') are not read here (write the keys out)"}},
      {"tag",
       "a: !!int \"3\"\n",
       {"f.yaml:1:4: tags are not read here (remove 'tag:yaml.org,2002:int')"}},
      {"second document",
       "a: 1\n---\nb: 2\n",
       {"f.yaml:2:1: a second document (keep one document per file)"}},
      {"map as key", "? {a: 1}\n: 2\n", {"f.yaml:1:3: a key must be a name"}},
      {"several mistakes",
       "a: 1\na: 2\nb: 3\nb: 4\n",
       {"f.yaml:2:1: duplicate key 'a' (first given in line 1)",
        "f.yaml:4:1: duplicate key 'b' (first given in line 3)"}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(mistakesOf(c.text) == c.expected);
    }
  }
}

TEST_CASE("a syntax error names its line and column", "[app][yaml]") {
  const auto lines = mistakesOf("server:\n  port: 1\n bad: 2\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("f.yaml:3:"));
  CHECK(lines[0].find("not valid YAML") != std::string::npos);
}

TEST_CASE("an alias stands for a copy", "[app][yaml]") {
  std::vector<Mistake> mistakes;
  const YamlNode root = readYaml("a: &x {p: 1}\nb: *x\n", "f.yaml", mistakes);
  REQUIRE(mistakes.empty());
  CHECK(toJson(root) == R"({"a":{"p":1},"b":{"p":1}})");
}

TEST_CASE("bombs are refused", "[app][yaml]") {
  SECTION("aliases that would expand to 10^9 values") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
      const std::string alias = "*a" + std::to_string(i - 1);
      text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
      for (int j = 0; j < 10; ++j) text += (j ? ", " : "") + alias;
      text += "]\n";
    }
    const auto lines = mistakesOf(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("more than 100000 values") != std::string::npos);
  }
  SECTION("depth 10^5") {
    const auto lines = mistakesOf(std::string(100'000, '[') + std::string(100'000, ']'));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "f.yaml:1:1: too many values on one line (write one item a line)");
  }
  SECTION("depth 40") {
    const auto lines = mistakesOf(std::string(40, '[') + std::string(40, ']'));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "f.yaml:1:33: nested deeper than 32 levels");
  }
  SECTION("10^6 keys") {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
    const auto lines = mistakesOf(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("larger than 1048576 bytes") != std::string::npos);
  }
  SECTION("as many values as fit into the size") {
    std::string text;
    while (text.size() < (1u << 20) - 4) text += "- 1\n";
    const auto lines = mistakesOf(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("more than 100000 values") != std::string::npos);
  }
  SECTION("an alias inside its own anchor") {
    CHECK(mistakesOf("&a [*a]").size() == 1);
  }
  SECTION("an alias made deep by its place") {
    std::string text = "a: &a [[[[[[[[[[1]]]]]]]]]]\nb: ";
    text += std::string(25, '[') + "*a" + std::string(25, ']') + "\n";
    const auto lines = mistakesOf(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("nested deeper") != std::string::npos);
  }
}

TEST_CASE("what is no regular file is refused without waiting", "[app][yaml]") {
  const test::ConfigDirectory directory;
  std::string text;
  std::vector<Mistake> mistakes;
  const auto refused = [&](const std::string& name) {
    mistakes.clear();
    CHECK_FALSE(readConfigFile(directory.path() + "/" + name, text, mistakes));
    REQUIRE(mistakes.size() == 1);
    return mistakes[0].message;
  };
  SECTION("missing") {
    CHECK(refused("none") == "cannot be read: No such file or directory");
  }
  SECTION("directory") {
    CHECK(refused(".") == "is not a regular file");
  }
  SECTION("FIFO") {
    REQUIRE(::mkfifo((directory.path() + "/fifo").c_str(), 0600) == 0);
    CHECK(refused("fifo") == "is not a regular file");
  }
  SECTION("1 GiB") {
    directory.write("big", "");
    std::filesystem::resize_file(directory.path() + "/big", std::uintmax_t{1} << 30);
    CHECK(refused("big") == "larger than 1048576 bytes");
  }
}
