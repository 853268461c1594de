// What a translator costs: the request, a whole exchange and a streamed chunk of each provider,
// through the table of its shared library, as the host calls it.
//   translator_bench [NAME] [ROUNDS]     NAME: a provider or one of its dialects; default: all
// Built on demand (ninja pagoda_translator_bench) with the plugins beside it; prints nanoseconds,
// the best of 40 batches. Only figures of a release build tell anything.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

#include <pagoda/sdk.hpp>

#include "tools/bench/translator_cases.h"

namespace {

using namespace pagoda::sdk;

[[noreturn]] void give(std::string_view name, const char* why) {
  std::fprintf(stderr, "translator_bench: %.*s: %s\n", static_cast<int>(name.size()), name.data(),
               why);
  std::exit(1);
}

/// Left loaded: the process ends soon.
const pagoda_provider_api& load(std::string_view plugin) {
  const std::string path = std::string(PAGODA_BINARY_DIR "/plugins/").append(plugin) + ".so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) give(plugin, dlerror());
  using Entry = decltype(&pagoda_plugin_entry_v1);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "pagoda_plugin_entry_v1"));
  if (entry == nullptr) give(plugin, "has no entry");
  const void* api = entry()->get_kind(PAGODA_KIND_PROVIDER);
  if (api == nullptr) give(plugin, "is no provider");
  return *static_cast<const pagoda_provider_api*>(api);
}

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

/// A conversation of two messages, 2 KB as a client sends it, in both forms that plugins read.
struct Conversation {
  std::string prompt = std::string(1900, 'x');
  std::string rawJson =
      R"({"model":"auto","temperature":0.7,"max_tokens":500,"messages":[{"role":"system","content":"Be brief."},)"
      R"({"role":"user","content":")" +
      prompt + R"("}]})";
  pagoda_part parts[2] = {init<pagoda_part>(), init<pagoda_part>()};
  pagoda_message messages[2] = {init<pagoda_message>(), init<pagoda_message>()};
  pagoda_chat_request request = init<pagoda_chat_request>();

  explicit Conversation(std::string_view model) {
    parts[0].text = str("Be brief.");
    parts[1].text = str(prompt);
    messages[0].role = PAGODA_ROLE_SYSTEM;
    messages[1].role = PAGODA_ROLE_USER;
    for (int i = 0; i < 2; ++i) messages[i].parts = {&parts[i], 1, sizeof parts[i]};
    request.model = str(model);
    request.messages = {messages, 2, sizeof messages[0]};
    request.temperature = 0.7;
    request.top_p = request.presence_penalty = request.frequency_penalty = std::nan("");
    request.max_output_tokens = 400;
    request.reasoning_tokens = -1;
    request.choices = 1;
    request.raw_json = str(rawJson);
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
};

class Bench {
 public:
  explicit Bench(const bench::Case& what)
      : case_(what), api_(load(what.plugin)), conversation_(what.model) {
    const std::string type(what.plugin);
    if (api_.create(nullptr, type.c_str(), str(what.settings), &provider_, &error_) != PAGODA_OK)
      give(case_.name, error_.message);
    http_.body = &body_.buffer;
    http_.target = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    http_.header = http_.target;
    http_.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                             pagoda_str) noexcept -> pagoda_status { return PAGODA_OK; };
    sink_.impl = this;
    sink_.emit = [](const pagoda_event_sink* self,
                    const pagoda_event* event) noexcept -> pagoda_status {
      static_cast<Bench*>(self->impl)->bytesSeen_ += event->text.size;
      return PAGODA_OK;
    };
    attempt_.request_id = str("req");
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() { api_.destroy(provider_); }

  pagoda_exchange* begin(bool streamed) {
    conversation_.request.flags = streamed ? PAGODA_REQ_STREAM : 0;
    pagoda_exchange* exchange = nullptr;
    if (api_.begin(provider_, &attempt_, &conversation_.request, &exchange, &error_) != PAGODA_OK)
      give(case_.name, error_.message);
    auto step = init<pagoda_step>();
    step.http = &http_;
    body_.clear();
    if (api_.next(exchange, &step, &error_) != PAGODA_OK) give(case_.name, error_.message);
    return exchange;
  }
  void feed(pagoda_exchange* exchange, std::string_view data, pagoda_framing framing, bool last) {
    auto frame = init<pagoda_frame>();
    frame.flags = last ? PAGODA_FRAME_LAST : 0;
    frame.data = bytes(data);
    frame.framing = framing;
    if (api_.on_data(exchange, &frame, &sink_, &error_) != PAGODA_OK)
      give(case_.name, error_.message);
  }
  void request() { api_.end(begin(false)); }
  void exchange() {
    pagoda_exchange* exchange = begin(false);
    feed(exchange, case_.answer,
         case_.framing == PAGODA_FRAMING_LINES ? case_.framing : PAGODA_FRAMING_WHOLE, true);
    api_.end(exchange);
  }
  pagoda_exchange* open() {
    pagoda_exchange* exchange = begin(true);
    for (const std::string& frame : case_.opening) feed(exchange, frame, case_.framing, false);
    return exchange;
  }
  void chunk(pagoda_exchange* exchange) { feed(exchange, case_.chunk, case_.framing, false); }
  void close(pagoda_exchange* exchange) { api_.end(exchange); }
  /// One walk over the same bytes and the check of UTF-8, which any reader needs.
  void jsonWork() {
    if (!pagoda::json::valid(conversation_.rawJson) || !pagoda::json::valid(case_.answer) ||
        !pagoda::json::validUtf8(case_.answer))
      std::abort();
  }
  std::size_t takeBytesSeen() { return std::exchange(bytesSeen_, 0); }

 private:
  const bench::Case& case_;
  const pagoda_provider_api& api_;
  Conversation conversation_;
  pagoda_provider* provider_ = nullptr;
  Body body_;
  pagoda_http_request http_ = init<pagoda_http_request>();
  pagoda_event_sink sink_ = init<pagoda_event_sink>();
  pagoda_error error_ = init<pagoda_error>();
  pagoda_attempt attempt_ = init<pagoda_attempt>();
  std::size_t bytesSeen_ = 0;
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

void measure(const bench::Case& what, int rounds) {
  Bench bench(what);
  const double request = bestNs(rounds, [&] { bench.request(); });
  const double exchange = bestNs(rounds, [&] { bench.exchange(); });
  if (bench.takeBytesSeen() == 0) give(what.name, "the answer brought no text");
  const double jsonWork = bestNs(rounds, [&] { bench.jsonWork(); });
  std::printf("%-18.*s %9.0f %9.0f %9.0f", static_cast<int>(what.name.size()), what.name.data(),
              request, exchange, jsonWork);
  if (what.chunk.empty()) {
    std::printf("         -\n");
    return;
  }
  pagoda_exchange* stream = bench.open();
  const double chunk = bestNs(rounds, [&] { bench.chunk(stream); });
  bench.close(stream);
  if (bench.takeBytesSeen() == 0) give(what.name, "the chunk brought no text");
  std::printf(" %9.0f\n", chunk);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const int rounds = std::max(1, argc > 2 ? std::atoi(argv[2]) : 1'000);
  const std::vector<bench::Case> all = bench::cases();
  std::printf("ns                   request  exchange  (JSON)     chunk\n");
  bool any = false;
  for (const bench::Case& what : all) {
    if (!name.empty() && what.name != name && what.plugin != name) continue;
    measure(what, rounds);
    any = true;
  }
  if (!any) give(name, "no such provider");
  return 0;
}
