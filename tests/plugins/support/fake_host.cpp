#include "tests/plugins/support/fake_host.h"

#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>

#include "core/api/json_body.h"
#include "core/api/openai_dialect.h"
#include "core/plugin_host/request_view.h"

namespace test {

using namespace pagoda::sdk;

namespace {

const pagoda_provider_api& api() {
  const pagoda_plugin_entry* entry = pagoda_plugin_entry_v1();
  return *static_cast<const pagoda_provider_api*>(entry->get_kind(PAGODA_KIND_PROVIDER));
}

/// A growable body that moves whenever it grows, so that a kept pointer shows.
struct Body {
  pagoda_buf buffer{};  // first: grow() gets its address
  std::vector<std::uint8_t> bytes;
  Body() {
    resize(16);
    buffer.pos = bytes.data();
    buffer.grow = [](pagoda_buf* self, std::size_t need) noexcept -> std::int32_t {
      auto& body = *reinterpret_cast<Body*>(self);
      const std::size_t used = body.used();
      body.resize(used + need + need / 2);
      body.buffer.pos = body.bytes.data() + used;
      return PAGODA_OK;
    };
  }
  std::size_t used() const { return static_cast<std::size_t>(buffer.pos - bytes.data()); }
  std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), used()}; }

 private:
  void resize(std::size_t size) {
    std::vector<std::uint8_t> moved(size);
    std::copy(bytes.begin(), bytes.end(), moved.begin());
    bytes.swap(moved);
    buffer.end = bytes.data() + bytes.size();
  }
};

struct Sink {
  Exchange& exchange;
  pagoda_event_sink sink = init<pagoda_event_sink>();
  int left;
  bool counts;
  std::set<std::uint32_t> finished;

  Sink(Exchange& kept, const Request& request)
      : exchange(kept), left(request.stopAfter), counts(request.countTokens) {
    sink.impl = this;
    sink.emit = [](const pagoda_event_sink* self,
                   const pagoda_event* event) noexcept -> pagoda_status {
      return static_cast<Sink*>(self->impl)->take(*event);
    };
  }

 private:
  void fault(const char* what) {
    if (exchange.fault.empty()) exchange.fault = what;
  }

  void checkOrder(const pagoda_event& event) {
    const bool start = event.type == PAGODA_EV_START;
    // A count of tokens is its USAGE and nothing else.
    if (counts) {
      if (event.type != PAGODA_EV_USAGE) fault("a token count with other events");
      return;
    }
    if (start == exchange.started) fault("START is not first, or came twice");
    const bool after = event.type == PAGODA_EV_USAGE || event.type == PAGODA_EV_EXTRA || start;
    if (!after && finished.contains(event.choice)) fault("content after FINISH");
    for (const pagoda_str text : {event.text, event.id, event.name}) {
      if (!pagoda::json::validUtf8(view(text))) fault("text that is not UTF-8");
    }
  }

  ToolCall& tool(const pagoda_event& event) {
    auto& tools = exchange.choices[event.choice].tools;
    if (event.index >= tools.size()) {
      fault("a tool call's index has no TOOL_BEGIN");
      tools.resize(event.index + 1);
    }
    return tools[event.index];
  }

