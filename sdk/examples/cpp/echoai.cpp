// A TRANSLATOR for an imaginary API: POST {base_url}/chat with {"model","input":[{"role","text"}]},
// answered by server-sent events {"delta":"..."} and at last {"done":true,"tokens":[in,out]}.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace {

using namespace pagoda::sdk;
namespace json = pagoda::json;

#define PAGODA_ECHOAI_SCHEMA                                                  \
  R"({"type":"object","required":["base_url"],"additionalProperties":false,)" \
  R"("properties":{"base_url":{"type":"string","description":"without slash at the end"}}})"

constexpr std::string_view kRoles[] = {"system", "user", "assistant", "tool"};

class EchoExchange final : public Exchange {
 public:
  EchoExchange(const std::string& baseUrl, const pagoda_chat_request& request)
      : url_(baseUrl + "/chat"), request_(request) {}

  void request(HttpRequest& http) override {
    http.post(url_, PAGODA_FRAMING_SSE)
        .bearer("api_key")
        .header("content-type", "application/json");
    Buffer body = http.body();
    json::Writer writer(body);
    writer.beginObject().member("model", view(request_.model)).key("input").beginArray();
    for (const auto& message : Range<pagoda_message>(request_.messages)) {
      const auto role = static_cast<std::size_t>(message.role);
      writer.beginObject().member("role", role < std::size(kRoles) ? kRoles[role] : "user");
      std::string text;
      for (const auto& part : Range<pagoda_part>(message.parts))
        if (part.kind == PAGODA_PART_TEXT) text += view(part.text);
      writer.member("text", text).endObject();
    }
    writer.endArray();
    if (request_.max_output_tokens >= 0) writer.member("limit", request_.max_output_tokens);
    writer.endObject();
  }

  void data(const Frame& frame, Events& events) override {
    if (!started_) events.start("", view(request_.model));
    started_ = true;
    if (!frame.data.empty()) event(frame.data, events);
    if (frame.last && !done_) throw Failure(PAGODA_E_PROTOCOL, "the stream ended too early");
  }

 private:
  void event(std::string_view text, Events& events) {
    std::string buffer;
    std::int64_t tokens[2] = {-1, -1};
    std::size_t count = 0;
    json::Reader reader(text);  // throws on malformed text: the host sees PAGODA_E_PROTOCOL
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "delta") events.text(value.string(buffer).value_or(""));
      if (key == "done") done_ = value.boolean().value_or(false);
      if (key == "tokens") {
        value.array([&](json::Reader& element) {
          const std::int64_t number = element.integer().value_or(-1);
          if (count < 2) tokens[count++] = number;
        });
      }
    });
    reader.finish();
    if (!done_) return;
    events.usage(tokens[0], tokens[1]);
    events.finish(PAGODA_FINISH_STOP, "stop");
  }

  std::string url_;
  const pagoda_chat_request& request_;
  bool started_ = false;
  bool done_ = false;
};

class EchoAi {
 public:
  static constexpr const char* kType = "echoai";
  static constexpr const char* kTitle = "Echo AI";
  static constexpr const char* kConfigSchema = PAGODA_ECHOAI_SCHEMA;

  EchoAi(Host, std::string_view config) {
    json::Reader reader(config);
    std::string buffer;
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "base_url") baseUrl_ = value.string(buffer).value_or("");
    });
    if (baseUrl_.empty()) throw Failure(PAGODA_E_CONFIG, "base_url is missing");
  }
  std::unique_ptr<Exchange> begin(const pagoda_attempt&, const pagoda_chat_request& request) {
    return std::make_unique<EchoExchange>(baseUrl_, request);
  }

 private:
  std::string baseUrl_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":"com.example.echoai","version":"1.0.0","abi":{"major":1,"minor":0},)"
    R"("name":"Echo AI","license":"Apache-2.0",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"echoai","config_schema":)" PAGODA_ECHOAI_SCHEMA
    R"(}],"permissions":{"hosts":["api.echoai.example"],)"
    R"("secrets":["api_key"]}})");
PAGODA_PLUGIN("com.example.echoai", "1.0.0", Providers<EchoAi>)
