// `price_per_million` and `cost_per_1k_tokens` of models.yaml.

#include <string_view>

#include "core/app/config_reader.h"

namespace pagoda::app {
namespace {

const std::vector<std::string> kRateKeys = {"input",       "output",         "cache_read",
                                            "cache_write", "cache_write_1h", "reasoning"};
constexpr std::int64_t kMostSearches = 1'000;
constexpr std::int64_t kMostTokens = 1'000'000'000;

std::vector<std::string> withRates(std::vector<std::string> keys) {
  keys.insert(keys.end(), kRateKeys.begin(), kRateKeys.end());
  return keys;
}

class PriceReader {
 public:
  PriceReader(PriceUnit unit, ModelKind kind, const ReadContext& context)
      : unit_(unit), kind_(kind), context_(context) {}

  Price read(const YamlNode& node, const std::string& where) {
    Price price;
    if (!isMap(node, where)) return price;
    context_.refuseUnknown(node,
                           withRates({"per_request", "per_search", "max_searches", "steps", "from",
                                      "source", "as_of"}),
                           where);
    readRates(node, where, price);
    amount(node, "per_request", where, price.perRequest);
    amount(node, "per_search", where, price.perSearch);
    number(node, "max_searches", where, price.mostSearches, kMostSearches);
    if (const YamlNode* source = node.find("source"))
      take(*source, where + ".source", &price.source);
    readDay(node, "as_of", where, &price.asOf);
    price.from = readDay(node, "from", where, nullptr);
    if (const YamlNode* steps = node.find("steps")) readSteps(*steps, where + ".steps", price);
    return price;
  }

  bool isMap(const YamlNode& node, const std::string& where) {
    if (node.kind == YamlKind::Map) return true;
    wrong(node.position, where + " must be a map", "write {input: ..., output: ...}");
    return false;
  }
  void wrong(Position position, std::string message, std::string suggestion = {}) {
    good_ = false;
    context_.wrong(position, std::move(message), std::move(suggestion));
  }
  bool good() const { return good_; }

 private:
  template <class Target>
  bool take(const YamlNode& node, const std::string& what, Target target, std::int64_t least = 0,
            std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
    const Option option{.path = what, .target = target, .least = least, .most = most};
    const auto refusal = assign(option, node);
    if (refusal) wrong(node.position, what + ": " + refusal->message, refusal->suggestion);
    return !refusal;
  }

  bool amount(const YamlNode& node, const char* key, const std::string& where, Money& out) {
    const YamlNode* value = node.find(key);
    return value != nullptr && take(*value, where + "." + key, &out);
  }

  void number(const YamlNode& node, const char* key, const std::string& where, Tokens& out,
              std::int64_t most) {
    if (const YamlNode* value = node.find(key)) take(*value, where + "." + key, &out, 0, most);
  }

  /// A rate in the unit of the table becomes one per million tokens.
  bool rate(const YamlNode& node, const char* key, const std::string& where, Money& out) {
    if (!amount(node, key, where, out)) return false;
    if (unit_ == PriceUnit::Million) return true;
    std::int64_t nano = 0;
    if (__builtin_mul_overflow(out.nanoUsd(), std::int64_t{1000}, &nano)) {
      wrong(node.find(key)->position, where + "." + key + " is too large");
      return false;
    }
    out = Money::fromNanoUsd(nano);
    return true;
  }

  void readRates(const YamlNode& node, const std::string& where, Rates& rates) {
    for (const char* needed : {"input", "output"}) {
      // A vector is not counted in tokens.
      if (kind_ == ModelKind::Embedding && needed == std::string_view("output")) continue;
      if (node.find(needed) == nullptr)
        wrong(node.position, where + "." + needed + " is missing", "in USD");
    }
    rate(node, "input", where, rates.input);
    rate(node, "output", where, rates.output);
    const std::pair<const char*, std::optional<Money>*> classes[] = {
        {"cache_read", &rates.cacheRead},
        {"cache_write", &rates.cacheWrite},
        {"cache_write_1h", &rates.cacheWriteHour},
        {"reasoning", &rates.reasoning}};
    for (const auto& [key, target] : classes) {
      Money read;
      if (rate(node, key, where, read)) *target = read;
    }
  }

  void readSteps(const YamlNode& node, const std::string& where, Price& price) {
    if (node.kind != YamlKind::Sequence) {
      wrong(node.position, where + " must be a list",
            "write [{above: 200000, input: ..., output: ...}]");
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const std::string at = where + "[" + std::to_string(i) + "]";
      if (!isMap(item, at)) continue;
      context_.refuseUnknown(item, withRates({"above"}), at);
      PriceStep step;
      if (const YamlNode* above = item.find("above")) {
        take(*above, at + ".above", &step.above, 1, kMostTokens);
      } else {
        wrong(item.position, at + ".above is missing", "tokens of the prompt");
      }
      if (!price.steps.empty() && step.above <= price.steps.back().above)
        wrong(item.position, at + ".above is not larger than that of the step before",
              "order the steps by rising 'above'");
      readRates(item, at, step.rates);
      price.steps.push_back(std::move(step));
    }
  }

  CalendarDay readDay(const YamlNode& node, const char* key, const std::string& where,
                      std::string* out) {
    const YamlNode* value = node.find(key);
    std::string text;
    if (value == nullptr || !take(*value, where + "." + key, &text)) return 0;
    const CalendarDay day = parseDay(text);
    if (day == 0)
      wrong(value->position, where + "." + key + ": '" + text + "' is not a date",
            "write YYYY-MM-DD");
    if (out != nullptr) *out = text;
    return day;
  }

  PriceUnit unit_;
  ModelKind kind_;
  const ReadContext& context_;
  bool good_ = true;
};

}  // namespace

bool readPrices(const YamlNode& node, PriceUnit unit, const std::string& where, ModelKind kind,
                const ReadContext& context, std::vector<Price>& prices) {
  PriceReader reader(unit, kind, context);
  if (node.kind != YamlKind::Sequence) {
    prices.push_back(reader.read(node, where));
    return reader.good();
  }
  if (node.items.empty())
    reader.wrong(node.position, where + " is empty", "write {input: ..., output: ...}");
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string at = where + "[" + std::to_string(i) + "]";
    Price price = reader.read(node.items[i], at);
    if (i > 0 && price.from <= prices.back().from)
      reader.wrong(node.items[i].position,
                   at + " needs a day 'from' which it holds, after that of the entry before",
                   "write from: YYYY-MM-DD, the oldest entry first");
    prices.push_back(std::move(price));
  }
  return reader.good();
}

}  // namespace pagoda::app
