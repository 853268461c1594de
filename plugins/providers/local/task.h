#pragma once
// Which of the five tasks a prompt is, by keywords.

#include <string>
#include <string_view>

namespace pagoda::local {

struct Task {
  std::string_view name;  ///< coding, general, analysis, premium, realtime
  int tier;               ///< where the default configuration sends it
  std::string keyword;    ///< that decided; empty: none did, so it is general
};

Task detectTask(std::string_view prompt);

}  // namespace pagoda::local
