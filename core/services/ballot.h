#pragma once
// What an ensemble makes of its answers without asking anybody.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/answer.h"

namespace pagoda::services {

/// What two answers must share to count as the same: white space, case, quotes and marks at the end
/// do not matter, JSON's spelling does not either. With the tools that are called.
std::string gistOf(const ChatAnswer& answer);

struct Vote {
  std::string gist;
  double weight = 1;
};

/// The first of those whose gist has the most weight. `votes` is not empty.
std::size_t winnerOf(const std::vector<Vote>& votes);

/// The number of an answer, from 1, that a judge named: the first one in its text that is in 1 to
/// `count`.
std::optional<std::size_t> namedBy(std::string_view judge, std::size_t count);

}  // namespace pagoda::services
