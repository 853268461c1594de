#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <simdjson.h>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

using pagoda::json::Kind;
using pagoda::json::Malformed;
using pagoda::json::Reader;

namespace {

std::optional<std::int64_t> integerOf(std::string_view text) {
  Reader reader(text);
  auto value = reader.integer();
  reader.finish();
  return value;
}

std::string stringOf(std::string_view text) {
  Reader reader(text);
  std::string buffer;
  std::string value(reader.string(buffer).value());
  reader.finish();
  return value;
}

}  // namespace

TEST_CASE("a reader walks an object once and skips what is not taken", "[sdk][json]") {
  Reader reader(
      R"( {"id" : "a", "skipped":{"id":"no","x":[1,{"y":[]}]}, "n":[1, 2 ,3], "ok":true, "none":null} )");
  std::string id;
  std::string buffer;
  std::int64_t sum = 0;
  bool ok = false;
  bool none = false;
  CHECK(reader.object([&](std::string_view key, Reader& value) {
    if (key == "id") id = value.string(buffer).value_or("");
    if (key == "n") value.array([&](Reader& element) { sum += element.integer().value_or(0); });
    if (key == "ok") ok = value.boolean().value_or(false);
    if (key == "none") none = value.null();
  }));
  CHECK_NOTHROW(reader.finish());
  CHECK(id == "a");
  CHECK(sum == 6);
  CHECK(ok);
  CHECK(none);
}

