#pragma once
// A translator of chat requests under fuzzing: what comes from an upstream goes in through the
// plugin's table, and what comes out is held to the rules of chat.h.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "tests/fuzz/event_rules.h"

namespace pagoda::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// An instance for the whole run; the fuzzer has one thread.
class Provider {
 public:
  const pagoda_provider_api& api = *static_cast<const pagoda_provider_api*>(
      pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER));

  Provider(const char* type, std::string_view config) {
    auto error = init<pagoda_error>();
    require(api.create(nullptr, type, str(config), &provider_, &error) == PAGODA_OK);
  }

  /// Null where the plugin refuses the request.
  pagoda_exchange* begin(const pagoda_chat_request& request) const {
    auto attempt = init<pagoda_attempt>();
    auto error = init<pagoda_error>();
    pagoda_exchange* exchange = nullptr;
    api.begin(provider_, &attempt, &request, &exchange, &error);
    return exchange;
  }

  /// An answer: one frame, or frames cut at line feeds. A line that starts with '!' is an event of
  /// the name "error".
  void readAnswer(const pagoda_chat_request& request, pagoda_framing framing,
                  std::string_view body) const {
    pagoda_exchange* exchange = begin(request);
    if (exchange == nullptr) return;
    EventRules rules;
    auto error = init<pagoda_error>();
    pagoda_status status = PAGODA_OK;
    const bool whole = framing == PAGODA_FRAMING_WHOLE;
    do {
      const std::size_t end = whole ? std::string_view::npos : body.find('\n');
      std::string data(body.substr(0, end));  // a buffer of its own: a read past it shows
      body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
      auto frame = init<pagoda_frame>();
      frame.framing = framing;
      frame.flags = body.empty() ? PAGODA_FRAME_LAST : 0;
      if (framing == PAGODA_FRAMING_SSE && data.starts_with('!')) {
        data.erase(0, 1);
        frame.event = str("error");
      }
      frame.data = bytes(data);
      status = api.on_data(exchange, &frame, &rules.sink, &error);
    } while (status == PAGODA_OK && !body.empty());
    require(status != PAGODA_OK || (rules.started && !rules.finished.empty()));
    require(status == PAGODA_OK || json::validUtf8(error.message));
    api.end(exchange);
  }

  void readRefusal(const pagoda_chat_request& request, std::string_view body) const {
    pagoda_exchange* exchange = begin(request);
    if (exchange == nullptr) return;
    auto error = init<pagoda_error>();
    auto head = init<pagoda_http_head>();
    head.status = 429;
    error.retry_after_ms = -1;
    api.on_failure(exchange, &head, bytes(body), &error);
    require(error.status < 0 && error.message[0] != '\0' && error.retry_after_ms >= -1);
    require(json::validUtf8(error.message));
    api.end(exchange);
  }

  /// What goes out is JSON, or the plugin says why nothing does.
  void writeRequest(const pagoda_chat_request& request) const {
    pagoda_exchange* exchange = begin(request);
    if (exchange == nullptr) return;
    static std::vector<std::uint8_t> room(1 << 20);
    pagoda_buf buffer{};
    buffer.pos = room.data();
    buffer.end = room.data() + room.size();
    buffer.grow = [](pagoda_buf*, std::size_t) noexcept -> pagoda_status {
      return PAGODA_E_TOO_LARGE;
    };
    auto http = init<pagoda_http_request>();
    http.body = &buffer;
    http.target = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    http.header = http.target;
    http.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                            pagoda_str) noexcept -> pagoda_status { return PAGODA_OK; };
    auto step = init<pagoda_step>();
    step.http = &http;
    auto error = init<pagoda_error>();
    if (api.next(exchange, &step, &error) == PAGODA_OK)
      require(json::valid({reinterpret_cast<const char*>(room.data()),
                           static_cast<std::size_t>(buffer.pos - room.data())}));
    api.end(exchange);
  }

 private:
  pagoda_provider* provider_ = nullptr;
};

/// A request whose only message holds `raw`, an object, wherever a client's own members may stand.
/// `use` is called with it.
template <class Use>
void withRequestOf(std::string_view raw, std::string_view thoughtFormat, Use&& use) {
  // The host has checked what clients send.
  if (!raw.starts_with('{') || !json::validUtf8(raw) || !json::valid(raw)) return;
  pagoda_part parts[] = {init<pagoda_part>(), init<pagoda_part>()};
  parts[0].text = str("words");
  parts[0].extra_json = str(raw);
  parts[1].kind = PAGODA_PART_REASONING;
  parts[1].text = str("thought");
  parts[1].media_type = str(thoughtFormat);
  parts[1].data = bytes("rs_1:secret");
  parts[1].extra_json = str(raw);
  auto message = init<pagoda_message>();
  message.role = static_cast<pagoda_role>(raw.size() % 4);
  message.parts = {parts, 2, sizeof(pagoda_part)};
  message.extra_json = str(raw);
  auto request = init<pagoda_chat_request>();
  request.messages = {&message, 1, sizeof message};
  request.max_output_tokens = -1;
  request.raw_json = str(raw);
  use(request);
}

}  // namespace pagoda::fuzz
