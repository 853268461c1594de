#include "core/net/framer.h"

#include <cstdint>

#include <Poco/Checksum.h>
#include <catch2/catch.hpp>

#include "core/net/line_framers.h"
#include "tests/support/framed.h"

using namespace pagoda;
using pagoda::test::everyByte;
using pagoda::test::Framed;
using pagoda::test::FramedEvent;

namespace {

using Events = std::vector<FramedEvent>;

Events dataOf(const std::vector<std::string>& texts) {
  Events events;
  for (const std::string& text : texts) events.push_back({"", text});
  return events;
}

/// The frames, checked to be the same for every single cut and for a cut before every byte.
Framed framed(Framing framing, const std::string& body, std::size_t maxFrame = 1 << 20) {
  const Framed whole = test::frame(framing, body, {}, maxFrame);
  std::vector<std::vector<std::size_t>> cuts = {everyByte(body)};
  for (std::size_t cut = 1; cut < body.size(); ++cut) cuts.push_back({cut});
  for (const auto& cut : cuts) {
    const Framed other = test::frame(framing, body, cut, maxFrame);
    CHECK(other.frames == whole.frames);
    CHECK(other.error == whole.error);
    CHECK(other.framing == whole.framing);
  }
  return whole;
}

std::string big32(std::size_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

std::string checksum(const std::string& text) {
  Poco::Checksum sum(Poco::Checksum::TYPE_CRC32);
  sum.update(text);
  return big32(sum.checksum());
}

std::string awsHeader(const std::string& name, const std::string& value) {
  std::string text(1, static_cast<char>(name.size()));
  text += name + '\7';
  text += static_cast<char>(value.size() >> 8);
  text += static_cast<char>(value.size() & 0xff);
  return text + value;
}

std::string awsMessage(const std::string& headers, const std::string& payload) {
  std::string text = big32(16 + headers.size() + payload.size()) + big32(headers.size());
  text += checksum(text);
  text += headers + payload;
  return text + checksum(text);
}

}  // namespace

TEST_CASE("a whole body is one frame", "[net][framer]") {
  CHECK(framed(Framing::Whole, "{\"a\": 1}").frames == dataOf({"{\"a\": 1}"}));
  CHECK(framed(Framing::Whole, "").frames == dataOf({""}));
}

TEST_CASE("a whole body in one piece is not copied, and a large one is refused", "[net][framer]") {
  net::WholeFramer framer(10, 0);
  const std::string body = "0123456789";
  framer.feed(body);
  framer.finish();
  Frame frame;
  REQUIRE(framer.next(frame) == net::FrameStep::Frame);
  CHECK(static_cast<const void*>(frame.data.data()) == body.data());
  CHECK(framer.next(frame) == net::FrameStep::NeedInput);

  net::WholeFramer small(9, 0);
  const Framed refused = test::frame(small, body, {5});
  CHECK(refused.kind == FailureKind::TooLarge);
  CHECK(refused.frames.empty());
}

TEST_CASE("of a failure's body the first bytes are kept", "[net][framer]") {
  net::FailureFramer framer(4);
  CHECK(test::frame(framer, "0123456789", {2, 7}).frames == dataOf({"0123"}));
  CHECK(framer.dropped() == 6);
}

TEST_CASE("lines come without their ends, empty ones not at all", "[net][framer]") {
  CHECK(framed(Framing::Lines, "{\"a\":1}\n{\"b\":2}\r\n\n\r\n{\"c\":3}").frames ==
        dataOf({"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}));
  CHECK(framed(Framing::Lines, "").frames.empty());
  CHECK(framed(Framing::Lines, "a\rb\n").frames == dataOf({"a\rb"}));
  const Framed large = test::frame(Framing::Lines, std::string(300, 'x'), {100, 200}, 150);
  CHECK(large.kind == FailureKind::TooLarge);
}

TEST_CASE("the elements of a JSON array come one by one", "[net][framer]") {
  const Framed array =
      framed(Framing::JsonArray,
             " [{\"a\": [1, {\"b\": \"]},\\\"\\\\\"}]}\n,\r\n {\"c\": 2} , 3,\"x,]\" ] \n");
  CHECK(array.error.empty());
  CHECK(array.framing == Framing::JsonArray);
  CHECK(array.frames ==
        dataOf({"{\"a\": [1, {\"b\": \"]},\\\"\\\\\"}]}", "{\"c\": 2}", "3", "\"x,]\""}));
  CHECK(framed(Framing::JsonArray, "[]").frames.empty());
}

TEST_CASE("a document that is no array comes whole", "[net][framer]") {
  const Framed whole = framed(Framing::JsonArray, "{\"error\": {\"code\": 400}}");
  CHECK(whole.framing == Framing::Whole);
  CHECK(whole.frames == dataOf({"{\"error\": {\"code\": 400}}"}));
}

TEST_CASE("a malformed streamed array is refused", "[net][framer]") {
  for (const char* body :
       {"", "[", "[1", "[1,", "[{\"a\": \"", "[1,,2]", "[,1]", "[1,]", "[1] 2"}) {
    INFO(body);
    const Framed refused = framed(Framing::JsonArray, body);
    CHECK(refused.kind == FailureKind::Protocol);
    CHECK_FALSE(refused.error.empty());
  }
  CHECK(framed(Framing::JsonArray, "[\"" + std::string(200, 'x') + "\"]", 100).kind ==
        FailureKind::TooLarge);
}

TEST_CASE("an Amazon event stream is cut into messages with their types", "[net][framer]") {
  const std::string chunk = awsHeader(":event-type", "chunk") +
                            awsHeader(":content-type", "application/json") +
                            awsHeader(":message-type", "event");
  const std::string other = std::string("\5count\4\0\0\0\1\4flag\0", 17) +
                            awsHeader(":exception-type", "throttlingException");
  const std::string body = awsMessage(chunk, "{\"bytes\":\"aGk=\"}") + awsMessage(chunk, "") +
                           awsMessage(other, "{\"message\":\"slow down\"}");
  const Framed messages = framed(Framing::AwsEventStream, body);
  CHECK(messages.error.empty());
  CHECK(messages.frames == Events{{"chunk", "{\"bytes\":\"aGk=\"}"},
                                  {"chunk", ""},
                                  {"throttlingException", "{\"message\":\"slow down\"}"}});
}

TEST_CASE("a damaged Amazon event stream is refused", "[net][framer]") {
  const std::string good = awsMessage(awsHeader(":event-type", "chunk"), "payload");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    INFO(i);
    CHECK(test::frame(Framing::AwsEventStream, bad).kind == FailureKind::Protocol);
    CHECK(test::frame(Framing::AwsEventStream, bad, everyByte(bad)).kind == FailureKind::Protocol);
  }
  for (std::size_t size = 1; size < good.size(); ++size) {
    INFO(size);
    CHECK(framed(Framing::AwsEventStream, good.substr(0, size)).kind == FailureKind::Protocol);
  }
  CHECK(framed(Framing::AwsEventStream, awsMessage("\x20name", "")).kind == FailureKind::Protocol);
  CHECK(framed(Framing::AwsEventStream, good, 20).kind == FailureKind::TooLarge);
}

TEST_CASE("the content type decides how a body is cut", "[net][framer]") {
  struct Case {
    Framing asked;
    const char* type;
    bool lengthKnown;
    Framing framing;
  };
  const Case cases[] = {
      {Framing::Sse, "text/event-stream", false, Framing::Sse},
      {Framing::Whole, "Text/Event-Stream;charset=utf-8", false, Framing::Sse},
      {Framing::Lines, "text/event-stream", false, Framing::Sse},
      {Framing::Raw, "text/event-stream", false, Framing::Sse},
      {Framing::Whole, "application/json", true, Framing::Whole},
      {Framing::Whole, "", true, Framing::Whole},
      {Framing::Sse, "application/json; charset=utf-8", true, Framing::Whole},
      {Framing::Sse, "application/problem+json", false, Framing::Whole},
      {Framing::Sse, "text/html", false, Framing::Whole},
      {Framing::Sse, "text/plain", false, Framing::Sse},
      {Framing::Sse, "", false, Framing::Sse},
      {Framing::Sse, "application/x-ndjson", false, Framing::Lines},
      {Framing::Lines, "application/x-ndjson", false, Framing::Lines},
      {Framing::Lines, "application/json", false, Framing::Lines},
      {Framing::Lines, "application/json", true, Framing::Whole},
      {Framing::JsonArray, "application/json", false, Framing::JsonArray},
      {Framing::Sse, "application/vnd.amazon.eventstream", false, Framing::AwsEventStream},
      {Framing::AwsEventStream, "application/json", true, Framing::Whole},
      {Framing::Raw, "application/json", true, Framing::Raw},
  };
  for (const Case& c : cases) {
    INFO(c.type << " asked " << static_cast<int>(c.asked));
    CHECK(net::framingFor(c.asked, c.type, c.lengthKnown) == c.framing);
  }
}
