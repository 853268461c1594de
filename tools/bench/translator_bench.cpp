// Micro-benchmark of a translator: whole exchanges and streamed chunks through the plugin's table.
//   translator_bench [ROUNDS]
// Built on demand (ninja pagoda_translator_bench); prints nanoseconds, the best of 40 batches.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace {

using namespace pagoda::sdk;

/// A request body in one reserved block, as a host's buffer is after the first request.
struct Body {
  pagoda_buf buffer{};
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 16);
  void clear() {
    buffer.pos = bytes.data();
    buffer.end = bytes.data() + bytes.size();
    buffer.grow = [](pagoda_buf*, std::size_t) noexcept -> std::int32_t {
      return PAGODA_E_TOO_LARGE;
    };
  }
};

struct Bench {
  const pagoda_provider_api& api;
  pagoda_provider* provider = nullptr;
  Body body;
  pagoda_http_request http = init<pagoda_http_request>();
  pagoda_event_sink sink = init<pagoda_event_sink>();
  pagoda_error error = init<pagoda_error>();
  std::size_t bytesSeen = 0;
  std::string rawJson;
  std::string answer;
  pagoda_attempt attempt = init<pagoda_attempt>();
  pagoda_chat_request request = init<pagoda_chat_request>();

  Bench()
      : api(*static_cast<const pagoda_provider_api*>(
            pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER))) {
    const std::string_view config = R"({"base_url":"https://api.example.com/v1"})";
    if (api.create(nullptr, "openai_compatible", str(config), &provider, &error) != PAGODA_OK)
      std::abort();
    http.body = &body.buffer;
    http.target = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    http.header = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    http.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                            pagoda_str) noexcept -> pagoda_status { return PAGODA_OK; };
    sink.impl = this;
    sink.emit = [](const pagoda_event_sink* self,
                   const pagoda_event* event) noexcept -> pagoda_status {
      static_cast<Bench*>(self->impl)->bytesSeen += event->text.size;
      return PAGODA_OK;
    };
    rawJson =
        R"({"model":"auto","temperature":0.7,"max_tokens":500,"messages":[{"role":"system","content":"Be brief."},)"
        R"({"role":"user","content":")" +
        std::string(1900, 'x') + R"("}]})";
    answer =
        R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m-2026","choices":[{"index":0,)"
        R"("message":{"role":"assistant","content":")" +
        std::string(700, 'y') +
        R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":500,)"
        R"("completion_tokens":180,"total_tokens":680,"prompt_tokens_details":{"cached_tokens":0},)"
        R"("completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":"fp_1"})";
    attempt.request_id = str("req");
    request.model = str("m");
    request.max_output_tokens = 400;
    request.raw_json = str(rawJson);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() { api.destroy(provider); }

  pagoda_exchange* begin() {
    pagoda_exchange* exchange = nullptr;
    if (api.begin(provider, &attempt, &request, &exchange, &error) != PAGODA_OK) std::abort();
    auto step = init<pagoda_step>();
    step.http = &http;
    body.clear();
    if (api.next(exchange, &step, &error) != PAGODA_OK) std::abort();
    return exchange;
  }
  void feed(pagoda_exchange* exchange, std::string_view data, pagoda_framing framing, bool last) {
    auto frame = init<pagoda_frame>();
    frame.flags = last ? PAGODA_FRAME_LAST : 0;
    frame.data = bytes(data);
    frame.framing = framing;
    if (api.on_data(exchange, &frame, &sink, &error) != PAGODA_OK) std::abort();
  }
};

// The best batch: what else runs on the machine only ever adds.
template <class F>
double bestNs(int rounds, F&& body) {
  double best = 1e18;
  for (int batch = 0; batch < 40; ++batch) {
    const auto from = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) body();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
    best = std::min(best, took.count() / rounds);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 1'000;
  Bench bench;
  const double request = bestNs(rounds, [&] { bench.api.end(bench.begin()); });
  const double exchange = bestNs(rounds, [&] {
    pagoda_exchange* x = bench.begin();
    bench.feed(x, bench.answer, PAGODA_FRAMING_WHOLE, true);
    bench.api.end(x);
  });
  // What any reader would need: one checked walk over the same bytes, and the UTF-8 check.
  const double jsonWork = bestNs(rounds, [&] {
    if (!pagoda::json::valid(bench.rawJson) || !pagoda::json::valid(bench.answer) ||
        !pagoda::json::validUtf8(bench.answer))
      std::abort();
  });
  pagoda_exchange* stream = bench.begin();
  const std::string_view chunk =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m-2026","system_fingerprint":"fp_1",)"
      R"("choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"usage":null})";
  bench.feed(stream, chunk, PAGODA_FRAMING_SSE, false);
  const double chunkNs =
      bestNs(rounds, [&] { bench.feed(stream, chunk, PAGODA_FRAMING_SSE, false); });
  bench.api.end(stream);

  std::printf("begin, next, end (2 KB request)      %8.0f ns\n", request);
  std::printf("whole exchange (and 1 KB answer)     %8.0f ns\n", exchange);
  std::printf("  of it JSON work (one checked walk) %8.0f ns\n", jsonWork);
  std::printf("one streamed chunk (%zu bytes)       %8.0f ns\n", chunk.size(), chunkNs);
  return bench.bytesSeen == 0 ? 1 : 0;
}
