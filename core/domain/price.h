#pragma once
// What a call costs: rates by class of token, steps by the prompt's size, fees, and the day from
// which a price holds.

#include <optional>
#include <string>
#include <vector>

#include "core/base/money.h"
#include "core/base/time_zone.h"

namespace pagoda {

struct Usage;

/// Money per million tokens. Absent classes are billed as fresh input, reasoning as output.
struct Rates {
  Money input;
  Money output;
  std::optional<Money> cacheRead;
  std::optional<Money> cacheWrite;      ///< kept for five minutes
  std::optional<Money> cacheWriteHour;  ///< kept for an hour; absent: as cacheWrite
  std::optional<Money> reasoning;
};

/// Rates of a whole request whose prompt, cached tokens included, has more than `above` tokens.
struct PriceStep {
  Tokens above = 0;
  Rates rates;
};

/// One entry of the price book.
struct Price : Rates {
  std::vector<PriceStep> steps;  ///< rising
  Money perRequest;              ///< a fee per call
  Money perSearch;               ///< a fee per search that the model makes on its own
  Tokens mostSearches = 5;       ///< that are held for, where searches have a fee
  CalendarDay from = 0;          ///< first day on which it holds; 0: always
  std::string source;            ///< where the price was read, and
  std::string asOf;              ///< when, YYYY-MM-DD

  /// Of a request with a prompt of this size.
  const Rates& ratesOf(Tokens prompt) const;
  /// The highest of each class that a prompt of up to `prompt` tokens can meet.
  Rates dearestUpTo(Tokens prompt) const;
  /// Names the entry in the ledger: "source, read 2026-09-23", or empty.
  std::string book() const;
};

/// Days since a price was read; absent: it does not say when.
std::optional<std::int64_t> ageOf(const Price& price, CalendarDay today);
/// A price that was read longer ago than this is to be checked.
inline constexpr std::int64_t kStalePriceDays = 90;

/// Cost of a call from its usage, rounded up per class; cached tokens are part of
/// prompt, reasoning part of completion.
Money costOf(const Usage& usage, const Price& price);

/// What does not depend on the answer's length, at most: the dearest class of a prompt of up to
/// `prompt` tokens, the fee of the call and of its searches.
Money worstFixedCost(const Price& price, Tokens prompt);
/// The dearest rate of a token of the answer.
Money worstOutputRate(const Price& price, Tokens prompt);

}  // namespace pagoda
