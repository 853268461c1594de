#include "core/plugin_host/event_gate.h"

#include <algorithm>
#include <utility>

#include <pagoda/json/reader.hpp>
#include <pagoda/json/scan.hpp>

#include "core/domain/embedding.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::uint32_t kMostChoices = 128;
constexpr std::uint32_t kMostTools = 1024;
constexpr std::size_t kLongestName = 4096;
/// Far above any context window; a larger count is a mistake that would be billed.
constexpr std::int64_t kMostTokens = std::int64_t{1} << 40;
constexpr std::int64_t kMostCostNano = 1'000'000LL * 1'000'000'000LL;  // a million dollars

std::optional<EventType> typeOf(pagoda_event_type type) {
  switch (type) {
    case PAGODA_EV_START:
      return EventType::Start;
    case PAGODA_EV_TEXT:
      return EventType::Text;
    case PAGODA_EV_REASONING:
      return EventType::Reasoning;
    case PAGODA_EV_TOOL_BEGIN:
      return EventType::ToolBegin;
    case PAGODA_EV_TOOL_ARGS:
      return EventType::ToolArgs;
    case PAGODA_EV_REFUSAL:
      return EventType::Refusal;
    case PAGODA_EV_USAGE:
      return EventType::Usage;
    case PAGODA_EV_FINISH:
      return EventType::Finish;
    case PAGODA_EV_EXTRA:
      return EventType::Extra;
    case PAGODA_EV_MEDIA:
      return EventType::Media;
    case PAGODA_EV_EMBEDDING:
      return EventType::Embedding;
    default:
      return std::nullopt;
  }
}

FinishReason finishOf(pagoda_finish finish) {
  switch (finish) {
    case PAGODA_FINISH_STOP:
      return FinishReason::Stop;
    case PAGODA_FINISH_LENGTH:
      return FinishReason::Length;
    case PAGODA_FINISH_TOOL_CALLS:
      return FinishReason::ToolCalls;
    case PAGODA_FINISH_FILTER:
      return FinishReason::ContentFilter;
    default:
      return FinishReason::Other;
  }
}

ExtraPlace placeOf(std::uint32_t flags) {
  switch (flags) {
    case PAGODA_EXTRA_CHOICE:
      return ExtraPlace::Choice;
    case PAGODA_EXTRA_MESSAGE:
      return ExtraPlace::Message;
    case PAGODA_EXTRA_USAGE:
      return ExtraPlace::Usage;
    case PAGODA_EXTRA_TOOL_CALL:
      return ExtraPlace::ToolCall;
    default:
      return ExtraPlace::Answer;
  }
}

bool isObject(std::string_view text) {
  try {
    json::Reader reader(text);
    if (reader.kind() != json::Kind::Object) return false;
    reader.skip();
    reader.finish();
    return true;
  } catch (const json::Malformed&) {
    return false;
  }
}

bool hasControl(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool isContent(EventType type) {
  switch (type) {
    case EventType::Text:
    case EventType::Reasoning:
    case EventType::ToolBegin:
    case EventType::ToolArgs:
    case EventType::Refusal:
    case EventType::Media:
      return true;
    default:
      return false;
  }
}

}  // namespace

EventGate::EventGate(const ProviderLimits& limits, std::uint32_t parts, PluginFigures& figures,
                     AnswerKind kind)
    : limits_(limits),
      figures_(figures),
      kind_(kind),
      choices_(kind == AnswerKind::Chat ? std::clamp<std::uint32_t>(parts, 1, kMostChoices) : 1),
      embedded_(kind == AnswerKind::Embeddings ? parts : 0) {}

pagoda_status EventGate::reject(FailureKind kind, std::string message) {
  if (!failure_) failure_ = plugin_host::failure(kind, std::move(message));
  return statusOf(failure_->kind);
}

pagoda_status EventGate::check(const pagoda_event* raw, std::optional<Event>& event) {
  if (failure_) return statusOf(failure_->kind);
  if (!reaches(raw, &pagoda_event::usage)) {
    figures_.errors.fetch_add(1, std::memory_order_relaxed);
    return reject(FailureKind::Internal, "the plugin sent an event that is cut short");
  }
  const auto type = typeOf(raw->type);
  if (!type) return PAGODA_OK;
  if (++events_ > limits_.events)
    return reject(FailureKind::TooLarge, "the answer has too many events");
  if (const pagoda_status status = checkText(*raw); status < 0) return status;
  const pagoda_status order = kind_ == AnswerKind::Chat ? checkOrder(*raw) : checkOther(*raw);
  if (order < 0) return order;
  if (*type == EventType::Extra) {
    if (const pagoda_status status = checkExtra(*raw); status < 0) return status;
  }
  event.emplace();
  event->type = *type;
  if (!fill(*raw, *event)) event.reset();
  return PAGODA_OK;
}

