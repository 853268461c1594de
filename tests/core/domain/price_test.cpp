#include "core/domain/price.h"

#include <catch2/catch.hpp>

#include "core/domain/catalogue.h"
#include "core/domain/chat.h"

namespace pagoda {
namespace {

Money usd(std::string_view text) {
  return *Money::parseUsd(text);
}

Price stepped() {
  Price price;
  price.input = usd("2");
  price.output = usd("12");
  price.cacheRead = usd("0.2");
  PriceStep step;
  step.above = 200'000;
  step.rates.input = usd("4");
  step.rates.output = usd("18");
  step.rates.cacheRead = usd("0.4");
  price.steps.push_back(step);
  return price;
}

Usage used(Tokens prompt, Tokens completion) {
  Usage usage;
  usage.prompt = prompt;
  usage.completion = completion;
  return usage;
}

TEST_CASE("a step prices the whole request by its prompt, cached tokens included",
          "[domain][price]") {
  const Price price = stepped();
  CHECK(costOf(used(200'000, 1'000), price) == usd("0.412"));
  CHECK(costOf(used(200'001, 1'000), price) == usd("0.818004"));
  Usage cached = used(300'000, 0);
  cached.cacheRead = 250'000;
  CHECK(costOf(cached, price) == usd("0.3"));
}

TEST_CASE("each class of token has its rate, or the one that it stands in for", "[domain][price]") {
  Price price;
  price.input = usd("3");
  price.output = usd("15");
  Usage usage = used(1'000'000, 1'000'000);
  usage.cacheRead = 100'000;
  usage.cacheWrite = 300'000;
  usage.cacheWriteHour = 200'000;
  usage.reasoning = 400'000;
  CHECK(costOf(usage, price) == usd("18"));
  price.cacheRead = usd("0.3");
  price.cacheWrite = usd("3.75");
  CHECK(costOf(usage, price) == usd("17.955"));  // 600k x 3 + 100k x 0.3 + 300k x 3.75 + 15
  price.cacheWriteHour = usd("6");
  CHECK(costOf(usage, price) == usd("18.405"));
  price.reasoning = usd("5");
  CHECK(costOf(usage, price) == usd("14.405"));
}

TEST_CASE("fees are per call and per search, and saturate", "[domain][price]") {
  Price price;
  price.perRequest = usd("0.005");
  price.perSearch = usd("0.01");
  Usage usage = used(0, 0);
  CHECK(costOf(usage, price) == usd("0.005"));
  usage.searches = 3;
  CHECK(costOf(usage, price) == usd("0.035"));
  usage.searches = std::numeric_limits<Tokens>::max();
  CHECK(costOf(usage, price) == Money::max());
}

TEST_CASE("the worst case covers every usage within its bounds", "[domain][price]") {
  Price price = stepped();
  price.cacheWrite = usd("5");  // dearer than fresh input, but only below the step
  price.reasoning = usd("20");
  price.perSearch = usd("0.01");
  constexpr Tokens kOutput = 1'000;
  for (const Tokens bound : {Tokens{1}, Tokens{199'999}, Tokens{200'001}, Tokens{900'000}}) {
    const Money worst =
        worstFixedCost(price, bound) + costOf(kOutput, worstOutputRate(price, bound));
    for (const Tokens prompt : {Tokens{1}, bound / 2, std::min<Tokens>(bound, 200'000), bound}) {
      for (int share = 0; share <= 4; ++share) {
        Usage usage = used(prompt, kOutput);
        usage.cacheRead = prompt * share / 4;
        usage.cacheWrite = prompt - *usage.cacheRead;
        usage.reasoning = kOutput * share / 4;
        usage.searches = price.mostSearches;
        CHECK(costOf(usage, price) <= worst);
      }
    }
  }
}

TEST_CASE("a price holds from its day on", "[domain][price]") {
  Model model;
  model.price.input = usd("1");
  Price next;
  next.input = usd("2");
  next.from = 20270101;
  model.later.push_back(next);
  next.input = usd("3");
  next.from = 20270201;
  model.later.push_back(next);
  CHECK(model.priceAt(20261231).input == usd("1"));
  CHECK(model.priceAt(20270101).input == usd("2"));
  CHECK(model.priceAt(20270131).input == usd("2"));
  CHECK(model.priceAt(20280101).input == usd("3"));
}

TEST_CASE("a price knows how old it is and what the ledger calls it", "[domain][price]") {
  Price price;
  CHECK_FALSE(ageOf(price, 20261125));
  CHECK(price.book().empty());
  price.asOf = "2026-08-27";
  CHECK(*ageOf(price, 20261125) == kStalePriceDays);
  CHECK(price.book() == "configuration, read 2026-08-27");
  price.source = "price list";
  CHECK(price.book() == "price list, read 2026-08-27");
}

}  // namespace
}  // namespace pagoda
