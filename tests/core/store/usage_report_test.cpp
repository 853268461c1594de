#include "core/store/usage_report.h"

#include <catch2/catch.hpp>

#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

constexpr UnixMillis kDay = 86'400'000;

/// Two days of a key with a team and one request of play money.
struct Books {
  TemporaryDirectory directory;
  SettableClock clock;
  std::string path = directory.file("pagoda.db");
  std::optional<Store> store;

  Books() {
    store.emplace(openStore(path, {}, clock));
    RequestRow first = requestOf(1, nano(100), clock.unix - kDay);
    first.team = "research";
    first.attempts[0].upstreamModel = "qwen/qwen3-coder";
    first.attempts[0].completionTokens = 5;
    AttemptRow second = first.attempts.front();
    second.attempt = 2;
    second.tier = 3;
    second.model = "claude";
    second.upstreamModel = "";
    second.cost = nano(40);
    first.attempts.push_back(second);
    first.cost = nano(140);
    add(first);
    add(requestOf(2, nano(7), clock.unix));
    RequestRow simulated = requestOf(3, nano(1'000), clock.unix);
    simulated.simulated = true;
    add(simulated);
  }
  void add(RequestRow row) { REQUIRE(settleNow(store->ledger(), std::move(row))); }
  std::vector<UsageLine> usage(UsageBy by, CalendarDay from = 0, CalendarDay to = 99991231) {
    return usageInStore(path, {}, {by, from, to});
  }
  std::string correct(std::int64_t request, std::uint32_t attempt, std::int64_t amount,
                      std::string reason = "invoice of November") {
    store.reset();
    const std::string refusal = correctStore(
        path, {}, {RequestId(request), attempt, nano(amount), std::move(reason)}, clock);
    store.emplace(openStore(path, {}, clock));
    return refusal;
  }
};

TEST_CASE("usage is summed by what is asked for", "[store][usage]") {
  Books books;
  const auto tiers = books.usage(UsageBy::Tier);
  REQUIRE(tiers.size() == 2);
  CHECK(tiers[0].group == "1");
  CHECK(tiers[0].requests == 2);
  CHECK(tiers[0].attempts == 2);
  CHECK(tiers[0].promptTokens == 24);
  CHECK(tiers[0].completionTokens == 5);
  CHECK(tiers[0].spent == nano(107));
  CHECK(tiers[1].group == "3");
  CHECK(tiers[1].spent == nano(40));
  const auto days = books.usage(UsageBy::Day);
  REQUIRE(days.size() == 2);
  CHECK(days[0].group == "2026-11-24");
  CHECK(days[0].requests == 1);
  CHECK(days[0].attempts == 2);
  CHECK(days[0].spent == nano(140));
  CHECK(days[1].spent == nano(7));
  const auto upstream = books.usage(UsageBy::UpstreamModel);
  REQUIRE(upstream.size() == 3);
  CHECK(upstream[0].group == "claude");
  CHECK(upstream[1].group == "qwen/qwen3-coder");
  CHECK(upstream[2].group == "qwen3_coder");
  CHECK(books.usage(UsageBy::Key).at(0).spent == nano(147));
  CHECK(books.usage(UsageBy::Team).at(1).group == "research");
  const auto today = books.usage(UsageBy::Model, 20261125, 20261125);
  REQUIRE(today.size() == 1);
  CHECK(today[0].spent == nano(7));
}

TEST_CASE("a correction is an entry of its own, in every balance, and changes no row",
          "[store][usage]") {
  Books books;
  CHECK(books.correct(1, 2, -15).empty());
  CHECK(books.correct(1, 1, 30, "a price was wrong").empty());
  CHECK(auditStore(books.path, {}).empty());
  CHECK(numberIn(books.path, "SELECT sum(cost_nano_usd) FROM attempts WHERE request_id = 1") ==
        140);
  CHECK(numberIn(books.path, "SELECT count(*) FROM corrections") == 2);
  // Spending never falls: what is given back stands beside it.
  CHECK(numberIn(books.path, "SELECT spent_nano_usd FROM balances WHERE scope = 'all'") == 177);
  CHECK(numberIn(books.path, "SELECT credited_nano_usd FROM balances WHERE scope = 'all'") == 15);
  const LedgerTotals totals = books.store->ledger().totals();
  CHECK(totals.spent.at("all").month == nano(162));
  CHECK(totals.spent.at("tier=3").total == nano(25));
  CHECK(totals.spent.at("team=research").month == nano(155));
  // It is of the day on which it was made, and of its attempt's model.
  const auto days = books.usage(UsageBy::Day);
  REQUIRE(days.size() == 2);
  CHECK(days[1].spent == nano(37));
  CHECK(days[1].credited == nano(15));
  CHECK(days[1].requests == 1);
  CHECK(books.usage(UsageBy::Model).at(0).credited == nano(15));
}

TEST_CASE("a correction that cannot be is refused and books nothing", "[store][usage]") {
  Books books;
  CHECK(books.correct(9, 1, 5).find("the ledger has no attempt 1") == 0);
  CHECK(books.correct(1, 3, 5).find("the ledger has no attempt 3") == 0);
  CHECK(books.correct(3, 1, 5).find("play money") != std::string::npos);
  CHECK(books.correct(1, 1, 0).find("other than 0") != std::string::npos);
  CHECK(books.correct(1, 1, 5, "").find("a reason") != std::string::npos);
  CHECK(books.correct(1, 2, -41).find("is charged with $0.00000004") != std::string::npos);
  CHECK(books.correct(1, 2, -40).empty());
  CHECK(books.correct(1, 2, -1).find("is charged with $0,") != std::string::npos);
  CHECK(numberIn(books.path, "SELECT count(*) FROM corrections") == 1);
  CHECK(auditStore(books.path, {}).empty());
}

TEST_CASE("a correction waits until the server has stopped", "[store][usage]") {
  Books books;
  const auto error = errorOf([&] {
    correctStore(books.path, {}, {RequestId(1), 1, nano(1), "late"}, books.clock);
  });
  REQUIRE(error);
  CHECK(error->kind() == StoreError::Kind::Locked);
}

}  // namespace
}  // namespace pagoda::store