pagoda_status EventGate::checkText(const pagoda_event& raw) {
  const std::string_view text = viewOf(raw.text);
  const std::string_view data = viewOf(raw.data);
  if (text.size() > limits_.event || data.size() > limits_.event)
    return reject(FailureKind::TooLarge, "one event of the answer is larger than " +
                                             std::to_string(limits_.event) + " bytes");
  bytes_ += text.size() + data.size();
  if (bytes_ > limits_.answer)
    return reject(FailureKind::TooLarge,
                  "the answer is larger than " + std::to_string(limits_.answer) + " bytes");
  if (!json::validUtf8(text)) return reject(FailureKind::Protocol, "the answer is not valid UTF-8");
  for (const std::string_view name : {viewOf(raw.id), viewOf(raw.name)}) {
    if (name.size() > kLongestName || hasControl(name) || !json::validUtf8(name))
      return reject(FailureKind::Protocol,
                    "an id or a name in the answer is not a line of UTF-8 text");
  }
  // A signature or a medium's base64 goes into JSON as well.
  if (!json::validUtf8(data))
    return reject(FailureKind::Protocol, "data in the answer is not text");
  return PAGODA_OK;
}

pagoda_status EventGate::checkOrder(const pagoda_event& raw) {
  if (raw.type == PAGODA_EV_EMBEDDING)
    return reject(FailureKind::Protocol, "a chat's answer holds a vector");
  if (raw.type == PAGODA_EV_START) {
    if (started_) return reject(FailureKind::Protocol, "the answer began twice");
    started_ = true;
    return PAGODA_OK;
  }
  if (!started_) return reject(FailureKind::Protocol, "the answer has events before its start");
  if (raw.choice >= choices_.size())
    return reject(FailureKind::Protocol, "the answer has a choice " + std::to_string(raw.choice) +
                                             " where " + std::to_string(choices_.size()) +
                                             " were asked for");
  Choice& choice = choices_[raw.choice];
  if (raw.type == PAGODA_EV_FINISH) {
    if (choice.finished) return reject(FailureKind::Protocol, "the answer finished twice");
    choice.finished = true;
    return PAGODA_OK;
  }
  return isContent(*typeOf(raw.type)) ? checkContent(raw, choice) : PAGODA_OK;
}

// Answers that are no chat.
pagoda_status EventGate::checkOther(const pagoda_event& raw) {
  if (raw.type == PAGODA_EV_START) {
    if (started_) return reject(FailureKind::Protocol, "the answer began twice");
    started_ = true;
    return PAGODA_OK;
  }
  if (raw.type == PAGODA_EV_USAGE) {
    counted_ = true;
    return PAGODA_OK;
  }
  if (kind_ == AnswerKind::Embeddings) {
    if (!started_) return reject(FailureKind::Protocol, "the answer has events before its start");
    if (raw.type == PAGODA_EV_EMBEDDING) return checkEmbedding(raw);
    if (raw.type == PAGODA_EV_EXTRA) return PAGODA_OK;
  }
  return reject(FailureKind::Protocol, "the answer has an event that does not belong into it");
}

pagoda_status EventGate::checkEmbedding(const pagoda_event& raw) {
  if (raw.index >= embedded_.size())
    return reject(FailureKind::Protocol, "the answer has a vector " + std::to_string(raw.index) +
                                             " for " + std::to_string(embedded_.size()) +
                                             " inputs");
  if (embedded_[raw.index])
    return reject(FailureKind::Protocol, "the answer has two vectors for one input");
  const auto vector =
      raw.text.size > 0 ? vectorOfNumbers(viewOf(raw.text)) : vectorOfBase64(viewOf(raw.data));
  if (!vector)
    return reject(FailureKind::Protocol, "a vector of the answer is not a list of numbers");
  if (dimensions_ != 0 && vector->size() != dimensions_)
    return reject(FailureKind::Protocol, "the vectors of the answer differ in length");
  dimensions_ = vector->size();
  embedded_[raw.index] = true;
  return PAGODA_OK;
}

