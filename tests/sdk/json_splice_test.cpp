#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

using pagoda::json::Change;
using Action = Change::Action;

namespace {

std::string spliced(std::string_view text, const std::vector<Change>& changes) {
  std::string out;
  pagoda::json::splice(text, changes, out);
  return out;
}

struct Case {
  const char* name;
  const char* text;
  std::vector<Change> changes;
  const char* expected;
};

}  // namespace

TEST_CASE("a splice changes members and keeps every other byte", "[sdk][json][splice]") {
  const Case cases[] = {
      {"nothing to do", R"( { "a" : 1.0 ,"b":2 } )", {}, R"( { "a" : 1.0 ,"b":2 } )"},
      {"replace in the middle",
       R"({"a": 1.0, "model": "x" ,"z":[1 , 2]})",
       {{"model", Action::Set, "\"y\""}},
       R"({"a": 1.0, "model": "y" ,"z":[1 , 2]})"},
      {"replace the first and the last",
       R"({"a":1,"b":2,"c":3})",
       {{"a", Action::Set, "10"}, {"c", Action::Set, "30"}},
       R"({"a":10,"b":2,"c":30})"},
      {"append", R"({"a":1})", {{"b", Action::Set, "2"}}, R"({"a":1,"b":2})"},
      {"append to an empty object", R"({ })", {{"b", Action::Set, "2"}}, R"({"b":2})"},
      {"drop the first", R"({ "a":1, "b":2})", {{"a", Action::Drop, {}}}, R"({ "b":2})"},
      {"drop the middle",
       R"({"a":1, "b":2, "c":3})",
       {{"b", Action::Drop, {}}},
       R"({"a":1, "c":3})"},
      {"drop the last", R"({"a":1, "b":2 })", {{"b", Action::Drop, {}}}, R"({"a":1})"},
      {"drop everything and append",
       R"({"a":1,"b":2})",
       {{"a", Action::Drop, {}}, {"b", Action::Drop, {}}, {"c", Action::Set, "3"}},
       R"({"c":3})"},
      {"only if there",
       R"({"a":1})",
       {{"a", Action::SetIfThere, "2"}, {"b", Action::SetIfThere, "2"}},
       R"({"a":2})"},
      {"only if absent",
       R"({"a":1})",
       {{"a", Action::AddIfAbsent, "2"}, {"b", Action::AddIfAbsent, "2"}},
       R"({"a":1,"b":2})"},
      {"an escaped key is the same key",
       R"({"mod\u0065l":"x"})",
       {{"model", Action::Set, "\"y\""}},
       R"({"mod\u0065l":"y"})"},
      {"a repeated key cannot survive",
       R"({"model":"x","a":1,"model":"evil"})",
       {{"model", Action::Set, "\"y\""}},
       R"({"model":"y","a":1})"},
      {"numbers and spacing inside values are kept",
       R"({"n":18446744073709551616,"f":1.0,"model":"x"})",
       {{"model", Action::Set, "1"}},
       R"({"n":18446744073709551616,"f":1.0,"model":1})"},
      {"a nested member of that name is not touched",
       R"({"x":{"model":"x"},"model":"x"})",
       {{"model", Action::Set, "1"}},
       R"({"x":{"model":"x"},"model":1})"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(spliced(c.text, c.changes) == c.expected);
    }
  }
}

TEST_CASE("a splice of what is no object is refused", "[sdk][json][splice]") {
  for (const char* text :
       {"", "[1]", "1", "{\"a\":1", "{\"a\":1}}", "{\"a\":1}{}", "{\"a\":\"\x01\"}"}) {
    DYNAMIC_SECTION(text) {
      CHECK_THROWS_AS(spliced(text, {}), pagoda::json::Malformed);
    }
  }
}

TEST_CASE("whatever is set or dropped, the result is valid and says so", "[sdk][json][splice]") {
  std::mt19937 random(7);  // NOLINT: a fixed seed, so that a failure repeats
  const std::string_view values[] = {"1", "\"x,}\"", "[ 1 , {\"a\":2} ]", "{}", "null", "-1.50"};
  const std::string_view spaces[] = {"", " ", "\n\t "};
  for (int round = 0; round < 2000; ++round) {
    const auto space = [&] { return std::string(spaces[random() % 3]); };
    std::string text = space() + "{" + space();
    const auto members = random() % 6;
    for (unsigned i = 0; i < members; ++i) {
      if (i != 0) text += "," + space();
      text += "\"k" + std::to_string(i) + "\"" + space() + ":" + space();
      text += values[random() % std::size(values)];
      text += space();
    }
    text += "}" + space();
    std::vector<Change> changes;
    std::vector<std::string> keys;
    for (unsigned i = 0; i < 6; ++i) keys.push_back("k" + std::to_string(i));
    for (const std::string& key : keys) {
      if (random() % 2 == 0)
        changes.push_back({key, random() % 2 == 0 ? Action::Set : Action::Drop, "\"new\""});
    }
    const std::string out = spliced(text, changes);
    REQUIRE(pagoda::json::valid(out));
    for (const Change& change : changes) {
      std::string found = "absent";
      pagoda::json::Reader reader(out);
      reader.object([&](std::string_view key, pagoda::json::Reader& value) {
        if (key == change.key) found = value.raw();
      });
      REQUIRE(found == (change.action == Action::Set ? "\"new\"" : "absent"));
    }
  }
}
