#include "core/net/chunked_decoder.h"

#include <catch2/catch.hpp>

namespace pagoda::net {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::More;
  std::string body;
  std::string rest;

  Decoded(std::string_view bytes, std::size_t step, std::size_t limit = 1000) {
    ChunkedDecoder decoder(limit);
    while (!bytes.empty() && state == State::More) {
      std::string_view piece = bytes.substr(0, step);
      bytes.remove_prefix(piece.size());
      state = decoder.decode(piece, body);
      rest = std::string(piece) + std::string(bytes);
    }
  }
};

TEST_CASE("valid chunked bodies are decoded wherever they are cut", "[net][http][chunked]") {
  struct Case {
    const char* name;
    std::string bytes;
    std::string body;
  };
  const Case cases[] = {
      {"empty", "0\r\n\r\n", ""},
      {"two chunks", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc0123456789"},
      {"line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"lower and upper case", "b\r\n01234567890\r\nB\r\n01234567890\r\n0\r\n\r\n",
       "0123456789001234567890"},
      {"leading zeros", "0003\r\nabc\r\n000\r\n\r\n", "abc"},
      {"extensions", "3;q=1;flag;name=\"a \\\" b\"\r\nabc\r\n0;last\r\n\r\n", "abc"},
      {"trailers", "3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\nContent-Length: 5\r\n\r\n", "abc"},
  };
  for (const Case& c : cases) {
    for (const std::size_t step : {1u, 2u, 3u, 1000u}) {
      DYNAMIC_SECTION(c.name << ", cut every " << step) {
        const Decoded decoded(c.bytes + "NEXT", step);
        CHECK(decoded.state == State::Done);
        CHECK(decoded.body == c.body);
        CHECK(decoded.rest == "NEXT");
      }
    }
  }
}

TEST_CASE("malformed chunked bodies are refused", "[net][http][chunked]") {
  const std::string nul(1, '\0');
  const std::pair<const char*, std::string> cases[] = {
      {"prefix 0x", "0x3\r\nabc\r\n0\r\n\r\n"},
      {"sign", "+3\r\nabc\r\n0\r\n\r\n"},
      {"minus", "-3\r\nabc\r\n0\r\n\r\n"},
      {"empty size", "\r\nabc\r\n0\r\n\r\n"},
      {"only an extension", ";a=b\r\nabc\r\n0\r\n\r\n"},
      {"blank ahead of the size", " 3\r\nabc\r\n0\r\n\r\n"},
      {"blank behind the size", "3 \r\nabc\r\n0\r\n\r\n"},
      {"tab behind the size", "3\t\r\nabc\r\n0\r\n\r\n"},
      {"blank ahead of an extension", "3 ;a\r\nabc\r\n0\r\n\r\n"},
      {"not hexadecimal", "g\r\nabc\r\n0\r\n\r\n"},
      {"underscore", "1_0\r\n0123456789012345\r\n0\r\n\r\n"},
      {"17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n"},
      {"LF for CRLF behind the size", "3\nabc\r\n0\r\n\r\n"},
      {"CR without LF behind the size", "3\rXabc\r\n0\r\n\r\n"},
      {"LF for CRLF behind the data", "3\r\nabc\n0\r\n\r\n"},
      {"two other bytes behind the data", "3\r\nabcXY0\r\n\r\n"},
      {"more data than declared", "2\r\nabc\r\n0\r\n\r\n"},
      {"LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"},
      {"CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"},
      {"NUL in an extension", "3;a" + nul + "\r\nabc\r\n0\r\n\r\n"},
      {"line end in a quoted extension", "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n"},
      {"empty extension", "3;\r\nabc\r\n0\r\n\r\n"},
      {"extension without a value", "3;a=\r\nabc\r\n0\r\n\r\n"},
      {"long extension", "3;a=" + std::string(5000, 'e') + "\r\nabc\r\n0\r\n\r\n"},
      {"folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n"},
      {"trailer without a colon", "0\r\nX\r\n\r\n"},
      {"trailer with LF", "0\r\nX: 1\n\r\n"},
      {"trailer with NUL", "0\r\nX: " + nul + "\r\n\r\n"},
      {"LF for the last line end", "0\r\n\n"},
      {"long trailers", "0\r\nX: " + std::string(5000, 't') + "\r\n\r\n"},
  };
  for (const auto& [name, bytes] : cases) {
    for (const std::size_t step : {1u, 100000u}) {
      DYNAMIC_SECTION(name << ", cut every " << step) {
        CHECK(Decoded(bytes, step).state == State::Malformed);
      }
    }
  }
}

TEST_CASE("many small extensions are refused as one long one is", "[net][http][chunked]") {
  std::string bytes;
  for (int i = 0; i < 800; ++i) bytes += "1;a=bcde\r\nx\r\n";
  CHECK(Decoded(bytes, 64).state == State::Malformed);
}

TEST_CASE("a body over its limit is refused by its size line", "[net][http][chunked]") {
  CHECK(Decoded("a\r\n0123456789\r\n0\r\n\r\n", 100, 10).state == State::Done);
  CHECK(Decoded("b\r\n", 100, 10).state == State::TooLarge);
  CHECK(Decoded("6\r\n012345\r\n5\r\n", 100, 10).state == State::TooLarge);
  CHECK(Decoded("ffffffffffffffff\r\n", 100, 10).state == State::TooLarge);
  CHECK(Decoded("6\r\n012345\r\nfffffffffffffffe\r\n", 100, 10).state == State::TooLarge);
}

TEST_CASE("a body that is not at its end asks for more", "[net][http][chunked]") {
  for (const std::string_view bytes :
       {"3", "3\r", "3\r\n", "3\r\nab", "3\r\nabc\r\n0\r\n", "0\r\nX: 1\r\n"}) {
    CAPTURE(std::string(bytes));
    CHECK(Decoded(bytes, 100).state == State::More);
  }
}

}  // namespace
}  // namespace pagoda::net
