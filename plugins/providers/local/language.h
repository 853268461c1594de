#pragma once
// Which language a text is in: by script, then by the words that every sentence needs.

#include <string>
#include <string_view>

#include "text.h"

namespace pagoda::local {

struct Language {
  std::string_view code;  ///< BCP 47; empty: not known
  Phrase name;
  double confidence = 0;  ///< 0..1
  Phrase reason;
};

Language detectLanguage(std::string_view text);

}  // namespace pagoda::local