  pagoda_status take(const pagoda_event& event) {
    if (left == 0) return PAGODA_E_CANCELLED;
    if (left > 0) --left;
    checkOrder(event);
    const auto choice = [&]() -> Choice& { return exchange.choices[event.choice]; };
    switch (event.type) {
      case PAGODA_EV_START:
        exchange.started = true;
        exchange.id = view(event.id);
        exchange.model = view(event.name);
        break;
      case PAGODA_EV_TEXT:
        choice().text += view(event.text);
        break;
      case PAGODA_EV_REASONING:
        choice().reasoning += view(event.text);
        choice().signature += view(event.data);
        if (event.name.size != 0) choice().signature += "[" + std::string(view(event.name)) + "]";
        break;
      case PAGODA_EV_REFUSAL:
        choice().refusal += view(event.text);
        break;
      case PAGODA_EV_TOOL_BEGIN: {
        auto& tools = choice().tools;
        if (event.index != tools.size()) fault("tool calls do not count up from 0");
        tools.push_back({std::string(view(event.id)),
                         std::string(view(event.name)),
                         {},
                         (event.flags & PAGODA_TOOL_CALL_CUSTOM) != 0});
        break;
      }
      case PAGODA_EV_TOOL_ARGS:
        tool(event).arguments += view(event.text);
        break;
      case PAGODA_EV_EMBEDDING:
        if (event.text.size != 0 && event.data.size != 0) fault("a vector in two forms");
        exchange.vectors[event.index] =
            std::string(view(event.text)) + std::string(view(event.data));
        break;
      case PAGODA_EV_USAGE:
        exchange.usage = *event.usage;
        ++exchange.usageEvents;
        break;
      case PAGODA_EV_FINISH:
        if (!finished.insert(event.choice).second) fault("FINISH came twice");
        choice().finish = view(event.text);
        choice().reason = event.finish;
        break;
      case PAGODA_EV_EXTRA:
        if (!pagoda::json::valid(view(event.text)) || !view(event.text).starts_with('{'))
          fault("EXTRA without an object");
        exchange.extras.push_back(
            {event.flags, event.choice, event.index, std::string(view(event.text))});
        break;
      case PAGODA_EV_MEDIA:
        choice().media.emplace_back(view(event.name), view(event.data));
        break;
      default:
        fault("an unknown event");
    }
    return PAGODA_OK;
  }
};

/// Records target, headers and secrets.
struct Http {
  Exchange& exchange;
  Body body;
  pagoda_http_request request = init<pagoda_http_request>();
  bool lacksKey;

  Http(Exchange& kept, bool hostLacksKey) : exchange(kept), lacksKey(hostLacksKey) {
    request.impl = this;
    request.body = &body.buffer;
    request.target = [](pagoda_http_request* r, pagoda_str method,
                        pagoda_str url) noexcept -> pagoda_status {
      self(r).exchange.method = view(method);
      self(r).exchange.url = view(url);
      return PAGODA_OK;
    };
    request.header = [](pagoda_http_request* r, pagoda_str name,
                        pagoda_str value) noexcept -> pagoda_status {
      self(r).exchange.headers[std::string(view(name))] = view(value);
      return PAGODA_OK;
    };
    request.secret_header = [](pagoda_http_request* r, pagoda_str name, pagoda_str prefix,
                               pagoda_str secret, pagoda_str suffix) noexcept -> pagoda_status {
      if (self(r).lacksKey) return PAGODA_E_AUTH;
      self(r).exchange.headers[std::string(view(name))] = std::string(view(prefix)) + "<" +
                                                          std::string(view(secret)) + ">" +
                                                          std::string(view(suffix));
      return PAGODA_OK;
    };
  }

 private:
  static Http& self(pagoda_http_request* r) { return *static_cast<Http*>(r->impl); }
};

struct Instance {
  pagoda_provider* provider = nullptr;
  pagoda_status status;
  pagoda_error error = init<pagoda_error>();
  Instance(const std::string& type, const std::string& config, const pagoda_host* host = nullptr) {
    status = api().create(host, type.c_str(), str(config), &provider, &error);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    if (provider != nullptr) api().destroy(provider);
  }
};

pagoda::Result<pagoda::ChatRequest> tryRead(const Request& request) {
  PAGODA_TRY(auto document, pagoda::api::JsonDocument::parse(request.rawJson));
  return pagoda::api::readOpenAiRequest(std::move(document));
}

pagoda::ChatRequest readRequest(const Request& request) {
  auto chat = tryRead(request);
  if (!chat) throw std::runtime_error(chat.error().message);
  return std::move(*chat);
}

/// A request for embeddings, in the ABI's form.
struct EmbeddingView {
  std::vector<std::string> texts;
  std::vector<pagoda_str> inputs;
  pagoda_embedding_request request = init<pagoda_embedding_request>();

