#pragma once
// Members of a request that some models refuse.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/chat.h"

namespace pagoda {

/// Bits of a set.
enum Parameter : std::uint32_t {
  kParTemperature = 1u << 0,
  kParTopP = 1u << 1,
  kParPenalties = 1u << 2,
  kParSeed = 1u << 3,
  kParReasoningEffort = 1u << 4,
  kParSerialTools = 1u << 5,  ///< `parallel_tool_calls: false`
  kParStop = 1u << 6,
  kParChoices = 1u << 7,      ///< n above 1
  kParForcedTools = 1u << 8,  ///< a tool_choice that demands a call
};

/// Without these an answer is another one, not a worse one: a model that refuses them is left out.
/// The others are wishes, which are dropped.
inline constexpr std::uint32_t kParNeeded = kParStop | kParChoices | kParForcedTools;

struct ParameterName {
  Parameter bit;
  std::string_view name;  ///< in models.yaml, and for people
};
inline constexpr ParameterName kParameterNames[] = {
    {kParTemperature, "temperature"},
    {kParTopP, "top_p"},
    {kParPenalties, "penalties"},
    {kParSeed, "seed"},
    {kParReasoningEffort, "reasoning_effort"},
    {kParSerialTools, "serial_tools"},
    {kParStop, "stop"},
    {kParChoices, "n"},
    {kParForcedTools, "forced_tools"},
};

/// "temperature, top_p"
std::string namesOf(std::uint32_t parameters);

/// Those that `request` makes use of.
std::uint32_t parametersOf(const ChatRequest& request);

/// The same request without the members of `parameters`, in its fields and in rawJson, where all
/// other bytes stay. Keeps what `request` points to alive.
ChatRequest without(const ChatRequest& request, std::uint32_t parameters);

}  // namespace pagoda
