#include "core/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

// Reads back what a Log wrote into a pipe.
class Pipe {
 public:
  Pipe() {
    REQUIRE(pipe(ends_) == 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    fcntl(ends_[1], F_SETFL, O_NONBLOCK);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int input() const { return ends_[1]; }
  std::string all() const {
    std::string text(1 << 16, '\0');
    const ssize_t size = read(ends_[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::string logged(LogFormat format, const std::string& value) {
  const Pipe pipe;
  Log(pipe.input(), LogLevel::Info, format).info("event", {{"field", value}});
  const std::string line = pipe.all();
  const std::string start = format == LogFormat::Json ? "\"field\":\"" : "field=\"";
  const std::string end = format == LogFormat::Json ? "\"}\n" : "\"\n";
  const std::size_t from = line.find(start);
  REQUIRE(from != std::string::npos);
  REQUIRE(line.size() >= from + start.size() + end.size());
  REQUIRE(line.substr(line.size() - end.size()) == end);
  return line.substr(from + start.size(), line.size() - from - start.size() - end.size());
}

TEST_CASE("no value can forge a line or break the JSON", "[base][log]") {
  struct Case {
    const char* name;
    std::string value;
    std::string expected;
  };
  const Case cases[] = {
      {"plain text", "abc 予算", "abc 予算"},
      {"line feeds", "a\nb\r\n", "a\\u000ab\\u000d\\u000a"},
      {"quotes and backslashes", "\",\"level\":\"error\\", "\\\",\\\"level\\\":\\\"error\\\\"},
      {"NUL and escape", std::string("a\0\x1b[31m", 7), "a\\u0000\\u001b[31m"},
      {"delete", "\x7f", "\\u007f"},
      {"control codes beyond ASCII", "\xc2\x9b", "\\u009b"},
      {"no-break space is no control code", "\xc2\xa0", "\xc2\xa0"},
      {"a byte that is no UTF-8", "a\xff z", "a\\ufffd z"},
      {"a cut sequence", "\xe4\xba", "\\ufffd\\ufffd"},
      {"overlong", "\xc0\xaf", "\\ufffd\\ufffd"},
      {"a surrogate", "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
      {"beyond Unicode", "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
      {"four bytes", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(logged(LogFormat::Json, c.value) == c.expected);
      CHECK(logged(LogFormat::Text, c.value) == c.expected);
    }
  }
}

TEST_CASE("a long value is cut between characters and marked", "[base][log]") {
  std::string value(1'023, 'x');
  value += "予算予算";
  CHECK(logged(LogFormat::Json, value) == std::string(1'023, 'x') + "予...");
  CHECK(logged(LogFormat::Json, std::string(1'024, 'y')) == std::string(1'024, 'y'));
}

TEST_CASE("a record stays under 8 KiB and whole: fields that do not fit are left out",
          "[base][log]") {
  const Pipe pipe;
  const std::string controls(1'024, '\x01');
  Log(pipe.input(), LogLevel::Info, LogFormat::Json)
      .info("event", {{"a", controls}, {"b", controls}, {"c", "short"}});
  const std::string line = pipe.all();
  CHECK(line.size() <= 8 * 1024 + 1);
  CHECK(line.find("\"a\":\"\\u0001") != std::string::npos);
  CHECK(line.find("\"b\":") == std::string::npos);
  CHECK(line.substr(line.size() - 15) == ",\"cut\":\"true\"}\n");
}

TEST_CASE("levels below the configured one are not written", "[base][log]") {
  const Pipe pipe;
  Log log(pipe.input(), LogLevel::Warn, LogFormat::Text);
  log.info("quiet");
  CHECK(pipe.all().empty());
  log.warn("loud");
  CHECK(pipe.all().find(" warn loud\n") != std::string::npos);
  Log off(pipe.input(), LogLevel::Off, LogFormat::Text);
  off.error("nothing");
  CHECK(pipe.all().empty());
}

TEST_CASE("a full or closed sink drops records and counts them", "[base][log]") {
  const Pipe pipe;
  Log log(pipe.input(), LogLevel::Info, LogFormat::Text);
  for (int i = 0; i < 2'000; ++i) log.info("event", {{"text", std::string(200, 'x')}});
  CHECK(log.dropped() > 0);
  Log closed(-1, LogLevel::Info, LogFormat::Json);
  closed.info("event");
  CHECK(closed.dropped() == 1);
}

}  // namespace
}  // namespace pagoda
