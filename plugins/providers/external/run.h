#pragma once
// One request's way through an API: the values found in the prompt and the answers so far.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "declaration.h"
#include "parameters.h"

namespace pagoda::external {

struct Run {
  const Api& api;
  Prompt prompt;
  Values values;
  std::string baseUrl;
  std::map<std::string, std::string, std::less<>> answers;  ///< bodies by the step's name

  /// What places stand for in a request, or in an answer once all steps are done. `element` is the
  /// element of a list, else the last step's answer is meant. Borrows the run.
  Scope scope(std::optional<std::string_view> element = std::nullopt, std::size_t index = 0) const;
  /// The raw JSON at a pointer of a step's answer.
  std::optional<std::string_view> find(std::string_view step, const Pointer& pointer) const;
  Pointer::Resolve resolver() const;
};

}  // namespace pagoda::external
