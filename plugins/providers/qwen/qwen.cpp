// Provider `qwen`: Alibaba Cloud Model Studio (DashScope), in OpenAI's dialect or its own.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/exchange.h"
#include "chat_completions/request_body.h"
#include "chat_completions/schema.h"
#include "failure.h"
#include "native.h"
#include "settings.h"
#include "thinking.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::qwen;
namespace chat = pagoda::chat_completions;
namespace json = pagoda::json;

#define PAGODA_QWEN_ID "dev.pagoda.qwen"
#define PAGODA_QWEN_VERSION "1.0.0"
// clang-format off
#define PAGODA_QWEN_SCHEMA                                                                      \
  R"({"type":"object","properties":{)" PAGODA_CHAT_COMPLETIONS_PROPERTIES                       \
  R"(,"region":{"type":"string","default":"intl","description":"intl, cn, us, hk, jp, eu or an Alibaba Cloud region"},)" \
  R"("workspace":{"type":"string","description":"id, for the host names of 2026"},)"            \
  R"("api":{"enum":["compatible","native"],"description":"by the path of base_url if not set"},)" \
  R"("incremental_output":{"type":"boolean","default":true,"description":"native streams: deltas"},)" \
  R"("thinking":{"type":"boolean","description":"for requests that do not say"},)"              \
  R"("thinking_budget":{"type":"integer","minimum":1,"description":"tokens, likewise"}}})"
// clang-format on

class CompatibleExchange final : public chat::ChatExchange {
 public:
  CompatibleExchange(const Settings& settings, const pagoda_attempt& attempt,
                     const pagoda_chat_request& request)
      : ChatExchange(settings.chat, attempt, request),
        settings_(settings),
        thinking_(thinkingOf(request, settings)) {
    if (thinking_.streams) streamUpstream();
  }

  void request(HttpRequest& http) override {
    withCredentials([&] { ChatExchange::request(http); });
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 protected:
  void body(Buffer& out) override {
    using Action = json::Change::Action;
    std::vector<json::Change> changes = {{"reasoning_effort", Action::Drop}};
    if (thinking_.enable)
      changes.push_back({"enable_thinking", Action::Set, *thinking_.enable ? "true" : "false"});
    const std::string budget = std::to_string(thinking_.budget);
    if (thinking_.budget > 0) changes.push_back({"thinking_budget", Action::Set, budget});
    // The range is open at 2.
    if (chat().temperature >= 2) changes.push_back({"temperature", Action::SetIfThere, "1.99"});
    const std::string choice = onlyTool();
    if (!choice.empty()) changes.push_back({"tool_choice", Action::SetIfThere, choice});
    chat::writeRequestBody(chat(), settings_.chat, out, changes);
  }

 private:
  // `required` is refused by many models; with one tool it means to name it.
  std::string onlyTool() const {
    if (chat().tool_choice != PAGODA_TOOL_REQUIRED || chat().tools.count != 1) return {};
    std::string out = R"({"type":"function","function":{"name":)";
    json::appendString(out, view(Range<pagoda_tool>(chat().tools)[0].name));
    return out + "}}";
  }

  const Settings& settings_;
  Thinking thinking_;
};

class NativeExchange final : public Exchange {
 public:
  NativeExchange(const Settings& settings, const pagoda_attempt& attempt,
                 const pagoda_chat_request& request)
      : settings_(settings),
        request_(request),
        thinking_(thinkingOf(request, settings)),
        streams_(thinking_.streams || (request.flags & PAGODA_REQ_STREAM) != 0),
        url_(nativeUrl(attempt.endpoint.size == 0 ? std::string_view(settings.chat.baseUrl)
                                                  : view(attempt.endpoint),
                       isMultimodal(request))),
        answer_(view(request.model), view(attempt.request_id), !settings.incremental) {}

  void request(HttpRequest& http) override {
    http.post(url_, streams_ ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    withCredentials([&] { chat::writeHeaders(http, settings_.chat, streams_); });
    if (streams_) http.header("x-dashscope-sse", "enable");
    Buffer body = http.body();
    writeNative(request_, settings_, thinking_, streams_, body);
  }
  void data(const Frame& frame, Events& events) override {
    if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
    answer_.event(frame.event, frame.data, events);
    if (frame.last) answer_.end(events);
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 private:
  const Settings& settings_;
  const pagoda_chat_request& request_;
  Thinking thinking_;
  bool streams_;
  std::string url_;
  NativeReader answer_;
};

class QwenEmbeddings final : public chat::EmbeddingsExchange {
 public:
  using EmbeddingsExchange::EmbeddingsExchange;
  void request(HttpRequest& http) override {
    withCredentials([&] { EmbeddingsExchange::request(http); });
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }
};

class Qwen {
 public:
  static constexpr const char* kType = "qwen";
  static constexpr const char* kTitle = "Alibaba Cloud Model Studio (Qwen)";
  static constexpr const char* kConfigSchema = PAGODA_QWEN_SCHEMA;
  static constexpr std::uint32_t kMostEmbeddings = 10;  // of text-embedding-v3 and newer

  Qwen(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    if (settings_.api == Api::Native)
      return std::make_unique<NativeExchange>(settings_, attempt, request);
    return std::make_unique<CompatibleExchange>(settings_, attempt, request);
  }

  /// In both modes by the compatible one, which the same host and key serve.
  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt& attempt,
                                            const pagoda_embedding_request& request) {
    const std::string base =
        compatibleUrl(attempt.endpoint.size == 0 ? std::string_view(settings_.chat.baseUrl)
                                                 : view(attempt.endpoint));
    pagoda_attempt there = init<pagoda_attempt>();
    there.number = attempt.number;
    there.request_id = attempt.request_id;
    there.endpoint = str(base);
    return std::make_unique<QwenEmbeddings>(settings_.chat, there, request);
  }

  void selfTest() { chat::selfTest(settings_.chat); }

 private:
  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_QWEN_ID R"(","version":")" PAGODA_QWEN_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"Qwen","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Alibaba Cloud Model Studio, both of its dialects",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"qwen","config_schema":)" PAGODA_QWEN_SCHEMA
    R"(}],"permissions":{"hosts":["*.aliyuncs.com"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_QWEN_ID, PAGODA_QWEN_VERSION, Providers<Qwen>)
