// Whatever prompt, declaration and answers of two steps come: the plugin's events keep the rules of
// chat.h, what it sends keeps to the declared servers, and what it says is clean text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

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

// All kinds of rules, places and filters.
constexpr std::string_view kSettings = R"json({"apis":{"t":{
"parameters":{
 "p":{"patterns":["(.+?)の天気","\\bin ((?:St\\. ?|[^?!.,;])+)"],"strip":["^(?:今日|明日)(?:の|$)","\\s+please$"],"default":"x"},
 "w":{"words":{"ドル":"USD","dollar":"USD","円":"JPY"},"occurrence":2,"required":false},
 "d":{"date":true,"default":"latest"},"q":{"rest":true,"max_characters":50,"default":"q"},"n":{"patterns":"\\d+","default":1}},
"steps":[
 {"name":"a","method":"POST","url":"https://{language}.a.example/{p}","query":{"w":"{w}","k":"{secret:api_key}"},
  "headers":{"x-q":"{q}","authorization":"Bearer {secret:api_key}"},"body":{"q":"{prompt}","n":[1,"{d}"]},"expect":"/id","cache_ttl_s":0},
 {"name":"b","url":"https://b.example/x","query":{"id":"{a:/id|cut:20}","n":"{n}"},"price_usd":0.01,"errors":[{"path":"/note","status":"rate_limit"}]}],
"errors":[{"path":"/e","empty":true,"status":"auth"},{"path":"/e","matches":"(a+)+b","status":"quota","message":"/m"},{"http":404,"status":"not_found"}],
"tables":{"c":{"1":{"en":"one","ja":"一"}}},
"lists":{"l":{"from":"b:/r","first":3,"item":"{index}. {/t|text|cut:20}\n{/x|lines|quote}","source_url":"/u","source_title":"/t"}},
"answer":"{a:/id} {/v|round:2}\n{/v|times:n|number:1}\n{/c|table:c|default:none}\n{/d|date} {/d|time}\n{/o/$d}{/o/*}\n{list:l}",
"sources":[{"title":"{/t}","url":"{/u}"}]}}})json";

struct Seen {
  bool started = false, finished = false;
};

pagoda_status emit(const pagoda_event_sink* sink, const pagoda_event* event) noexcept {
  auto& seen = *static_cast<Seen*>(sink->impl);
  if (event->type == PAGODA_EV_START) {
    require(!seen.started);
    seen.started = true;
    return PAGODA_OK;
  }
  require(seen.started);
  require(pagoda::json::validUtf8(view(event->text)));
  if (event->type == PAGODA_EV_EXTRA)
    require(view(event->text).starts_with('{') && pagoda::json::valid(view(event->text)));
  if (event->type == PAGODA_EV_TEXT) require(!seen.finished);
  if (event->type == PAGODA_EV_USAGE) require(event->usage->cost_nusd >= 0);
  if (event->type == PAGODA_EV_FINISH) {
    require(!seen.finished);
    seen.finished = true;
  }
  return PAGODA_OK;
}

bool printable(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c >= 0x7F) return false;
  return true;
}

struct Body {
  pagoda_buf buffer{};
  std::unique_ptr<std::uint8_t[]> bytes = std::make_unique<std::uint8_t[]>(1u << 18);
  Body() {
    buffer.pos = bytes.get();
    buffer.end = bytes.get() + (1u << 18);
    buffer.grow = [](pagoda_buf*, std::size_t) noexcept -> std::int32_t {
      return PAGODA_E_TOO_LARGE;
    };
  }
};

pagoda_status next(pagoda_exchange* exchange, pagoda_step_kind& kind) {
  Body body;
  auto http = init<pagoda_http_request>();
  http.body = &body.buffer;
  http.target = [](pagoda_http_request*, pagoda_str, pagoda_str url) noexcept -> pagoda_status {
    const std::string_view text = view(url);
    require(printable(text));
    require(text.starts_with("https://en.a.example/") ||
            text.starts_with("https://ja.a.example/") || text.starts_with("https://b.example/x?"));
    return PAGODA_OK;
  };
  http.header = [](pagoda_http_request*, pagoda_str, pagoda_str value) noexcept -> pagoda_status {
    for (const char c : view(value)) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    return PAGODA_OK;
  };
  http.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                          pagoda_str) noexcept -> pagoda_status { return PAGODA_OK; };
  auto step = init<pagoda_step>();
  step.http = &http;
  auto error = init<pagoda_error>();
  const pagoda_status status = api().next(exchange, &step, &error);
  kind = step.kind;
  const std::string_view sent(reinterpret_cast<const char*>(body.bytes.get()),
                              static_cast<std::size_t>(body.buffer.pos - body.bytes.get()));
  require(sent.empty() || pagoda::json::valid(sent));
  return status;
}

