#include "core/net/sse_framer.h"

#include <filesystem>
#include <random>

#include <Poco/FileStream.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

#include "tests/support/framed.h"

using namespace pagoda;
using pagoda::test::everyByte;
using pagoda::test::Framed;
using pagoda::test::FramedEvent;

namespace {

using Events = std::vector<FramedEvent>;

struct Case {
  const char* name;
  std::string body;
  Events events;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"an empty body", "", {}},
      {"LF ends lines", "data: a\n\ndata: b\n\n", {{"", "a"}, {"", "b"}}},
      {"CRLF ends lines", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}}},
      {"CR ends lines", "data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}}},
      {"line ends are mixed",
       "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r",
       {{"", "a"}, {"", "b"}, {"", "c"}}},
      {"a byte order mark is dropped",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {{"", "a"}}},
      {"a second mark is not",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\ndata: b\n\n",
       {{"", "b"}}},
      {"half a mark belongs to the line",
       "\xEF\xBB"
       "data: a\n\ndata: b\n\n",
       {{"", "b"}}},
      {"comments are skipped", ": ping\n\n:\ndata: a\n: b\n\n", {{"", "a"}}},
      {"events have names", "event: delta\ndata: a\n\ndata: b\n\n", {{"delta", "a"}, {"", "b"}}},
      {"the last name counts", "event: x\nevent: y\ndata: a\n\n", {{"y", "a"}}},
      {"an event without data is none", "event: ping\n\ndata: a\n\n", {{"", "a"}}},
      {"lines of data are joined", "data: a\ndata: b\ndata: c\n\n", {{"", "a\nb\nc"}}},
      {"one space behind the colon is dropped",
       "data:a\n\ndata: a\n\ndata:  a\n\n",
       {{"", "a"}, {"", "a"}, {"", " a"}}},
      {"data may be empty", "data\n\ndata:\n\ndata\ndata\n\n", {{"", ""}, {"", ""}, {"", "\n"}}},
      {"id, retry and unknown fields are skipped",
       "id: 1\nretry: 5\nfoo: x\ndata: a\nid\n\n",
       {{"", "a"}}},
      {"field names are exact", "Data: a\n data: b\ndata : c\n\ndata: d\n\n", {{"", "d"}}},
      {"data holds colons", "data: {\"a\": \"b: c\"}\n\n", {{"", "{\"a\": \"b: c\"}"}}},
      {"U+2028 and U+0085 end no line",
       "data: a\xE2\x80\xA8"
       "b\xC2\x85"
       "c\n\n",
       {{"",
         "a\xE2\x80\xA8"
         "b\xC2\x85"
         "c"}}},
      {"NUL is data", std::string("data: a\0b\n\n", 11), {{"", std::string("a\0b", 3)}}},
      {"the last event lacks its blank line", "data: a\n\ndata: b\n", {{"", "a"}, {"", "b"}}},
      {"the last line lacks its end", "data: a\n\nevent: e\ndata: b", {{"", "a"}, {"e", "b"}}},
      {"a field alone at the end", "data: a\n\nevent: e", {{"", "a"}}},
      {"many blank lines", "\n\n\r\n\rdata: a\n\n\n\n\n", {{"", "a"}}},
  };
  return kCases;
}

std::vector<std::size_t> randomCuts(std::mt19937& random, std::size_t size) {
  std::vector<std::size_t> cuts;
  std::size_t at = 0;
  // Short steps are frequent, so that cuts fall into line ends as well as into payloads.
  while (true) {
    at += 1 + random() % (random() % 4 == 0 ? 200 : 7);
    if (at >= size) return cuts;
    cuts.push_back(at);
  }
}

Events framesOf(std::string_view body, const std::vector<std::size_t>& cuts) {
  const Framed framed = test::frame(Framing::Sse, body, cuts);
  REQUIRE(framed.error.empty());
  return framed.frames;
}