pagoda_status EventGate::checkContent(const pagoda_event& raw, Choice& choice) {
  if (choice.finished) return reject(FailureKind::Protocol, "the answer goes on after it finished");
  choice.content = true;
  if (raw.type != PAGODA_EV_TOOL_BEGIN && raw.type != PAGODA_EV_TOOL_ARGS) return PAGODA_OK;
  if (raw.index >= kMostTools)
    return reject(FailureKind::TooLarge, "the answer has too many calls of tools");
  if (choice.tools.size() <= raw.index) choice.tools.resize(raw.index + 1);
  const bool begun = choice.tools[raw.index];
  if (raw.type == PAGODA_EV_TOOL_ARGS)
    return begun ? PAGODA_OK
                 : reject(FailureKind::Protocol,
                          "the answer has arguments of a tool call that did not begin");
  if (begun) return reject(FailureKind::Protocol, "a tool call of the answer began twice");
  choice.tools[raw.index] = true;
  return PAGODA_OK;
}

pagoda_status EventGate::checkExtra(const pagoda_event& raw) {
  if (!isObject(viewOf(raw.text)))
    return reject(FailureKind::Protocol, "extra members of the answer are not a JSON object");
  if (raw.flags != PAGODA_EXTRA_TOOL_CALL) return PAGODA_OK;
  const std::vector<bool>& tools = choices_[raw.choice].tools;
  if (raw.index < tools.size() && tools[raw.index]) return PAGODA_OK;
  return reject(FailureKind::Protocol, "the answer has members of a tool call that did not begin");
}

bool EventGate::fill(const pagoda_event& raw, Event& event) {
  event.choice = raw.choice;
  event.index = raw.index;
  event.text = viewOf(raw.text);
  event.id = viewOf(raw.id);
  event.name = viewOf(raw.name);
  event.data = viewOf(raw.data);
  if (event.type == EventType::Finish) event.finish = finishOf(raw.finish);
  if (event.type == EventType::Extra) {
    event.place = placeOf(raw.flags);
    // A line end would end an SSE event; in JSON it stands between tokens only, where a space will
    // do.
    if (event.text.find_first_of("\r\n") != std::string_view::npos) {
      oneLine_ = event.text;
      std::ranges::replace(oneLine_, '\r', ' ');
      std::ranges::replace(oneLine_, '\n', ' ');
      event.text = oneLine_;
    }
  }
  if (event.type == EventType::ToolBegin)
    event.customTool = (raw.flags & PAGODA_TOOL_CALL_CUSTOM) != 0;
  if (event.type != EventType::Usage) return true;
  event.usage = &usage_;
  return readUsage(raw.usage);
}

bool EventGate::readUsage(const pagoda_usage* raw) {
  if (!reaches(raw, &pagoda_usage::cost_nusd)) return false;
  bool absurd = (raw->flags & PAGODA_USAGE_ABSURD) != 0;
  const auto count = [&](std::int64_t tokens) -> std::optional<Tokens> {
    if (tokens >= 0 && tokens <= kMostTokens) return tokens;
    absurd = absurd || tokens != -1;
    return std::nullopt;
  };
  usage_ = {};
  usage_.prompt = count(raw->input_tokens);
  usage_.completion = count(raw->output_tokens);
  usage_.cacheRead = count(raw->cache_read_tokens);
  usage_.cacheWrite = count(raw->cache_write_tokens);
  usage_.reasoning = count(raw->reasoning_tokens);
  if (raw->cost_nusd >= 0 && raw->cost_nusd <= kMostCostNano)
    usage_.statedCost = Money::fromNanoUsd(raw->cost_nusd);
  // Fields of a later SDK than the plugin's are not there.
  if (reaches(raw, &pagoda_usage::searches)) {
    usage_.cacheWriteHour = count(raw->cache_write_1h_tokens);
    usage_.searches = count(raw->searches);
  }
  usage_.suspect = absurd;
  usage_.estimated = (raw->flags & PAGODA_USAGE_ESTIMATED) != 0;
  if (absurd) figures_.absurdUsage.fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::optional<AttemptFailure> EventGate::checkEnd() const {
  if (failure_) return failure_;
  if (kind_ == AnswerKind::Embeddings &&
      (!started_ || std::ranges::find(embedded_, false) != embedded_.end()))
    return plugin_host::failure(FailureKind::Protocol,
                                "the upstream's answer lacks the vector of an input");
  if (kind_ == AnswerKind::TokenCount && (!counted_ || !usage_.prompt))
    return plugin_host::failure(FailureKind::Protocol, "the upstream's answer has no count");
  if (kind_ != AnswerKind::Chat) return std::nullopt;
  const bool finished = std::ranges::any_of(choices_, &Choice::finished);
  const bool open =
      std::ranges::any_of(choices_, [](const Choice& one) { return one.content && !one.finished; });
  if (!started_ || !finished || open)
    return plugin_host::failure(FailureKind::Protocol,
                                "the upstream's answer ended before it was complete");
  return std::nullopt;
}

}  // namespace pagoda::plugin_host
