#include "core/domain/parameter.h"

#include <memory>
#include <span>
#include <utility>

#include <pagoda/json.hpp>

namespace pagoda {
namespace {

struct Member {
  Parameter bit;
  std::string_view name;
};
constexpr Member kMembers[] = {
    {kParTemperature, "temperature"},
    {kParTopP, "top_p"},
    {kParPenalties, "presence_penalty"},
    {kParPenalties, "frequency_penalty"},
    {kParSeed, "seed"},
    {kParReasoningEffort, "reasoning_effort"},
    {kParReasoningEffort, "reasoning"},
    {kParSerialTools, "parallel_tool_calls"},
};

}  // namespace

std::string namesOf(std::uint32_t parameters) {
  std::string names;
  for (const ParameterName& one : kParameterNames)
    if ((parameters & one.bit) != 0) names.append(names.empty() ? "" : ", ").append(one.name);
  return names;
}

std::uint32_t parametersOf(const ChatRequest& request) {
  std::uint32_t used = 0;
  const auto add = [&](bool does, Parameter bit) {
    if (does) used |= bit;
  };
  add(request.temperature.has_value(), kParTemperature);
  add(request.topP.has_value(), kParTopP);
  add(request.presencePenalty || request.frequencyPenalty, kParPenalties);
  add(request.seed.has_value(), kParSeed);
  add(!request.reasoningEffort.empty() || request.reasoningTokens, kParReasoningEffort);
  add(request.serialTools && !request.legacyFunctions, kParSerialTools);
  add(!request.stop.empty(), kParStop);
  add(request.choices > 1, kParChoices);
  add(!request.tools.empty() &&
          (request.toolChoice == ToolChoice::Required || request.toolChoice == ToolChoice::Named),
      kParForcedTools);
  return used;
}

ChatRequest without(const ChatRequest& request, std::uint32_t parameters) {
  ChatRequest less = request.clone();
  if ((parameters & kParTemperature) != 0) less.temperature.reset();
  if ((parameters & kParTopP) != 0) less.topP.reset();
  if ((parameters & kParPenalties) != 0) {
    less.presencePenalty.reset();
    less.frequencyPenalty.reset();
  }
  if ((parameters & kParSeed) != 0) less.seed.reset();
  if ((parameters & kParReasoningEffort) != 0) {
    less.reasoningEffort = {};
    less.reasoningTokens.reset();
  }
  if ((parameters & kParSerialTools) != 0) less.serialTools = false;

  std::vector<json::Change> changes;
  for (const Member& member : kMembers)
    if ((parameters & member.bit) != 0)
      changes.push_back({member.name, json::Change::Action::Drop, {}});
  auto raw = std::make_shared<std::string>();
  raw->reserve(request.rawJson.size());
  json::splice(request.rawJson, std::span<const json::Change>(changes), *raw);
  less.rawJson = *raw;
  less.storage = std::make_shared<std::pair<std::shared_ptr<std::string>, std::shared_ptr<void>>>(
      raw, request.storage);
  return less;
}

}  // namespace pagoda