  explicit EmbeddingView(const Request& from) {
    if (!from.embeds) return;
    request.model = str(from.model);
    request.extra_json = str(from.extraJson);
    request.raw_json = str(from.rawJson);
    request.dimensions = -1;
    pagoda::json::Reader reader(from.rawJson);
    reader.object([&](std::string_view key, pagoda::json::Reader& value) {
      std::string buffer;
      if (key == "dimensions") request.dimensions = value.integer().value_or(-1);
      if (key != "input") return;
      if (value.kind() == pagoda::json::Kind::String) {
        texts.emplace_back(*value.string(buffer));
      } else {
        value.array([&](pagoda::json::Reader& element) {
          if (const auto text = element.string(buffer)) texts.emplace_back(*text);
        });
      }
    });
    for (const std::string& text : texts) inputs.push_back(str(text));
    if (inputs.empty()) request.flags |= PAGODA_EMBED_TOKENS;
    request.inputs = {inputs.data(), static_cast<std::uint32_t>(inputs.size()), sizeof(pagoda_str)};
  }
};

pagoda::AttemptContext contextOf(const Request& request) {
  pagoda::AttemptContext context;
  context.upstreamModel = request.model;
  context.maxOutputTokens = request.maxOutputTokens;
  context.stream = request.stream;
  return context;
}

/// The request lives as long as the exchange, as a host's does.
struct ExchangeHandle {
  const Request kept;
  const Request plain;  // a chat request in the place of one for embeddings
  const EmbeddingView embedding;
  const pagoda::ChatRequest parsed;
  const pagoda::plugin_host::RequestView view;
  pagoda_chat_request chat;
  pagoda_exchange* exchange = nullptr;

  ExchangeHandle(Instance& instance, const Request& request, pagoda_error* error)
      : kept(request),
        embedding(kept),
        parsed(readRequest(kept.embeds ? plain : kept)),
        view(contextOf(kept), parsed, kept.endpoint),
        chat(*view.request()) {
    chat.extra_json = str(kept.extraJson);
    if (kept.embeds) {
      const auto* const embeddings = static_cast<const pagoda_provider_embeddings*>(
          api().get_extension(instance.provider, PAGODA_EXT_PROVIDER_EMBEDDINGS));
      status = embeddings == nullptr ? PAGODA_E_NOT_IMPLEMENTED
                                     : embeddings->begin(instance.provider, view.attempt(),
                                                         &embedding.request, &exchange, error);
      return;
    }
    if (kept.countTokens) {
      const auto* const tokens = static_cast<const pagoda_provider_tokens*>(
          api().get_extension(instance.provider, PAGODA_EXT_PROVIDER_TOKENS));
      status = tokens == nullptr
                   ? PAGODA_E_NOT_IMPLEMENTED
                   : tokens->begin(instance.provider, view.attempt(), &chat, &exchange, error);
      return;
    }
    status = api().begin(instance.provider, view.attempt(), &chat, &exchange, error);
  }
  ExchangeHandle(const ExchangeHandle&) = delete;
  ExchangeHandle& operator=(const ExchangeHandle&) = delete;
  ~ExchangeHandle() {
    if (exchange != nullptr) api().end(exchange);
  }
  pagoda_status status;
};

pagoda_status feed(pagoda_exchange* handle, const Frame& frame, bool last, pagoda_framing framing,
                   const pagoda_event_sink* sink, pagoda_error* error) {
  const auto exact = std::make_unique<char[]>(frame.data.size());
  std::memcpy(exact.get(), frame.data.data(), frame.data.size());
  auto passed = init<pagoda_frame>();
  passed.flags = last ? PAGODA_FRAME_LAST : 0;
  passed.event = str(frame.event);
  passed.data = bytes({exact.get(), frame.data.size()});
  passed.framing = framing;
  return api().on_data(handle, &passed, sink, error);
}

}  // namespace

std::string Exchange::extraAt(std::uint32_t place) const {
  std::string all;
  for (const Extra& extra : extras) {
    if (extra.place == place) all += extra.json;
  }
  return all;
}

bool accepts(const Request& request) {
  return tryRead(request).has_value();
}

