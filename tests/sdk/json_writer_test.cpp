#include <cmath>
#include <limits>
#include <string>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

using pagoda::json::Writer;

TEST_CASE("a writer puts commas and colons where they belong", "[sdk][json]") {
  std::string text;
  Writer writer(text);
  writer.beginObject();
  writer.member("a", 1).member("b", "x").member("c", true).rawMember("d", "{\"raw\":1.0}");
  writer.key("e")
      .beginArray()
      .string("s")
      .number(-2)
      .boolean(false)
      .null()
      .beginObject()
      .endObject();
  writer.beginArray().endArray().endArray().key("f").beginObject().member("g", 2.5).endObject();
  writer.endObject();
  CHECK(text ==
        R"({"a":1,"b":"x","c":true,"d":{"raw":1.0},"e":["s",-2,false,null,{},[]],"f":{"g":2.5}})");
  CHECK(pagoda::json::valid(text));
}

TEST_CASE("strings are escaped and read back the same at every length", "[sdk][json]") {
  const std::string pieces[] = {"plain", "\"",   "\\", "\n",     std::string("\0", 1),
                                "\x1f",  "\x7f", "é",  "日本語", "\U0001F600",
                                "/"};
  for (std::size_t padding = 0; padding < 18; ++padding) {
    for (const std::string& piece : pieces) {
      const std::string original =
          std::string(padding, 'x') + piece + std::string(17 - padding, 'y');
      std::string text;
      pagoda::json::appendString(text, original);
      pagoda::json::Reader reader(text);
      std::string buffer;
      REQUIRE(reader.string(buffer).value() == original);
      REQUIRE_NOTHROW(reader.finish());
    }
  }
}

TEST_CASE("control characters have their short or their long escape", "[sdk][json]") {
  std::string text;
  pagoda::json::appendString(text, "\b\f\n\r\t\x01\x1f\"\\/");
  CHECK(text == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\\"\\\\/\"");
}

TEST_CASE("numbers are written exactly and shortest", "[sdk][json]") {
  const auto write = [](auto number) {
    std::string text;
    pagoda::json::appendNumber(text, number);
    return text;
  };
  CHECK(write(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(write(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(write(0.1) == "0.1");
  CHECK(write(1e300) == "1e+300");
  CHECK(write(-0.0) == "-0");
  CHECK(write(std::nan("")) == "null");
  CHECK(write(std::numeric_limits<double>::infinity()) == "null");
  for (const double number : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789}) {
    const std::string text = write(number);
    pagoda::json::Reader reader(text);
    CHECK(reader.number() == number);
  }
}
