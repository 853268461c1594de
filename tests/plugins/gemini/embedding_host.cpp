#include "tests/plugins/gemini/embedding_host.h"

#include <stdexcept>

namespace test {

namespace {

using namespace pagoda::sdk;

struct Collector {
  Embedding& embedding;
  pagoda_event_sink sink = init<pagoda_event_sink>();

  explicit Collector(Embedding& kept) : embedding(kept) {
    sink.impl = &embedding;
    sink.emit = [](const pagoda_event_sink* self,
                   const pagoda_event* event) noexcept -> pagoda_status {
      auto& out = *static_cast<Embedding*>(self->impl);
      if (event->type == PAGODA_EV_EMBEDDING) out.vectors[event->index] = view(event->text);
      if (event->type == PAGODA_EV_USAGE) out.inputTokens = event->usage->input_tokens;
      return PAGODA_OK;
    };
  }
};

struct Post {
  std::string url;
  std::vector<std::uint8_t> bytes;
  pagoda_buf body{};
  pagoda_http_request request = init<pagoda_http_request>();

  Post() : bytes(1 << 16) {
    body.pos = bytes.data();
    body.end = bytes.data() + bytes.size();
    body.grow = [](pagoda_buf*, std::size_t) noexcept -> std::int32_t {
      return PAGODA_E_TOO_LARGE;
    };
    request.impl = this;
    request.body = &body;
    request.target = [](pagoda_http_request* r, pagoda_str, pagoda_str to) noexcept {
      static_cast<Post*>(r->impl)->url = view(to);
      return pagoda_status{PAGODA_OK};
    };
    request.header = [](pagoda_http_request*, pagoda_str, pagoda_str) noexcept {
      return pagoda_status{PAGODA_OK};
    };
    request.secret_header = [](pagoda_http_request*, pagoda_str, pagoda_str, pagoda_str,
                               pagoda_str) noexcept { return pagoda_status{PAGODA_OK}; };
  }
  std::string text() const {
    return {reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::size_t>(body.pos - bytes.data())};
  }
};

void runSteps(const pagoda_provider_api& api, pagoda_exchange* exchange,
              const std::vector<std::string>& answers, Embedding& out, pagoda_error& error) {
  Collector collector(out);
  for (;;) {
    Post post;
    auto step = init<pagoda_step>();
    step.http = &post.request;
    out.status = api.next(exchange, &step, &error);
    if (out.status != PAGODA_OK || step.kind == PAGODA_STEP_DONE) return;
    out.urls.push_back(post.url);
    out.bodies.push_back(post.text());
    if (out.urls.size() > answers.size()) throw std::runtime_error("a step without an answer");
    auto frame = init<pagoda_frame>();
    frame.flags = PAGODA_FRAME_LAST;
    frame.data = bytes(answers[out.urls.size() - 1]);
    out.status = api.on_data(exchange, &frame, &collector.sink, &error);
    if (out.status != PAGODA_OK) return;
  }
}

}  // namespace

Embedding embed(const EmbeddingRequest& request, const std::vector<std::string>& answers) {
  const auto& api = *static_cast<const pagoda_provider_api*>(
      pagoda_plugin_entry_v1()->get_kind(PAGODA_KIND_PROVIDER));
  auto error = init<pagoda_error>();
  pagoda_provider* provider = nullptr;
  Embedding out;
  out.status = api.create(nullptr, "gemini", str(request.config), &provider, &error);
  if (out.status != PAGODA_OK) throw std::runtime_error(error.message);
  const auto* const embeddings = static_cast<const pagoda_provider_embeddings*>(
      api.get_extension(provider, PAGODA_EXT_PROVIDER_EMBEDDINGS));

  std::vector<pagoda_str> inputs;
  for (const std::string& input : request.inputs) inputs.push_back(str(input));
  auto asked = init<pagoda_embedding_request>();
  asked.flags = request.flags;
  asked.model = str(request.model);
  asked.inputs = {inputs.data(), static_cast<std::uint32_t>(inputs.size()), sizeof(pagoda_str)};
  asked.dimensions = request.dimensions;
  const auto attempt = init<pagoda_attempt>();
  pagoda_exchange* exchange = nullptr;
  out.status = embeddings->begin(provider, &attempt, &asked, &exchange, &error);
  if (out.status == PAGODA_OK) runSteps(api, exchange, answers, out, error);
  out.message = error.message;
  if (exchange != nullptr) api.end(exchange);
  api.destroy(provider);
  return out;
}

}  // namespace test
