#include "plugins/strategies/tiered/order.h"

using namespace pagoda::tiered;

namespace {

Facts model(std::uint32_t index, int tier, std::string_view id, std::int64_t cost = 1) {
  Facts facts;
  facts.index = index;
  facts.tier = tier;
  facts.id = id;
  facts.costNano = cost;
  return facts;
}

std::vector<int> tiersFrom(int start, Escalate escalate) {
  std::vector<Facts> facts;
  for (int tier = 0; tier <= 4; ++tier)
    facts.push_back(model(static_cast<std::uint32_t>(tier), tier, "m"));
  const std::uint32_t wanted = orderFrom(facts.data(), 5, start, escalate);
  std::vector<int> tiers;
  for (std::uint32_t i = 0; i < wanted; ++i) tiers.push_back(facts[i].tier);
  return tiers;
}

}  // namespace

TEST_CASE("tiers escalate upwards, then downwards as a last resort", "[tiered]") {
  using Tiers = std::vector<int>;
  CHECK(tiersFrom(0, Escalate::Any) == Tiers{0, 1, 2, 3});
  CHECK(tiersFrom(2, Escalate::Any) == Tiers{2, 3, 1, 0});
  CHECK(tiersFrom(3, Escalate::Any) == Tiers{3, 2, 1, 0});
  CHECK(tiersFrom(1, Escalate::Up) == Tiers{1, 2, 3});
  CHECK(tiersFrom(1, Escalate::None) == Tiers{1});
}

TEST_CASE("live data is tried only where the request starts there", "[tiered]") {
  CHECK(tiersFrom(4, Escalate::Any) == std::vector<int>{4, 0, 1, 2, 3});
  CHECK(tiersFrom(4, Escalate::None) == std::vector<int>{4});
}

TEST_CASE("within a tier health, tag, price and name decide in this order", "[tiered]") {
  Facts facts[] = {model(0, 0, "down", 1),        model(1, 0, "plain", 1),
                   model(2, 0, "tagged-dear", 9), model(3, 0, "tagged-b", 2),
                   model(4, 0, "tagged-a", 2),    model(5, 0, "local", 0)};
  facts[0].down = facts[0].tagged = true;
  facts[2].tagged = facts[3].tagged = facts[4].tagged = true;
  facts[5].lastResort = true;
  REQUIRE(orderFrom(facts, 6, 0, Escalate::Any) == 6);
  std::vector<std::uint32_t> order;
  for (const Facts& f : facts) order.push_back(f.index);
  CHECK(order == std::vector<std::uint32_t>{4, 3, 2, 1, 0, 5});
}
