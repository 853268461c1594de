#include "core/net/response_parser.h"

#include <catch2/catch.hpp>

#include "tests/support/framed.h"

using namespace pagoda::net;
using Step = ResponseParser::Step;

namespace {

struct Parsed {
  bool head = false;
  int status = 0;
  std::string body;
  bool ended = false;
  bool keepAlive = false;
  bool cutOff = false;
  std::string error;
  std::string left;
};

/// How the connection goes on after the bytes.
enum class Then { Open, Closed, Reset };

Parsed parse(std::string_view text, const std::vector<std::size_t>& cuts, Then then,
             RequestKind kind = RequestKind::Normal, const ResponseLimits& limits = {}) {
  ResponseParser parser(limits, kind);
  Parsed parsed;
  std::size_t start = 0;
  std::vector<std::size_t> ends = cuts;
  ends.push_back(text.size());
  Step step = Step::NeedInput;
  for (const std::size_t end : ends) {
    // On the heap by itself, so that a view into an earlier piece is seen by asan.
    const std::string bytes(text.substr(start, end - start));
    std::string_view input = bytes;
    start = end;
    for (;;) {
      std::string_view piece;
      step = parser.step(input, piece);
      if (step == Step::Head) parsed.head = true;
      if (step == Step::Body) parsed.body += piece;
      if (step != Step::Head && step != Step::Body) break;
    }
    if (step != Step::NeedInput) {
      parsed.left = std::string(input) + std::string(text.substr(end));
      break;
    }
  }
  if (step == Step::NeedInput && then != Then::Open) step = parser.finish(then == Then::Closed);
  parsed.ended = step == Step::End;
  parsed.error = step == Step::Error ? parser.error() : "";
  parsed.status = parser.status();
  parsed.keepAlive = parser.keepAlive();
  parsed.cutOff = parser.cutOff();
  return parsed;
}

/// The same for each cut in two and for single bytes.
Parsed parsed(const std::string& text, Then then = Then::Open,
              RequestKind kind = RequestKind::Normal) {
  const Parsed whole = parse(text, {}, then, kind);
  std::vector<std::vector<std::size_t>> ways = {pagoda::test::everyByte(text)};
  for (std::size_t cut = 1; cut < text.size(); ++cut) ways.push_back({cut});
  for (const auto& cuts : ways) {
    const Parsed other = parse(text, cuts, then, kind);
    CHECK(other.ended == whole.ended);
    CHECK(other.body == whole.body);
    if (whole.ended) CHECK(other.left == whole.left);
    CHECK(other.keepAlive == whole.keepAlive);
    CHECK(other.error.empty() == whole.error.empty());
  }
  return whole;
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

}  // namespace

TEST_CASE("a response with a length is read to its end", "[net][response]") {
  const Parsed p = parsed(kOk + "Content-Length: 5\r\nX-A:  b \t\r\n\r\nhello");
  CHECK(p.ended);
  CHECK(p.status == 200);
  CHECK(p.body == "hello");
  CHECK(p.keepAlive);
  CHECK(p.left.empty());
}

TEST_CASE("header names come in lower case, values without space around them", "[net][response]") {
  ResponseParser parser({}, RequestKind::Normal);
  const std::string text = kOk + "X-Mixed-Case:  a b \t\r\nempty:\r\ncontent-length: 0\r\n\r\n";
  std::string_view input = text;
  std::string_view piece;
  REQUIRE(parser.step(input, piece) == Step::Head);
  CHECK(parser.header("x-mixed-case") == "a b");
  CHECK(parser.headers().size() == 3);
  CHECK(parser.headers()[1].second.empty());
  CHECK(parser.header("missing").empty());
  CHECK(parser.contentLength() == 0);
  CHECK(parser.step(input, piece) == Step::End);
}

TEST_CASE("a chunked response is read to its end", "[net][response]") {
  const Parsed p =
      parsed(kOk + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n" +
             "0\r\nX-Trailer: a\r\n\r\n");
  CHECK(p.ended);
  CHECK(p.body == "hello world");
  CHECK(p.keepAlive);
}

TEST_CASE("bytes behind a response are not part of it", "[net][response]") {
  const std::string second = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED";
  for (const std::string& first : {kOk + "Content-Length: 2\r\n\r\nhi",
                                   kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                                   kOk + "Connection: close\r\nContent-Length: 2\r\n\r\nhi"}) {
    const Parsed p = parse(first + second, {}, Then::Open);
    CHECK(p.ended);
    CHECK(p.body == "hi");
    CHECK(p.left == second);
  }
}

TEST_CASE("some responses have no body whatever their head says", "[net][response]") {
  const std::string length = "Content-Length: 5\r\n\r\n";
  CHECK(parsed("HTTP/1.1 204 No Content\r\n" + length).ended);
  CHECK(parsed("HTTP/1.1 304 Not Modified\r\n" + length).ended);
  CHECK(parsed("HTTP/1.1 204 No Content\r\n\r\n").ended);
  CHECK(parsed(kOk + length, Then::Open, RequestKind::Head).ended);
  CHECK(parsed(kOk + "\r\n", Then::Open, RequestKind::Connect).ended);
  CHECK(parsed("HTTP/1.1 407 No\r\n" + length + "12345", Then::Open, RequestKind::Connect).body ==
        "12345");
}

TEST_CASE("a response without a length ends with its connection", "[net][response]") {
  const Parsed p = parsed("HTTP/1.0 200 OK\r\n\r\nhello", Then::Closed);
  CHECK(p.ended);
  CHECK(p.body == "hello");
  CHECK_FALSE(p.keepAlive);
  CHECK(parsed(kOk + "\r\nhello", Then::Closed).body == "hello");
  CHECK_FALSE(parsed(kOk + "\r\nhello", Then::Reset).ended);
  CHECK_FALSE(parsed(kOk + "\r\nhello", Then::Open).ended);
}

TEST_CASE("a connection that ends early is told from a malformed response", "[net][response]") {
  for (const std::string& text :
       {std::string("HT"), std::string("HTTP/1.1 200"), kOk + "Content-Le",
        kOk + "Content-Length: 5\r\n\r\nhi", kOk + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        kOk + "Transfer-Encoding: chunked\r\n\r\n",
        kOk + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    INFO(text);
    CHECK(parsed(text, Then::Closed).cutOff);
    CHECK(parsed(text, Then::Reset).cutOff);
    CHECK_FALSE(parsed(text, Then::Closed).ended);
  }
}

TEST_CASE("the connection is kept only as the server says", "[net][response]") {
  const std::string tail = "Content-Length: 0\r\n\r\n";
  CHECK(parsed(kOk + tail).keepAlive);
  CHECK_FALSE(parsed(kOk + "Connection: close\r\n" + tail).keepAlive);
  CHECK_FALSE(parsed("HTTP/1.0 200 OK\r\n" + tail).keepAlive);
  CHECK(parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + tail).keepAlive);
}

TEST_CASE("interim responses are passed over, within bounds", "[net][response]") {
  const std::string interim = "HTTP/1.1 102 Processing\r\nX-A: b\r\n\r\n";
  const std::string final = kOk + "Content-Length: 2\r\n\r\nhi";
  const Parsed p = parsed("HTTP/1.1 100 Continue\r\n\r\n" + interim + final);
  CHECK(p.status == 200);
  CHECK(p.body == "hi");
  std::string many;
  for (int i = 0; i < 17; ++i) many += interim;
  CHECK_FALSE(parse(many + final, {}, Then::Open).error.empty());
}

TEST_CASE("responses that could be understood in two ways are refused", "[net][response]") {
  const std::string body = "\r\n\r\nhello";
  const std::string cases[] = {
      kOk + "Content-Length: 5\r\nContent-Length: 3" + body,
      kOk + "Content-Length: 5\r\nContent-Length: 5" + body,
      kOk + "Content-Length: 5, 3" + body,
      kOk + "Content-Length: +5" + body,
      kOk + "Content-Length: -1" + body,
      kOk + "Content-Length: 0x5" + body,
      kOk + "Content-Length: " + body,
      kOk + "Content-Length: 5 5" + body,
      kOk + "Content-Length: 99999999999999999999999" + body,
      kOk + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked, identity" + body,
      kOk + "Transfer-Encoding: identity" + body,
      kOk + "Transfer-Encoding: xchunked" + body,
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kOk + "Content-Length : 5" + body,
      kOk + " Content-Length: 5" + body,
      kOk + "X-A: b\r\n Content-Length: 3\r\nContent-Length: 5" + body,
      kOk + "X-A: b\r\n\tc\r\nContent-Length: 5" + body,
      kOk + "X-A: b\rX-Evil: 1\r\nContent-Length: 5" + body,
      kOk + "X-A: b\r\r\nContent-Length: 5" + body,
      kOk + "X-A: b\nContent-Length: 5" + body,
      kOk + "Content-Length: 5\n\nhello",
      kOk + "X-A: " + std::string("\0", 1) + "\r\nContent-Length: 5" + body,
      kOk + "X-A: \x01\r\nContent-Length: 5" + body,
      kOk + "X A: b\r\nContent-Length: 5" + body,
      kOk + ": b\r\nContent-Length: 5" + body,
      kOk + "no colon\r\nContent-Length: 5" + body,
      kOk + "Content-Encoding: gzip\r\nContent-Length: 5" + body,
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 099 Low\r\nContent-Length: 5" + body,
      "HTTP/1.1 2000 Long\r\nContent-Length: 5" + body,
      "HTTP/1.1 abc OK\r\nContent-Length: 5" + body,
      "HTTP/1.1\r\nContent-Length: 5" + body,
      "HTTP/1.2 200 OK\r\nContent-Length: 5" + body,
      "HTTP/2.0 200 OK\r\nContent-Length: 5" + body,
      "HTTP/0.9 200 OK\r\nContent-Length: 5" + body,
      "\r\n" + kOk + "Content-Length: 5" + body,
      "\x16\x03\x01\x02 not http\n\n",
      "<html>\n",
      "http/1.1 200 OK\r\nContent-Length: 5" + body,
  };
  for (const std::string& text : cases) {
    INFO(text);
    const Parsed p = parsed(text);
    CHECK_FALSE(p.error.empty());
    CHECK_FALSE(p.cutOff);
  }
}

TEST_CASE("malformed chunks are refused", "[net][response]") {
  for (const char* body :
       {"5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "g\r\nhello\r\n",
        "0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", "\r\nhello\r\n",
        "fffffffffffffffff\r\nhello\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\rhello\r\n0\r\n\r\n"}) {
    INFO(body);
    CHECK_FALSE(parsed(kOk + "Transfer-Encoding: chunked\r\n\r\n" + body).error.empty());
  }
}

TEST_CASE("large heads are refused before they are kept", "[net][response]") {
  std::string many = kOk;
  for (int i = 0; i < 20'000; ++i)
    many += "X-" + std::to_string(i) + ": " + std::string(200, 'a') + "\r\n";
  CHECK_FALSE(parse(many, {}, Then::Open).error.empty());

  std::string few = kOk;
  for (int i = 0; i < 513; ++i) few += "a: b\r\n";
  CHECK_FALSE(parse(few + "\r\n", {}, Then::Open).error.empty());

  // One header without end, in pieces: refused when the limit is reached, not when it ends.
  ResponseParser parser({}, RequestKind::Normal);
  const std::string start = kOk + "X-Long: ";
  std::string_view input = start;
  std::string_view piece;
  REQUIRE(parser.step(input, piece) == Step::NeedInput);
  const std::string more(1024, 'a');
  Step step = Step::NeedInput;
  int pieces = 0;
  for (; step == Step::NeedInput; ++pieces) {
    input = more;
    step = parser.step(input, piece);
  }
  CHECK(step == Step::Error);
  CHECK(pieces <= 64);
}

TEST_CASE("chunk extensions and trailers without end are refused", "[net][response]") {
  const std::string head = kOk + "Transfer-Encoding: chunked\r\n\r\n";
  const auto fed = [&](const std::string& start, const std::string& more) {
    ResponseParser parser({}, RequestKind::Normal);
    std::string_view piece;
    const std::string first = head + start;
    std::string_view input = first;
    Step step = parser.step(input, piece);
    for (int i = 0; i < 200 && step != Step::Error && step != Step::End; ++i) {
      if (input.empty()) input = more;
      step = parser.step(input, piece);
    }
    return step;
  };
  CHECK(fed("1;", std::string(1000, 'x')) == Step::Error);
  CHECK(fed("0\r\n", "X-Trailer: " + std::string(1000, 'x') + "\r\n") == Step::Error);
}
