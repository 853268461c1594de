#pragma once
// What a Claude model accepts, told by its name.

#include <cstdint>
#include <string_view>

#include "settings.h"

namespace pagoda::anthropic {

/// What a request may hold for one model. Source: Anthropic's model overview and migration notes,
/// and recorded refusals, read 2026-11-25.
struct ModelTraits {
  enum class Thinking { None, Budget, Adaptive };
  Thinking thinking = Thinking::Budget;
  bool takesBudget = true;          ///< thinking:{type:enabled}; newer ones know adaptive alone
  bool betweenTools = false;        ///< thinking cannot be switched off, only confined
  bool takesEffort = false;         ///< output_config.effort
  bool takesMaxEffort = false;      ///< ... max
  bool takesXhighEffort = false;    ///< ... xhigh
  bool takesSampling = true;        ///< temperature, top_p, top_k
  bool takesSchema = false;         ///< output_config.format
  bool takesForcedTool = true;      ///< tool_choice any or tool
  std::int64_t mostOutput = 32000;  ///< a max_tokens that it does not refuse
};

/// Names come as `claude-sonnet-4-5-20250929`, `claude-3-7-sonnet@20250219`, `claude-fable-5-1`. A
/// Claude without a version is taken for a new one; any other name for a server that merely speaks
/// the dialect.
ModelTraits traitsOf(std::string_view model, ThinkingForm form);

}  // namespace pagoda::anthropic