std::string responseBody(const std::filesystem::path& file) {
  Poco::FileInputStream in(file.string());
  Poco::JSON::Parser parser;
  const auto exchange = parser.parse(in).extract<Poco::JSON::Object::Ptr>();
  const auto response = exchange->getObject("response");
  if (!response || !response->get("body").isString()) return {};
  const auto headers = response->getObject("headers");
  std::string type;
  if (headers) {
    for (const auto& [name, value] : *headers) {
      if (name == "content-type") type = value.toString();
    }
  }
  return type.find("text/event-stream") == std::string::npos
             ? std::string()
             : response->getValue<std::string>("body");
}

}  // namespace

TEST_CASE("an event stream is cut into its events", "[net][sse]") {
  for (const Case& c : cases()) {
    DYNAMIC_SECTION(c.name) {
      CHECK(framesOf(c.body, {}) == c.events);
    }
  }
}

TEST_CASE("the cuts of the pieces do not change the events", "[net][sse]") {
  std::mt19937 random(1);
  for (const Case& c : cases()) {
    DYNAMIC_SECTION(c.name) {
      CHECK(framesOf(c.body, everyByte(c.body)) == c.events);
      for (std::size_t cut = 1; cut < c.body.size(); ++cut)
        CHECK(framesOf(c.body, {cut}) == c.events);
      for (int i = 0; i < 50; ++i)
        CHECK(framesOf(c.body, randomCuts(random, c.body.size())) == c.events);
    }
  }
}

TEST_CASE("an event larger than the limit is refused, whole or in pieces", "[net][sse]") {
  const std::string fits = "data: " + std::string(90, 'x') + "\n\n";
  CHECK(test::frame(Framing::Sse, fits, {}, 100).frames.size() == 1);

  const std::string bodies[] = {
      "data: " + std::string(101, 'x') + "\n\n",  // one line
      "data: " + std::string(500, 'x'),           // a line without an end
      "data: " + std::string(60, 'x') + "\ndata: " + std::string(60, 'x') + "\n\n",
      std::string(1000, 'x'),  // no field at all
  };
  for (const std::string& body : bodies) {
    for (const auto& cuts : {std::vector<std::size_t>{}, everyByte(body)}) {
      const Framed framed = test::frame(Framing::Sse, body, cuts, 100);
      CHECK(framed.frames.empty());
      CHECK(framed.kind == FailureKind::TooLarge);
    }
  }
}

TEST_CASE("events inside one piece are views into it", "[net][sse]") {
  net::SseFramer framer(1024);
  const std::string body = "event: e\ndata: one\n\ndata: two\n\n";
  framer.feed(body);
  Frame first;
  Frame second;
  REQUIRE(framer.next(first) == net::FrameStep::Frame);
  REQUIRE(framer.next(second) == net::FrameStep::Frame);
  const auto inside = [&](std::string_view view) {
    return view.data() >= body.data() && view.data() + view.size() <= body.data() + body.size();
  };
  CHECK(inside(first.event));
  CHECK(inside(first.data));
  CHECK(inside(second.data));
  CHECK(first.data == "one");
}

TEST_CASE("a piece of nothing but line ends is read in linear time", "[net][sse]") {
  // With a search for LF from every CR this takes minutes.
  const std::string body = std::string(1 << 20, '\r') + "data: a\n\n";
  CHECK(framesOf(body, {}) == Events{{"", "a"}});
}

TEST_CASE("recorded event streams come out alike however they are cut", "[net][sse][shared]") {
  const std::filesystem::path folder = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(folder)) {
    WARN("no recorded traffic beside the project");
    return;
  }
  std::mt19937 random(2);
  int streams = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "index.json") continue;
    const std::string body = responseBody(entry.path());
    if (body.empty()) continue;
    ++streams;
    const Events whole = framesOf(body, {});
    INFO(entry.path().string());
    REQUIRE_FALSE(whole.empty());
    for (int i = 0; i < 3; ++i) REQUIRE(framesOf(body, randomCuts(random, body.size())) == whole);
  }
  CHECK(streams > 50);
}
