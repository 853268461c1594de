// Whatever an upstream sends, whole or streamed, as an answer, a count or a refusal: the plugin's
// events keep the rules of chat.h, and a stream that broke off is no answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace {

using namespace pagoda::sdk;

const pagoda_provider_api& api() {
  static const auto* const table = static_cast<const pagoda_provider_api*>(
      pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER));
  return *table;
}

void require(bool holds) {
  if (!holds) std::abort();
}

struct Seen {
  bool started = false, finished = false;
  std::vector<bool> tools;
};

pagoda_status emit(const pagoda_event_sink* sink, const pagoda_event* event) noexcept {
  auto& seen = *static_cast<Seen*>(sink->impl);
  if (event->type == PAGODA_EV_START) {
    require(!seen.started);
    seen.started = true;
    return PAGODA_OK;
  }
  require(seen.started);
  for (const pagoda_str text : {event->text, event->id, event->name})
    require(pagoda::json::validUtf8(view(text)));
  require(pagoda::json::validUtf8(view(event->data)));
  switch (event->type) {
    case PAGODA_EV_USAGE:
      require(event->usage->input_tokens >= -1 && event->usage->output_tokens >= -1);
      break;
    case PAGODA_EV_EXTRA:
      require(view(event->text).starts_with('{') && pagoda::json::valid(view(event->text)));
      break;
    case PAGODA_EV_FINISH:
      require(!seen.finished);
      seen.finished = true;
      break;
    case PAGODA_EV_TOOL_BEGIN:
      require(!seen.finished && event->index == seen.tools.size());
      seen.tools.push_back(true);
      break;
    case PAGODA_EV_TOOL_ARGS:
      require(!seen.finished && event->index < seen.tools.size());
      break;
    default:
      require(!seen.finished);
  }
  return PAGODA_OK;
}

/// One frame in a buffer of its own, so that a read past its end shows.
pagoda_status feed(pagoda_exchange* exchange, std::string_view data, bool last,
                   pagoda_framing framing, const pagoda_event_sink& sink) {
  const auto exact = std::make_unique<char[]>(data.size());
  if (!data.empty()) std::memcpy(exact.get(), data.data(), data.size());
  auto frame = init<pagoda_frame>();
  frame.flags = last ? PAGODA_FRAME_LAST : 0;
  frame.data = bytes({exact.get(), data.size()});
  frame.framing = framing;
  auto error = init<pagoda_error>();
  return api().on_data(exchange, &frame, &sink, &error);
}

struct Fixture {
  pagoda_provider* provider = nullptr;
  pagoda_part part = init<pagoda_part>();
  pagoda_message message = init<pagoda_message>();
  pagoda_chat_request request = init<pagoda_chat_request>();
  pagoda_attempt attempt = init<pagoda_attempt>();

  Fixture() {
    require(api().create(nullptr, "anthropic", str("{}"), &provider, nullptr) == PAGODA_OK);
    part.text = str("hi");
    message.role = PAGODA_ROLE_USER;
    message.parts = {&part, 1, sizeof part};
    // An older model and a schema: answers come by a tool.
    request.model = str("claude-3-5-sonnet-20241022");
    request.messages = {&message, 1, sizeof message};
    request.choices = 1;
    request.max_output_tokens = 100;
    request.reasoning_tokens = -1;
    request.temperature = request.top_p = 1;
    request.raw_json = str("{}");
    request.format_schema_json = str(R"({"type":"object"})");
  }
};

pagoda_status play(pagoda_exchange* exchange, std::string_view body, bool streamed, Seen& seen) {
  auto sink = init<pagoda_event_sink>();
  sink.impl = &seen;
  sink.emit = emit;
  if (!streamed) return feed(exchange, body, true, PAGODA_FRAMING_WHOLE, sink);
  pagoda_status status = PAGODA_OK;
  while (status == PAGODA_OK && !body.empty()) {
    const std::size_t end = body.find('\n');
    status = feed(exchange, body.substr(0, end), false, PAGODA_FRAMING_SSE, sink);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
  }
  return status == PAGODA_OK ? feed(exchange, {}, true, PAGODA_FRAMING_SSE, sink) : status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  if (size < 1) return 0;
  const unsigned mode = data[0];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  pagoda_chat_request request = fixture.request;
  request.format = (mode & 1) != 0 ? PAGODA_FORMAT_JSON_SCHEMA : PAGODA_FORMAT_TEXT;
  pagoda_exchange* exchange = nullptr;
  require(api().begin(fixture.provider, &fixture.attempt, &request, &exchange, nullptr) ==
          PAGODA_OK);
  if ((mode & 2) != 0) {
    auto head = init<pagoda_http_head>();
    head.status = 400 + static_cast<int>(mode >> 2);
    auto error = init<pagoda_error>();
    error.status = PAGODA_E_INVALID_REQUEST;
    api().on_failure(exchange, &head, bytes(body), &error);
    require(error.status < 0 && error.message[0] != '\0');
    require(pagoda::json::validUtf8(error.message));
  } else {
    Seen seen;
    const pagoda_status status = play(exchange, body, (mode & 4) != 0, seen);
    require(status != PAGODA_OK || seen.finished);
    require(status == PAGODA_OK || !seen.finished);
  }
  api().end(exchange);
  return 0;
}
