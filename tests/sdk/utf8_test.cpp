#include <simdjson.h>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

TEST_CASE("UTF-8 is told from other bytes at every offset", "[sdk][utf8]") {
  const struct {
    const char* name;
    std::string_view text;
    bool valid;
  } cases[] = {
      {"ascii", "abc", true},
      {"two bytes", "é", true},
      {"three bytes", "日本", true},
      {"four bytes", "\U0001F600", true},
      {"the last code point", "\xF4\x8F\xBF\xBF", true},
      {"past the last code point", "\xF4\x90\x80\x80", false},
      {"a lone continuation", "\x80", false},
      {"a cut sequence", "\xE6\x97", false},
      {"an overlong slash", "\xC0\xAF", false},
      {"overlong in three bytes", "\xE0\x80\xAF", false},
      {"overlong in four bytes", "\xF0\x80\x80\xAF", false},
      {"a surrogate", "\xED\xA0\x80", false},
      {"latin-1", "caf\xE9", false},
      {"never a byte of UTF-8", "\xFF", false},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      for (std::size_t padding = 0; padding < 20; ++padding) {
        const std::string text =
            std::string(padding, 'x') + std::string(c.text) + std::string(19 - padding, 'y');
        CHECK(pagoda::json::validUtf8(text) == c.valid);
        CHECK(simdjson::validate_utf8(text) == c.valid);
      }
      CHECK(pagoda::json::validUtf8(c.text) == c.valid);
    }
  }
}

TEST_CASE("text is cut between characters", "[sdk][utf8]") {
  CHECK(pagoda::json::cutUtf8("abc", 3) == "abc");
  CHECK(pagoda::json::cutUtf8("abc", 2) == "ab");
  CHECK(pagoda::json::cutUtf8("日本", 5) == "日");
  CHECK(pagoda::json::cutUtf8("日本", 2).empty());
}
