// Whatever an upstream sends, the plugin `gemini` reports an answer by the rules of chat.h or an
// error; and whatever schema a client sends, what goes out is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "plugins/providers/gemini/schema.h"
#include "tests/fuzz/event_rules.h"

namespace {

using namespace pagoda::sdk;

constexpr std::string_view kConfig = R"({"base_url":"https://h/v1beta"})";

struct Fixture {
  const pagoda_provider_api& api = *static_cast<const pagoda_provider_api*>(
      pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER));
  pagoda_provider* provider = nullptr;
  Fixture() {
    auto error = init<pagoda_error>();
    if (api.create(nullptr, "gemini", str(kConfig), &provider, &error) != PAGODA_OK) std::abort();
  }
};

// The first byte says how the body comes; the rest is cut into frames at line feeds.
void readAnswer(Fixture& fixture, std::uint8_t how, std::string_view body) {
  auto request = init<pagoda_chat_request>();
  auto attempt = init<pagoda_attempt>();
  auto error = init<pagoda_error>();
  pagoda_exchange* exchange = nullptr;
  if (fixture.api.begin(fixture.provider, &attempt, &request, &exchange, &error) != PAGODA_OK)
    return;
  pagoda::fuzz::EventRules rules;
  pagoda_status status = PAGODA_OK;
  const bool whole = (how & 1) != 0;
  do {
    const std::size_t end = whole ? std::string_view::npos : body.find('\n');
    const std::string data(body.substr(0, end));  // a buffer of its own: a read past it shows
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    auto frame = init<pagoda_frame>();
    frame.framing = whole ? PAGODA_FRAMING_WHOLE : PAGODA_FRAMING_SSE;
    frame.flags = body.empty() ? PAGODA_FRAME_LAST : 0;
    frame.data = bytes(data);
    status = fixture.api.on_data(exchange, &frame, &rules.sink, &error);
  } while (status == PAGODA_OK && !body.empty());
  if (status == PAGODA_OK && (!rules.started || rules.finished.empty())) std::abort();
  fixture.api.end(exchange);
}

void readRefusal(Fixture& fixture, std::string_view body) {
  auto request = init<pagoda_chat_request>();
  auto attempt = init<pagoda_attempt>();
  auto error = init<pagoda_error>();
  pagoda_exchange* exchange = nullptr;
  if (fixture.api.begin(fixture.provider, &attempt, &request, &exchange, &error) != PAGODA_OK)
    return;
  auto head = init<pagoda_http_head>();
  head.status = 429;
  error.retry_after_ms = -1;
  fixture.api.on_failure(exchange, &head, bytes(body), &error);
  if (error.status >= 0 || error.message[0] == '\0' || error.retry_after_ms < -1) std::abort();
  fixture.api.end(exchange);
}

void convertSchema(std::string_view schema) {
  try {
    const std::string json = pagoda::gemini::subsetOf(schema).json;
    if (!pagoda::json::valid(json)) std::abort();
  } catch (const pagoda::json::Malformed&) {
  } catch (const Failure&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Fixture fixture;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 2:
      readRefusal(fixture, body);
      break;
    case 3:
      // Schemas come from a host that has checked them.
      if (pagoda::json::validUtf8(body) && pagoda::json::valid(body)) convertSchema(body);
      break;
    default:
      readAnswer(fixture, data[0], body);
  }
  return 0;
}