TEST_CASE("a value of another kind is skipped and reported as absent", "[sdk][json]") {
  Reader reader(R"([{"a":[1]}, "text", 12, null, true])");
  std::string buffer;
  int element = 0;
  reader.array([&](Reader& value) {
    switch (element++) {
      case 0:
        CHECK_FALSE(value.string(buffer));
        break;
      case 1:
        CHECK_FALSE(value.integer());
        break;
      case 2:
        CHECK_FALSE(value.boolean());
        break;
      case 3:
        CHECK_FALSE(value.number());
        break;
      default:
        CHECK_FALSE(value.null());
    }
  });
  CHECK(element == 5);
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("an object callback on another kind answers false", "[sdk][json]") {
  Reader reader("[1]");
  CHECK_FALSE(reader.object([](std::string_view, Reader&) { FAIL("not an object"); }));
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("integers are exact or absent", "[sdk][json]") {
  CHECK(integerOf("0") == 0);
  CHECK(integerOf("-12") == -12);
  CHECK(integerOf("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(integerOf("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(integerOf("9223372036854775808") == std::nullopt);
  CHECK(integerOf("18446744073709551616") == std::nullopt);
  CHECK(integerOf("3.0") == 3);
  CHECK(integerOf("3e2") == 300);
  CHECK(integerOf("3.5") == std::nullopt);
  CHECK(integerOf("1e400") == std::nullopt);
  CHECK(integerOf("1e30") == std::nullopt);
  CHECK(integerOf("\"3\"") == std::nullopt);
}

TEST_CASE("strings are unescaped, and viewed in place when nothing is escaped", "[sdk][json]") {
  CHECK(stringOf(R"("")").empty());
  CHECK(stringOf(R"("a\"\\\/\b\f\n\r\tz")") == "a\"\\/\b\f\n\r\tz");
  CHECK(stringOf(R"("\u0041\u00e9\u3042\ud83d\ude00")") == "Aé\u3042\U0001F600");
  CHECK(stringOf(R"("\ud83dx")") == "\uFFFDx");
  CHECK(stringOf(R"("\ude00\ud83d")") == "\uFFFD\uFFFD");
  CHECK(stringOf(R"("\ud83d\u0041")") ==
        "\uFFFD"
        "A");

  const std::string text = R"("日本語の長い文字列 without any escape")";
  Reader reader(text);
  std::string buffer;
  const auto value = reader.string(buffer);
  REQUIRE(value);
  CHECK(value->data() == text.data() + 1);
  CHECK(buffer.empty());
}

TEST_CASE("an escaped key is compared unescaped", "[sdk][json]") {
  Reader reader(R"({"mod\u0065l":{"\u0061":1},"b":2})");
  std::string seen;
  reader.object([&](std::string_view key, Reader& value) {
    seen += key;
    seen += '=';
    seen += value.raw();
    seen += ';';
  });
  CHECK(seen == R"(model={"\u0061":1};b=2;)");
}

TEST_CASE("malformed text is refused, read or skipped", "[sdk][json]") {
  const char* cases[] = {"",
                         " ",
                         "{",
                         "[",
                         "{\"a\"",
                         "{\"a\":",
                         "{\"a\":1",
                         "{\"a\":1,",
                         "{\"a\":1,}",
                         "{,}",
                         "{a:1}",
                         "[1,]",
                         "[,1]",
                         "[1 2]",
                         "{\"a\" 1}",
                         "\"",
                         "\"abc",
                         "\"\\",
                         "\"\\u12",
                         "\"\\u12g4\"",
                         "\"\\x\"",
                         "\"a\nb\"",
                         "tru",
                         "truth",
                         "nul",
                         "falsy",
                         "01",
                         "-",
                         "1.",
                         ".5",
                         "1e",
                         "1e+",
                         "+1",
                         "NaN",
                         "Infinity",
                         "1 2",
                         "{} {}",
                         "[]]",
                         "'a'",
                         "{\"a\":1]",
                         "[1}",
                         "\xEF\xBB\xBF{}",
                         "{\"a\":1/**/}"};
  for (const char* text : cases) {
    DYNAMIC_SECTION(text) {
      CHECK_FALSE(pagoda::json::valid(text));
    }
  }
}

TEST_CASE("every prefix of a document is refused and never read past its end", "[sdk][json]") {
  const std::string text = R"({"a":[1.5e3,-2,"x\u00e9\n",true,false,null,{"b":{}}],"c":"日本"})";
  CHECK(pagoda::json::valid(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    // A copy of its own, so that the address sanitizer sees a read past the end.
    const auto prefix = std::make_unique<char[]>(size);
    std::copy_n(text.data(), size, prefix.get());
    CHECK_FALSE(pagoda::json::valid({prefix.get(), size}));
  }
}

TEST_CASE("nesting is limited", "[sdk][json]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(pagoda::json::valid(nested(128)));
  CHECK_FALSE(pagoda::json::valid(nested(129)));
  CHECK_FALSE(pagoda::json::valid(nested(1'000'000)));
  CHECK_FALSE(pagoda::json::valid(std::string(1'000'000, '[')));
  const std::string shallow = nested(4);
  Reader reader(shallow, 3);
  CHECK_THROWS_AS(reader.skip(), Malformed);
}

TEST_CASE("raw gives the value's own bytes", "[sdk][json]") {
  Reader reader(R"({"a" :  { "x":1.0 , "y":[ ]  } , "b":2})");
  std::string raw;
  reader.object([&](std::string_view key, Reader& value) {
    if (key == "a") raw = value.raw();
  });
  CHECK(raw == R"({ "x":1.0 , "y":[ ]  })");
}

TEST_CASE("the reader agrees with simdjson on damaged documents", "[sdk][json]") {
  const std::string original =
      R"({"choices":[{"index":0,"delta":{"content":"Hé\u3042l\"lo"},"x":-1.25e-3,"ok":[true,false,null]}],"u":{}})";
  const std::string alphabet = "{}[]\",:\\0123456789eE+-.u tfn\x01\x7F\xC3\xA9";
  std::mt19937 random(20240607);  // NOLINT: a fixed seed, so that a failure repeats
  simdjson::dom::parser oracle;
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = original;
    const auto edits = 1 + random() % 3;
    for (unsigned i = 0; i < edits; ++i) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      if (random() % 3 == 0) {
        text.erase(at, 1);
      } else if (random() % 2 == 0) {
        text.insert(at, 1, c);
      } else {
        text[at] = c;
      }
    }
    simdjson::dom::element ignored;
    const auto error = oracle.parse(simdjson::padded_string(text)).get(ignored);
    // simdjson also checks UTF-8, refuses numbers no double holds, and lone surrogates in escapes.
    if (error == simdjson::NUMBER_ERROR || error == simdjson::UTF8_ERROR ||
        error == simdjson::STRING_ERROR)
      continue;
    const bool expected = error == simdjson::SUCCESS;
    INFO(text << " " << simdjson::error_message(error));
    if (pagoda::json::valid(text) != expected) FAIL("the verdicts differ");
    accepted += expected ? 1 : 0;
  }
  CHECK(accepted > 100);
}
