// pagoda/sdk/events.hpp - what an answer is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core.hpp"

namespace pagoda::sdk {

/// Token counts; -1 where the upstream did not say.
inline pagoda_usage unknownUsage() noexcept {
  auto usage = init<pagoda_usage>();
  usage.input_tokens = usage.output_tokens = usage.cache_read_tokens = -1;
  usage.cache_write_tokens = usage.reasoning_tokens = usage.cost_nusd = -1;
  usage.cache_write_1h_tokens = usage.searches = -1;
  return usage;
}

/// Passes the parts of an answer to the host, in the order that chat.h gives. Each call throws
/// Failure once the host wants no more (the client left, the deadline passed): let it through.
/// Borrows the sink, so it lives no longer than the call that brought it.
class Events {
 public:
  explicit Events(const pagoda_event_sink* sink) noexcept : sink_(sink) {}

  /// Once, first.
  void start(std::string_view id, std::string_view model) {
    auto event = make(PAGODA_EV_START, 0);
    event.id = str(id);
    event.name = str(model);
    put(event);
  }
  void text(std::string_view delta, std::uint32_t choice = 0) {
    put(PAGODA_EV_TEXT, choice, delta);
  }
  /// The vector of input `index`, as the upstream's JSON array of numbers or as base64 of
  /// little-endian binary32; the other one is empty.
  void embedding(std::uint32_t index, std::string_view numbers, std::string_view base64 = {}) {
    auto event = make(PAGODA_EV_EMBEDDING, 0);
    event.index = index;
    event.text = str(numbers);
    event.data = bytes(base64);
    put(event);
  }
  void refusal(std::string_view delta, std::uint32_t choice = 0) {
    put(PAGODA_EV_REFUSAL, choice, delta);
  }
  /// `signature` ends a block of thinking; `format` is the block's, "redacted" where it has no text
  /// to show.
  void reasoning(std::string_view delta, std::uint32_t choice = 0, std::string_view signature = {},
                 std::string_view format = {}) {
    auto event = make(PAGODA_EV_REASONING, choice);
    event.text = str(delta);
    event.name = str(format);
    event.data = bytes(signature);
    put(event);
  }
  void toolBegin(std::uint32_t index, std::string_view id, std::string_view name,
                 std::uint32_t choice = 0, std::uint32_t flags = 0) {
    auto event = make(PAGODA_EV_TOOL_BEGIN, choice);
    event.index = index;
    event.flags = flags;
    event.id = str(id);
    event.name = str(name);
    put(event);
  }
  void toolArguments(std::uint32_t index, std::string_view delta, std::uint32_t choice = 0) {
    auto event = make(PAGODA_EV_TOOL_ARGS, choice);
    event.index = index;
    event.text = str(delta);
    put(event);
  }
  /// A later one replaces an earlier one.
  void usage(const pagoda_usage& usage) {
    auto event = make(PAGODA_EV_USAGE, 0);
    event.usage = &usage;
    put(event);
  }
  void usage(std::int64_t inputTokens, std::int64_t outputTokens) {
    auto counts = unknownUsage();
    counts.input_tokens = inputTokens;
    counts.output_tokens = outputTokens;
    usage(counts);
  }
  /// Once for each choice. `word` is the upstream's own name of the reason.
  void finish(pagoda_finish reason, std::string_view word = {}, std::uint32_t choice = 0) {
    auto event = make(PAGODA_EV_FINISH, choice);
    event.finish = reason;
    event.text = str(word);
    put(event);
  }
  /// `object` is a JSON object whose members belong at `place` of the answer.
  void extra(pagoda_extra_place place, std::string_view object, std::uint32_t choice = 0,
             std::uint32_t index = 0) {
    auto event = make(PAGODA_EV_EXTRA, choice);
    event.flags = place;
    event.index = index;
    event.text = str(object);
    put(event);
  }
  void media(std::string_view mediaType, std::string_view data, std::uint32_t choice = 0) {
    auto event = make(PAGODA_EV_MEDIA, choice);
    event.name = str(mediaType);
    event.data = bytes(data);
    put(event);
  }

 private:
  static pagoda_event make(pagoda_event_type type, std::uint32_t choice) noexcept {
    auto event = init<pagoda_event>();
    event.type = type;
    event.choice = choice;
    return event;
  }
  void put(pagoda_event_type type, std::uint32_t choice, std::string_view delta) {
    auto event = make(type, choice);
    event.text = str(delta);
    put(event);
  }
  void put(const pagoda_event& event) {
    const pagoda_status status = sink_->emit(sink_, &event);
    if (status < 0) throw Failure(status, "the host wants no more of this answer");
  }

  const pagoda_event_sink* sink_;
};

/// The text of the answer that `feed(Events&)` passes on, for a selfTest(); what `feed` throws
/// comes through.
template <class F>
std::string textOf(F&& feed) {
  std::string seen;
  auto sink = init<pagoda_event_sink>();
  sink.impl = &seen;
  sink.emit = [](const pagoda_event_sink* self,
                 const pagoda_event* event) noexcept -> pagoda_status {
    if (event->type != PAGODA_EV_TEXT) return PAGODA_OK;
    return guard(nullptr, [&] {
      *static_cast<std::string*>(self->impl) += view(event->text);
      return PAGODA_OK;
    });
  };
  Events events(&sink);
  feed(events);
  return seen;
}

}  // namespace pagoda::sdk
