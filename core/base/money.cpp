#include "core/base/money.h"

#include <charconv>

namespace pagoda {
namespace {

constexpr std::int64_t kNanoPerUsd = 1'000'000'000;
constexpr std::size_t kDecimals = 9;

bool readDigits(std::string_view digits, std::int64_t& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size();
}

}  // namespace

std::optional<Money> Money::parseUsd(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (whole.empty() || whole.front() == '-' || fraction.size() > kDecimals) return std::nullopt;
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  if (!fraction.empty() && fraction.front() == '-') return std::nullopt;
  fraction.append(kDecimals - fraction.size(), '0');
  std::int64_t dollars = 0;
  std::int64_t nano = 0;
  if (!readDigits(whole, dollars) || !readDigits(fraction, nano)) return std::nullopt;
  std::int64_t total = 0;
  if (__builtin_mul_overflow(dollars, kNanoPerUsd, &total) ||
      __builtin_add_overflow(total, nano, &total))
    return std::nullopt;
  return Money(negative ? -total : total);
}

std::string Money::toString() const {
  const bool negative = nano_ < 0;
  // The magnitude of INT64_MIN fits into the unsigned type only.
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(nano_) : static_cast<std::uint64_t>(nano_);
  std::string text = (negative ? "-" : "") + std::to_string(magnitude / kNanoPerUsd);
  std::string fraction = std::to_string(magnitude % kNanoPerUsd);
  fraction.insert(0, kDecimals - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? text : text + "." + fraction;
}

Money costOf(Tokens tokens, Money perMillion) {
  if (tokens <= 0 || perMillion.nanoUsd() <= 0) return {};
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t kMillion = 1'000'000;
  const Wide product = static_cast<Wide>(tokens) * static_cast<std::uint64_t>(perMillion.nanoUsd());
  const Wide cost = (product + kMillion - 1) / kMillion;
  if (cost > static_cast<Wide>(Money::max().nanoUsd())) return Money::max();
  return Money::fromNanoUsd(static_cast<std::int64_t>(cost));
}

}  // namespace pagoda
