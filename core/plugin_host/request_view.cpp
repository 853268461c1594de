#include "core/plugin_host/request_view.h"

#include <limits>
#include <numeric>

#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

template <class T>
pagoda_array arrayOf(const T* data, std::size_t count) {
  return {data, static_cast<std::uint32_t>(count), sizeof(T)};
}

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

double orNan(const std::optional<double>& value) {
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
}

pagoda_role roleOf(Role role) {
  switch (role) {
    case Role::System:
      return PAGODA_ROLE_SYSTEM;
    case Role::User:
      return PAGODA_ROLE_USER;
    case Role::Assistant:
      return PAGODA_ROLE_ASSISTANT;
    case Role::Tool:
      return PAGODA_ROLE_TOOL;
  }
  return PAGODA_ROLE_USER;
}

pagoda_part_kind kindOfPart(PartKind kind) {
  switch (kind) {
    case PartKind::Text:
      return PAGODA_PART_TEXT;
    case PartKind::Image:
      return PAGODA_PART_IMAGE;
    case PartKind::Audio:
      return PAGODA_PART_AUDIO;
    case PartKind::File:
      return PAGODA_PART_FILE;
    case PartKind::Reasoning:
      return PAGODA_PART_REASONING;
  }
  return PAGODA_PART_TEXT;
}

pagoda_tool_choice choiceOf(ToolChoice choice) {
  switch (choice) {
    case ToolChoice::Auto:
      return PAGODA_TOOL_AUTO;
    case ToolChoice::None:
      return PAGODA_TOOL_NONE;
    case ToolChoice::Required:
      return PAGODA_TOOL_REQUIRED;
    case ToolChoice::Named:
      return PAGODA_TOOL_NAMED;
  }
  return PAGODA_TOOL_AUTO;
}

pagoda_format formatOf(Format format) {
  switch (format) {
    case Format::Text:
      return PAGODA_FORMAT_TEXT;
    case Format::Json:
      return PAGODA_FORMAT_JSON;
    case Format::JsonSchema:
      return PAGODA_FORMAT_JSON_SCHEMA;
  }
  return PAGODA_FORMAT_TEXT;
}

pagoda_part partOf(const Part& part) {
  auto out = sized<pagoda_part>();
  out.kind = kindOfPart(part.kind);
  out.text = strOf(part.text);
  out.media_type = strOf(part.mediaType);
  out.url = strOf(part.url);
  out.data = bytesOf(part.data);
  out.extra_json = strOf(part.extraJson);
  return out;
}

pagoda_tool_call callOf(const ToolCall& call) {
  auto out = sized<pagoda_tool_call>();
  out.id = strOf(call.id);
  out.name = strOf(call.name);
  out.arguments_json = strOf(call.argumentsJson);
  return out;
}

std::uint32_t flagsOf(const AttemptContext& context, const ChatRequest& request) {
  std::uint32_t flags = 0;
  if (context.stream) flags |= PAGODA_REQ_STREAM;
  if (request.seed) flags |= PAGODA_REQ_HAS_SEED;
  if (request.logprobs) flags |= PAGODA_REQ_LOGPROBS;
  if (request.serialTools) flags |= PAGODA_REQ_SERIAL_TOOLS;
  return flags;
}

std::uint64_t deadlineNs(TimePoint deadline) {
  if (deadline == TimePoint::max()) return 0;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count());
}

}  // namespace

AttemptView::AttemptView(const AttemptContext& context, std::string_view endpoint)
    : model_(context.upstreamModel), requestId_(context.request.toString()), endpoint_(endpoint) {
  attempt_.struct_size = sizeof attempt_;
  attempt_.number = context.number;
  attempt_.request_id = strOf(requestId_);
  attempt_.endpoint = strOf(endpoint_);
  attempt_.deadline_ns = deadlineNs(context.deadline);
}

