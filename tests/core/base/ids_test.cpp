#include "core/base/ids.h"

#include <atomic>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

class SteppingClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return {}; }
  UnixMillis unixNow() const noexcept override { return time.load(); }
  std::atomic<UnixMillis> time{1'795'564'800'000};
};

TEST_CASE("a request id reads back from its text", "[base][ids]") {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{31}, std::int64_t{32},
        std::int64_t{1'795'564'800'000} << 21, std::numeric_limits<std::int64_t>::max()}) {
    const RequestId id(number);
    INFO(id.toString());
    CHECK(id.toString().size() == 17);
    CHECK(RequestId::parse(id.toString()) == id);
  }
}

TEST_CASE("texts that are no request id are refused", "[base][ids]") {
  // The third and fourth would need 64 bits and more.
  for (const char* text : {"", "req_", "req_8000000000000", "req_zzzzzzzzzzzzz",
                           "req_000000000000i", "req_00000000000000", "req_000000000000",
                           "REQ_0000000000000", "req_000000000000 ", "chatcmpl-0000000000"}) {
    INFO(text);
    CHECK_FALSE(RequestId::parse(text));
  }
  CHECK(RequestId::parse("req_7zzzzzzzzzzzz")->number() ==
        std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("request ids rise with time, and do not fall when the clock does", "[base][ids]") {
  SteppingClock clock;
  RequestIdSource source(clock);
  const RequestId first = source.next();
  const RequestId second = source.next();
  clock.time -= 3'600'000;
  const RequestId third = source.next();
  clock.time += 3'600'001;
  const RequestId fourth = source.next();
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third < fourth);
  CHECK(fourth.number() >> 21 == clock.time.load());
  CHECK(first.toString() < fourth.toString());
}

TEST_CASE("threads never get the same request id", "[base][ids]") {
  const SteppingClock clock;
  RequestIdSource source(clock);
  constexpr std::size_t kEach = 5'000;
  std::vector<std::vector<std::int64_t>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kEach; ++i) mine.push_back(source.next().number());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::int64_t> all;
  for (const auto& mine : made) {
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  CHECK(all.size() == 4 * kEach);
}

TEST_CASE("random tokens are base 62, as long as asked, and differ", "[base][ids]") {
  std::set<char> seen;
  std::set<std::string> tokens;
  for (int i = 0; i < 200; ++i) {
    const std::string token = randomToken(43);
    REQUIRE(token.size() == 43);
    tokens.insert(token);
    seen.insert(token.begin(), token.end());
  }
  CHECK(tokens.size() == 200);
  CHECK(seen.size() == 62);
  CHECK(
      std::all_of(seen.begin(), seen.end(), [](unsigned char c) { return std::isalnum(c) != 0; }));
  CHECK(randomToken(0).empty());
}

TEST_CASE("months and times are those of UTC", "[base][clock]") {
  CHECK(monthOf(1'795'564'800'000) == 2026 * 12 + 10);
  CHECK(monthOf(1'796'083'199'999) == 2026 * 12 + 10);  // 2026-11-30T23:59:59.999Z
  CHECK(monthOf(1'796'083'200'000) == 2026 * 12 + 11);
  CHECK(monthOf(-1) == 1969 * 12 + 11);
  CHECK(formatUtc(1'795'564'800'004) == "2026-11-25T00:00:00.004Z");
  CHECK(formatUtc(-1) == "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace pagoda