Exchange run(const Request& request, const std::vector<Frame>& frames, pagoda_framing framing,
             bool lastAlone) {
  Exchange exchange;
  exchange.error.retry_after_ms = -1;
  Instance instance(request.type, request.config);
  if (instance.status != PAGODA_OK) throw std::runtime_error(instance.error.message);
  ExchangeHandle handle(instance, request, &exchange.error);
  exchange.status = handle.status;
  if (exchange.status != PAGODA_OK) return exchange;

  Http http(exchange, request.lacksKey);
  auto step = init<pagoda_step>();
  step.http = &http.request;
  exchange.status = api().next(handle.exchange, &step, &exchange.error);
  if (exchange.status != PAGODA_OK) return exchange;
  exchange.body = http.body.text();
  exchange.framing = http.request.framing;

  Sink sink(exchange, request);
  for (std::size_t i = 0; i < frames.size() && exchange.status == PAGODA_OK; ++i) {
    const bool last = !lastAlone && i + 1 == frames.size();
    exchange.status = feed(handle.exchange, frames[i], last, framing, &sink.sink, &exchange.error);
  }
  if ((lastAlone || frames.empty()) && exchange.status == PAGODA_OK)
    exchange.status = feed(handle.exchange, {}, true, framing, &sink.sink, &exchange.error);
  if (exchange.status == PAGODA_OK) {
    exchange.status = api().next(handle.exchange, &step, &exchange.error);
    if (step.kind != PAGODA_STEP_DONE) exchange.fault = "a second step";
  }
  return exchange;
}

Exchange runStream(const Request& request, const std::vector<std::string>& chunks) {
  Request streaming = request;
  streaming.stream = true;
  std::vector<Frame> frames;
  for (const std::string& chunk : chunks) frames.push_back({chunk, {}});
  return run(streaming, frames, PAGODA_FRAMING_SSE);
}

pagoda_error runFailure(int status, std::string_view body, pagoda_status hosts,
                        const std::map<std::string, std::string>& headers, const Request& request) {
  Instance instance(request.type, request.config);
  auto error = init<pagoda_error>();
  ExchangeHandle handle(instance, request, &error);
  std::vector<pagoda_pair> pairs;
  for (const auto& [name, value] : headers) pairs.push_back({str(name), str(value)});
  auto head = init<pagoda_http_head>();
  head.status = status;
  head.headers = {pairs.data(), static_cast<std::uint32_t>(pairs.size()), sizeof(pagoda_pair)};
  error.status = hosts;
  error.retry_after_ms = -1;
  error.http_status = status;
  const auto exact = std::make_unique<char[]>(body.size());
  std::memcpy(exact.get(), body.data(), body.size());
  api().on_failure(handle.exchange, &head, bytes({exact.get(), body.size()}), &error);
  return error;
}

struct Session::State {
  std::uint64_t now = 1'000'000'000;
  bool answersWithoutRequest;
  pagoda_host host = init<pagoda_host>();
  std::vector<Sent> sent;
  std::optional<Instance> instance;

  explicit State(bool ready) : answersWithoutRequest(ready) {
    host.impl = this;
    host.abi_major = PAGODA_ABI_MAJOR;
    host.now_ns = [](const pagoda_host* self) noexcept -> std::uint64_t {
      return static_cast<const State*>(self->impl)->now;
    };
    host.get_extension = [](const pagoda_host* self, const char* id) noexcept -> const void* {
      const bool offered = static_cast<const State*>(self->impl)->answersWithoutRequest &&
                           std::string_view(id) == "pagoda.host-ready-step/1";
      return offered ? self : nullptr;
    };
  }