EmbeddingView::EmbeddingView(const AttemptContext& context, const EmbeddingRequest& request,
                             std::string_view endpoint)
    : attempt_(context, endpoint), extra_(context.extraJson), storage_(request.storage) {
  inputs_.reserve(request.texts.size());
  for (const std::string_view text : request.texts) inputs_.push_back(strOf(text));
  request_.struct_size = sizeof request_;
  request_.flags = request.ofTokens() ? PAGODA_EMBED_TOKENS : 0;
  request_.model = strOf(attempt_.model());
  request_.inputs = arrayOf(inputs_.data(), inputs_.size());
  request_.dimensions = request.dimensions.value_or(-1);
  request_.user = strOf(request.user);
  request_.extra_json = strOf(extra_);
  request_.raw_json = strOf(request.rawJson);
}

RequestView::RequestView(const AttemptContext& context, const ChatRequest& request,
                         std::string_view endpoint)
    : attempt_(context, endpoint), extra_(context.extraJson), storage_(request.storage) {
  addMessages(request);
  addTools(request);
  stop_.reserve(request.stop.size());
  for (const std::string_view text : request.stop) stop_.push_back(strOf(text));

  request_.struct_size = sizeof request_;
  request_.flags = flagsOf(context, request);
  request_.model = strOf(attempt_.model());
  request_.messages = arrayOf(messages_.data(), messages_.size());
  request_.tools = arrayOf(tools_.data(), tools_.size());
  request_.tool_choice = choiceOf(request.toolChoice);
  request_.format = formatOf(request.format);
  request_.tool_choice_name = strOf(request.toolChoiceName);
  request_.format_name = strOf(request.formatName);
  request_.format_schema_json = strOf(request.formatSchemaJson);
  request_.stop = arrayOf(stop_.data(), stop_.size());
  request_.temperature = orNan(request.temperature);
  request_.top_p = orNan(request.topP);
  request_.presence_penalty = orNan(request.presencePenalty);
  request_.frequency_penalty = orNan(request.frequencyPenalty);
  request_.max_output_tokens =
      context.maxOutputTokens >= 0 ? context.maxOutputTokens : request.maxOutputTokens.value_or(-1);
  request_.seed = request.seed.value_or(0);
  request_.reasoning_tokens = request.reasoningTokens.value_or(-1);
  request_.choices = request.choices;
  request_.top_logprobs = request.topLogprobs;
  request_.user = strOf(request.user);
  request_.extra_json = strOf(extra_);
  request_.raw_json = strOf(request.rawJson);
}

void RequestView::addMessages(const ChatRequest& request) {
  const auto count = [&](auto member) {
    return std::accumulate(
        request.messages.begin(), request.messages.end(), std::size_t{0},
        [&](std::size_t sum, const Message& message) { return sum + (message.*member).size(); });
  };
  // Reserved in full first: the messages point at elements.
  parts_.reserve(count(&Message::parts));
  calls_.reserve(count(&Message::toolCalls));
  messages_.reserve(request.messages.size());
  for (const Message& message : request.messages) {
    auto out = sized<pagoda_message>();
    out.role = roleOf(message.role);
    out.parts = arrayOf(parts_.data() + parts_.size(), message.parts.size());
    for (const Part& part : message.parts) parts_.push_back(partOf(part));
    out.tool_calls = arrayOf(calls_.data() + calls_.size(), message.toolCalls.size());
    for (const ToolCall& call : message.toolCalls) calls_.push_back(callOf(call));
    out.tool_call_id = strOf(message.toolCallId);
    out.name = strOf(message.name);
    out.extra_json = strOf(message.extraJson);
    messages_.push_back(out);
  }
}

void RequestView::addTools(const ChatRequest& request) {
  tools_.reserve(request.tools.size());
  for (const Tool& tool : request.tools) {
    auto out = sized<pagoda_tool>();
    if (tool.strict) out.flags |= PAGODA_TOOL_STRICT;
    out.name = strOf(tool.name);
    out.description = strOf(tool.description);
    out.parameters_json = strOf(tool.parametersJson);
    tools_.push_back(out);
  }
}

}  // namespace pagoda::plugin_host
