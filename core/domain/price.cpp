#include "core/domain/price.h"

#include <algorithm>
#include <limits>

#include "core/domain/chat.h"

namespace pagoda {
namespace {

Tokens counted(const std::optional<Tokens>& tokens, Tokens otherwise = 0) {
  return std::max<Tokens>(0, tokens.value_or(otherwise));
}

void raise(std::optional<Money>& to, const std::optional<Money>& other) {
  if (other) to = std::max(to.value_or(Money{}), *other);
}

Money times(Money fee, Tokens count) {
  std::int64_t nano = 0;
  if (__builtin_mul_overflow(fee.nanoUsd(), count, &nano)) return Money::max();
  return Money::fromNanoUsd(nano);
}

}  // namespace

const Rates& Price::ratesOf(Tokens prompt) const {
  const Rates* rates = this;
  for (const PriceStep& step : steps)
    if (prompt > step.above) rates = &step.rates;
  return *rates;
}

Rates Price::dearestUpTo(Tokens prompt) const {
  Rates dearest = *this;
  for (const PriceStep& step : steps) {
    if (prompt <= step.above) break;
    dearest.input = std::max(dearest.input, step.rates.input);
    dearest.output = std::max(dearest.output, step.rates.output);
    raise(dearest.cacheRead, step.rates.cacheRead);
    raise(dearest.cacheWrite, step.rates.cacheWrite);
    raise(dearest.cacheWriteHour, step.rates.cacheWriteHour);
    raise(dearest.reasoning, step.rates.reasoning);
  }
  return dearest;
}

std::string Price::book() const {
  if (source.empty() && asOf.empty()) return {};
  std::string text = source.empty() ? "configuration" : source;
  if (!asOf.empty()) text += ", read " + asOf;
  return text;
}

std::optional<std::int64_t> ageOf(const Price& price, CalendarDay today) {
  const CalendarDay read = parseDay(price.asOf);
  if (read == 0) return std::nullopt;
  return daysBetween(read, today);
}

Money costOf(const Usage& usage, const Price& price) {
  const Tokens read = counted(usage.cacheRead);
  const Tokens wrote = counted(usage.cacheWrite);
  // Without a total, what is known of its parts is billed; they never exceed a total that is known.
  const Tokens parts = read > std::numeric_limits<Tokens>::max() - wrote
                           ? std::numeric_limits<Tokens>::max()
                           : read + wrote;
  const Tokens prompt = counted(usage.prompt, parts);
  const Tokens cached = std::min(read, prompt);
  const Tokens written = std::min(wrote, prompt - cached);
  const Tokens hour = std::min(counted(usage.cacheWriteHour), written);
  const Tokens completion = counted(usage.completion);
  const Tokens thought = std::min(counted(usage.reasoning), completion);
  const Rates& rates = price.ratesOf(prompt);
  const Money write = rates.cacheWrite.value_or(rates.input);
  return price.perRequest + times(price.perSearch, counted(usage.searches)) +
         costOf(prompt - cached - written, rates.input) +
         costOf(cached, rates.cacheRead.value_or(rates.input)) + costOf(written - hour, write) +
         costOf(hour, rates.cacheWriteHour.value_or(write)) +
         costOf(completion - thought, rates.output) +
         costOf(thought, rates.reasoning.value_or(rates.output));
}

Money worstFixedCost(const Price& price, Tokens prompt) {
  const Rates rates = price.dearestUpTo(prompt);
  const Money dearest =
      std::max({rates.input, rates.cacheRead.value_or(Money{}), rates.cacheWrite.value_or(Money{}),
                rates.cacheWriteHour.value_or(Money{})});
  return price.perRequest + times(price.perSearch, price.mostSearches) + costOf(prompt, dearest);
}

Money worstOutputRate(const Price& price, Tokens prompt) {
  const Rates rates = price.dearestUpTo(prompt);
  return std::max(rates.output, rates.reasoning.value_or(Money{}));
}

}  // namespace pagoda