  /// False once the exchange is over.
  bool step(pagoda_exchange* handle, Exchange& exchange, Sink& sink, const Upstream& upstream,
            std::size_t cut) {
    constexpr pagoda_step_kind kReady = 3;
    Http http(exchange, false);
    exchange.headers.clear();
    auto next = init<pagoda_step>();
    next.http = &http.request;
    exchange.status = api().next(handle, &next, &exchange.error);
    if (exchange.status != PAGODA_OK || next.kind == PAGODA_STEP_DONE) return false;
    if (next.kind == kReady && answersWithoutRequest) {
      exchange.status = feed(handle, {}, true, PAGODA_FRAMING_WHOLE, &sink.sink, &exchange.error);
      return exchange.status == PAGODA_OK;
    }
    if (next.kind != PAGODA_STEP_HTTP) throw std::runtime_error("a step of an unknown kind");
    exchange.body = http.body.text();
    exchange.framing = http.request.framing;
    sent.push_back({exchange.method, exchange.url, exchange.body, exchange.headers});
    const Response response = upstream(sent.back());
    auto head = init<pagoda_http_head>();
    head.status = response.status;
    if (response.status >= 300) {
      exchange.error.status = response.hosts;
      exchange.error.http_status = response.status;
      api().on_failure(handle, &head, bytes(response.body), &exchange.error);
      exchange.status = exchange.error.status;
      return false;
    }
    exchange.status = api().on_head(handle, &head, &exchange.error);
    const std::size_t size = cut == 0 ? response.body.size() : cut;
    for (std::size_t at = 0; exchange.status == PAGODA_OK && at < response.body.size(); at += size)
      exchange.status =
          feed(handle, {response.body.substr(at, size), {}}, at + size >= response.body.size(),
               PAGODA_FRAMING_WHOLE, &sink.sink, &exchange.error);
    if (response.body.empty())
      exchange.status = feed(handle, {}, true, PAGODA_FRAMING_WHOLE, &sink.sink, &exchange.error);
    return exchange.status == PAGODA_OK;
  }
};

Session::Session(const std::string& type, const std::string& config, bool answersWithoutRequest)
    : state_(std::make_unique<State>(answersWithoutRequest)) {
  state_->instance.emplace(type, config, &state_->host);
  if (state_->instance->status != PAGODA_OK)
    throw std::runtime_error(state_->instance->error.message);
}
Session::~Session() = default;

Exchange Session::ask(const Request& request, const Upstream& upstream, std::size_t cut) {
  constexpr int kMostSteps = 64;
  Exchange exchange;
  exchange.error.retry_after_ms = -1;
  ExchangeHandle handle(*state_->instance, request, &exchange.error);
  exchange.status = handle.status;
  if (exchange.status != PAGODA_OK) return exchange;
  Sink sink(exchange, request);
  for (int i = 0; i < kMostSteps; ++i)
    if (!state_->step(handle.exchange, exchange, sink, upstream, cut)) return exchange;
  throw std::runtime_error("an exchange without end");
}

void Session::pass(std::chrono::nanoseconds time) {
  state_->now += static_cast<std::uint64_t>(time.count());
}
const std::vector<Sent>& Session::sent() const {
  return state_->sent;
}

std::pair<pagoda_status, std::string> configure(const std::string& config,
                                                const std::string& type) {
  Instance instance(type, config);
  return {instance.status, instance.error.message};
}

pagoda_status selfTest(const Request& request) {
  Instance instance(request.type, request.config);
  return api().self_test(instance.provider, &instance.error);
}

std::vector<Frame> cutSse(std::string_view body) {
  std::vector<Frame> frames;
  Frame frame;
  bool any = false;
  const auto dispatch = [&] {
    if (any) frames.push_back(frame);
    frame = {};
    any = false;
  };
  while (!body.empty()) {
    const std::size_t end = body.find_first_of("\r\n");
    const std::string_view line = body.substr(0, end);
    std::size_t next = end == std::string_view::npos ? body.size() : end + 1;
    if (end != std::string_view::npos && body[end] == '\r' && next < body.size() &&
        body[next] == '\n')
      ++next;
    body.remove_prefix(next);
    if (line.empty()) {
      dispatch();
      continue;
    }
    const std::size_t colon = line.find(':');
    std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    const std::string_view field = line.substr(0, colon);
    if (field == "event") frame.event = value;
    if (field == "data") {
      if (any) frame.data += '\n';
      frame.data += value;
      any = true;
    }
  }
  dispatch();
  return frames;
}

}  // namespace test