pagoda_status feed(pagoda_exchange* exchange, std::string_view data, Seen& seen) {
  auto sink = init<pagoda_event_sink>();
  sink.impl = &seen;
  sink.emit = emit;
  const auto exact = std::make_unique<char[]>(data.size());
  if (!data.empty()) std::memcpy(exact.get(), data.data(), data.size());
  auto frame = init<pagoda_frame>();
  frame.flags = PAGODA_FRAME_LAST;
  frame.data = bytes({exact.get(), data.size()});
  auto error = init<pagoda_error>();
  const pagoda_status status = api().on_data(exchange, &frame, &sink, &error);
  if (status < 0) require(pagoda::json::validUtf8(error.message));
  return status;
}

void refuse(pagoda_exchange* exchange, std::string_view body, int httpStatus) {
  auto head = init<pagoda_http_head>();
  head.status = httpStatus;
  auto error = init<pagoda_error>();
  error.status = PAGODA_E_UNAVAILABLE;
  api().on_failure(exchange, &head, bytes(body), &error);
  require(error.status < 0 && error.message[0] != '\0');
  require(pagoda::json::validUtf8(error.message));
}

void drive(pagoda_exchange* exchange, std::string_view answers, unsigned mode) {
  Seen seen;
  pagoda_status status = PAGODA_OK;
  for (int round = 0; round < 8; ++round) {
    pagoda_step_kind kind = PAGODA_STEP_DONE;
    status = next(exchange, kind);
    if (status != PAGODA_OK || kind == PAGODA_STEP_DONE) break;
    const std::size_t end = answers.find('\n');
    const std::string_view answer = answers.substr(0, end);
    answers = end == std::string_view::npos ? std::string_view() : answers.substr(end + 1);
    if ((mode & 2) != 0 && round == static_cast<int>(mode >> 7)) {
      refuse(exchange, answer, 400 + static_cast<int>((mode >> 3) & 15));
      return;
    }
    status = feed(exchange, answer, seen);
    if (status != PAGODA_OK) break;
  }
  require((status == PAGODA_OK) == seen.finished);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static pagoda_provider* const provider = [] {
    pagoda_provider* made = nullptr;
    auto error = init<pagoda_error>();
    require(api().create(nullptr, "external", str(kSettings), &made, &error) == PAGODA_OK);
    return made;
  }();
  if (size < 1) return 0;
  const unsigned mode = data[0];
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((mode & 1) != 0) {
    pagoda_provider* made = nullptr;
    auto error = init<pagoda_error>();
    const pagoda_status status = api().create(nullptr, "external", str(input), &made, &error);
    require((status == PAGODA_OK) == (made != nullptr));
    if (made != nullptr) api().destroy(made);
    return 0;
  }
  const std::size_t end = input.find('\n');
  const std::string_view prompt = input.substr(0, end);
  if (!pagoda::json::validUtf8(prompt)) return 0;  // the host has checked it
  auto part = init<pagoda_part>();
  part.text = str(prompt);
  auto message = init<pagoda_message>();
  message.role = PAGODA_ROLE_USER;
  message.parts = {&part, 1, sizeof part};
  auto request = init<pagoda_chat_request>();
  request.model = str("t");
  request.messages = {&message, 1, sizeof message};
  request.choices = 1;
  request.max_output_tokens = (mode & 4) != 0 ? 20 : -1;
  const auto attempt = init<pagoda_attempt>();
  pagoda_exchange* exchange = nullptr;
  auto error = init<pagoda_error>();
  if (api().begin(provider, &attempt, &request, &exchange, &error) != PAGODA_OK) return 0;
  drive(exchange, end == std::string_view::npos ? std::string_view() : input.substr(end + 1), mode);
  api().end(exchange);
  return 0;
}
