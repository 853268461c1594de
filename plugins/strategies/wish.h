#pragma once
// What a request says about tiers. Free of allocation: it is read for every request.

#include <cstdint>
#include <string_view>

#include <pagoda/sdk/core.hpp>
#include <pagoda/strategy.h>

namespace pagoda::strategies {

constexpr int kExternalTier = 4;  ///< live data; not part of the cascade

using sdk::view;

template <class F>
void eachLabel(pagoda_array labels, F&& use) noexcept {
  for (std::uint32_t i = 0; i < labels.count; ++i) {
    const auto& label = *PAGODA_AT(pagoda_pair, labels, i);
    use(view(label.name), view(label.value));
  }
}

/// A tier's number, or -1.
inline int tierOf(std::string_view text) noexcept {
  if (text.size() != 1 || text.front() < '0' || text.front() > '0' + kExternalTier) return -1;
  return text.front() - '0';
}

inline int tierForTask(pagoda_task task) noexcept {
  if (task == PAGODA_TASK_CODE) return 0;
  return task == PAGODA_TASK_REASONING || task == PAGODA_TASK_MATH ? 2 : 1;
}

/// What the request says about tiers, read from its labels.
struct Wish {
  int tier = 1;
  bool asked = false;        ///< the client named the tier
  std::string_view task;     ///< coding, general, analysis, premium, realtime; may be empty
  std::string_view keyword;  ///< that decided the task, if the host tells
};

inline Wish wishOf(const pagoda_features& features) noexcept {
  Wish wish;
  wish.tier = tierForTask(features.task);
  int asked = -1;
  eachLabel(features.labels, [&](std::string_view name, std::string_view value) {
    const int tier = tierOf(value);
    if (name == "task") wish.task = value;
    if (name == "keyword") wish.keyword = value;
    if (name == "preferred_tier" && tier >= 0) wish.tier = tier;
    if (name == "requested_tier" && tier >= 0) asked = tier;
  });
  const std::string_view pool = view(features.pool);
  if (asked < 0 && pool.substr(0, 4) == "tier") asked = tierOf(pool.substr(4));
  if (asked >= 0) {
    wish.tier = asked;
    wish.asked = true;
  }
  return wish;
}

}  // namespace pagoda::strategies
