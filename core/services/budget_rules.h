#pragma once
// What the configuration allows to be spent, and when a tier may spend another's part.

#include <map>
#include <optional>
#include <string>

#include "core/base/money.h"

namespace pagoda::services {

inline constexpr int kTierCount = 5;

/// Limits of one scope by window; absent: none. Days and months are calendar ones.
struct WindowLimits {
  std::optional<Money> day;
  std::optional<Money> month;
  std::optional<Money> total;
};

/// Whose unused part a tier may spend once its own is gone. The month's limit holds in any case.
enum class Borrowing {
  None,   ///< nobody's
  Lower,  ///< that of the tiers below it
  Any,    ///< everybody's
};

struct BudgetRules {
  WindowLimits all;
  /// Part of the month that is a tier's own, in billionths (0.15 is 150'000'000). Tiers that are
  /// not named share what is unallocated, and come after the others where borrowing asks for an
  /// order.
  std::map<int, Money> shares;
  Borrowing borrowing = Borrowing::Lower;
  std::map<std::string, WindowLimits> teams;
};

}  // namespace pagoda::services
