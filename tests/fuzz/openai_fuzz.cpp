// Whatever an upstream sends, the plugin `openai` reports an answer of Responses by the rules of
// chat.h or an error; and whatever conversation a client sends, what goes out is JSON.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "tests/fuzz/event_rules.h"

namespace {

using namespace pagoda::sdk;
namespace json = pagoda::json;

constexpr std::string_view kConfig = R"({"api":"responses","reasoning_summary":"auto"})";
constexpr std::string_view kRequest =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"c"}}]})";

struct Plugin {
  const pagoda_provider_api& api = *static_cast<const pagoda_provider_api*>(
      pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER));
  pagoda_provider* provider = nullptr;
  Plugin() {
    auto error = init<pagoda_error>();
    if (api.create(nullptr, "openai", str(kConfig), &provider, &error) != PAGODA_OK) std::abort();
  }
};

/// The HTTP request of an exchange; only its body is looked at.
struct Body {
  std::vector<std::uint8_t>& bytes;
  pagoda_buf buffer{};
  pagoda_http_request http = init<pagoda_http_request>();

  explicit Body(std::vector<std::uint8_t>& room) : bytes(room) {
    buffer.pos = bytes.data();
    buffer.end = bytes.data() + bytes.size();
    buffer.grow = [](pagoda_buf*, std::size_t) noexcept -> pagoda_status {
      return PAGODA_E_TOO_LARGE;
    };
    http.body = &buffer;
    http.target = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    http.header = http.target;
    http.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                            pagoda_str) noexcept -> pagoda_status { return PAGODA_OK; };
  }
  std::string_view written() const {
    return {reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::size_t>(buffer.pos - bytes.data())};
  }
};

pagoda_exchange* begin(Plugin& plugin, const pagoda_chat_request& request) {
  auto attempt = init<pagoda_attempt>();
  auto error = init<pagoda_error>();
  pagoda_exchange* exchange = nullptr;
  plugin.api.begin(plugin.provider, &attempt, &request, &exchange, &error);
  return exchange;
}

// Frames are cut at line feeds.
void readAnswer(Plugin& plugin, bool whole, std::string_view body) {
  auto request = init<pagoda_chat_request>();
  request.raw_json = str(whole ? kRequest : std::string_view(R"({"messages":[]})"));
  pagoda_exchange* exchange = begin(plugin, request);
  if (exchange == nullptr) return;
  pagoda::fuzz::EventRules rules;
  auto error = init<pagoda_error>();
  pagoda_status status = PAGODA_OK;
  do {
    const std::size_t end = whole ? std::string_view::npos : body.find('\n');
    const std::string data(body.substr(0, end));  // a buffer of its own: a read past it shows
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    auto frame = init<pagoda_frame>();
    frame.framing = whole ? PAGODA_FRAMING_WHOLE : PAGODA_FRAMING_SSE;
    frame.flags = body.empty() ? PAGODA_FRAME_LAST : 0;
    frame.data = bytes(data);
    status = plugin.api.on_data(exchange, &frame, &rules.sink, &error);
  } while (status == PAGODA_OK && !body.empty());
  if (status == PAGODA_OK && (!rules.started || rules.finished.empty())) std::abort();
  plugin.api.end(exchange);
}

void readRefusal(Plugin& plugin, std::string_view body) {
  auto request = init<pagoda_chat_request>();
  request.raw_json = str(kRequest);
  pagoda_exchange* exchange = begin(plugin, request);
  if (exchange == nullptr) return;
  auto error = init<pagoda_error>();
  auto head = init<pagoda_http_head>();
  head.status = 429;
  error.retry_after_ms = -1;
  plugin.api.on_failure(exchange, &head, bytes(body), &error);
  if (error.status >= 0 || error.message[0] == '\0' || error.retry_after_ms < -1) std::abort();
  plugin.api.end(exchange);
}

// The client's object is the request, and what the neutral form lacks of its one message.
void writeRequest(Plugin& plugin, std::string_view raw) {
  if (!json::validUtf8(raw) || !json::valid(raw) || !raw.starts_with('{')) return;
  auto part = init<pagoda_part>();
  part.text = str("words");
  part.extra_json = str(raw);
  auto thought = init<pagoda_part>();
  thought.kind = PAGODA_PART_REASONING;
  thought.media_type = str("openai-responses-v1");
  thought.data = bytes("rs_1:secret");
  thought.extra_json = str(raw);
  const std::array<pagoda_part, 2> parts = {part, thought};
  auto message = init<pagoda_message>();
  message.role = static_cast<pagoda_role>(raw.size() % 4);
  message.parts = {parts.data(), 2, sizeof(pagoda_part)};
  message.extra_json = str(raw);
  auto request = init<pagoda_chat_request>();
  request.model = str("gpt-5.4");
  request.messages = {&message, 1, sizeof message};
  request.max_output_tokens = -1;
  request.raw_json = str(raw);
  pagoda_exchange* exchange = begin(plugin, request);
  if (exchange == nullptr) return;
  static std::vector<std::uint8_t> room(1 << 20);
  Body body(room);
  auto step = init<pagoda_step>();
  step.http = &body.http;
  auto error = init<pagoda_error>();
  if (plugin.api.next(exchange, &step, &error) == PAGODA_OK && !json::valid(body.written()))
    std::abort();
  plugin.api.end(exchange);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Plugin plugin;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 2:
      readRefusal(plugin, body);
      break;
    case 3:
      writeRequest(plugin, body);
      break;
    default:
      readAnswer(plugin, data[0] % 4 == 1, body);
  }
  return 0;
}
