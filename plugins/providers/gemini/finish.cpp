#include "finish.h"

#include <algorithm>
#include <iterator>

namespace pagoda::gemini {

pagoda_finish finishOf(std::string_view word) noexcept {
  constexpr std::string_view kFiltered[] = {
      "SAFETY",   "RECITATION",  "BLOCKLIST",    "PROHIBITED_CONTENT",       "SPII",
      "LANGUAGE", "MODEL_ARMOR", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"};
  if (word == "STOP") return PAGODA_FINISH_STOP;
  if (word == "MAX_TOKENS") return PAGODA_FINISH_LENGTH;
  if (std::ranges::find(kFiltered, word) != std::end(kFiltered)) return PAGODA_FINISH_FILTER;
  return PAGODA_FINISH_OTHER;
}

std::string_view finishName(std::int64_t number) noexcept {
  constexpr std::string_view kNames[] = {"FINISH_REASON_UNSPECIFIED",
                                         "STOP",
                                         "MAX_TOKENS",
                                         "SAFETY",
                                         "RECITATION",
                                         "OTHER",
                                         "LANGUAGE",
                                         "BLOCKLIST",
                                         "PROHIBITED_CONTENT",
                                         "SPII",
                                         "MALFORMED_FUNCTION_CALL"};
  constexpr std::int64_t kCount = std::size(kNames);
  return number >= 0 && number < kCount ? kNames[number] : std::string_view("OTHER");
}

}  // namespace pagoda::gemini
