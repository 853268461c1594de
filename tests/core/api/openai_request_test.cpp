#include "core/api/openai_dialect.h"

using namespace pagoda;
using namespace pagoda::api;

namespace {

Result<ChatRequest> read(std::string body) {
  auto document = JsonDocument::parse(std::move(body));
  if (!document) return tl::unexpected<Error>(document.error());
  return readOpenAiRequest(*std::move(document));
}

std::string with(std::string_view more) {
  return std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}])").append(more) +
         "}";
}

std::string withMessage(std::string_view message) {
  return std::string(R"({"model":"m","messages":[)").append(message) + "]}";
}

struct Refused {
  std::string body;
  const char* param;
};

}  // namespace

TEST_CASE("a request that breaks a rule is refused with the member at fault", "[api][openai]") {
  const std::string longName(10'000, 'm');
  const Refused cases[] = {
      {"[]", ""},
      {"5", ""},
      {"\"x\"", ""},
      {"null", ""},
      {"true", ""},
      {"{}", "model"},
      {R"({"messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":"m"})", "messages"},
      {R"({"model":"","messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":7,"messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":null,"messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":"a\r\nX-Injected: 1","messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":"a\u0000b","messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":")" + longName + R"(","messages":[{"role":"user","content":"x"}]})", "model"},
      {with(R"(,"max_tokens":-1)"), "max_tokens"},
      {with(R"(,"max_tokens":0)"), "max_tokens"},
      {with(R"(,"max_tokens":-9223372036854775808)"), "max_tokens"},
      {with(R"(,"max_tokens":1.5)"), "max_tokens"},
      {with(R"(,"max_tokens":"64")"), "max_tokens"},
      {with(R"(,"max_tokens":9223372036854775808)"), "max_tokens"},
      {with(R"(,"max_tokens":1e400)"), "max_tokens"},
      {with(R"(,"max_tokens":true)"), "max_tokens"},
      {with(R"(,"max_tokens":[])"), "max_tokens"},
      {with(R"(,"max_tokens":{})"), "max_tokens"},
      {with(R"(,"max_tokens":1)" + std::string(400, '0')), "max_tokens"},
      {with(R"(,"max_completion_tokens":0)"), "max_completion_tokens"},
      {with(R"(,"temperature":2.1)"), "temperature"},
      {with(R"(,"temperature":-0.1)"), "temperature"},
      {with(R"(,"temperature":"1")"), "temperature"},
      {with(R"(,"temperature":1e999)"), "temperature"},
      {with(R"(,"top_p":1.01)"), "top_p"},
      {with(R"(,"presence_penalty":-3)"), "presence_penalty"},
      {with(R"(,"frequency_penalty":3)"), "frequency_penalty"},
      {with(R"(,"n":0)"), "n"},
      {with(R"(,"n":129)"), "n"},
      {with(R"(,"seed":1.5)"), "seed"},
      {with(R"(,"stream":"yes")"), "stream"},
      {with(R"(,"stream_options":[])"), "stream_options"},
      {with(R"(,"stream_options":{"include_usage":1})"), "stream_options.include_usage"},
      {with(R"(,"stop":7)"), "stop"},
      {with(R"(,"stop":["a","b","c","d","e"])"), "stop"},
      {with(R"(,"stop":["a",1])"), "stop"},
      {with(R"(,"logprobs":1)"), "logprobs"},
      {with(R"(,"top_logprobs":3)"), "top_logprobs"},
      {with(R"(,"logprobs":true,"top_logprobs":21)"), "top_logprobs"},
      {with(R"(,"tools":{})"), "tools"},
      {with(R"(,"tools":[{"type":"function"}])"), "tools[0].function"},
      {with(R"(,"tools":[{"type":"function","function":{}}])"), "tools[0].function.name"},
      {with(R"(,"tools":[{"type":"function","function":{"name":"f","parameters":"x"}}])"),
       "tools[0].function.parameters"},
      {with(R"(,"tool_choice":"sometimes")"), "tool_choice"},
      {with(R"(,"tool_choice":{"type":"function","function":{}})"), "tool_choice"},
      {with(R"(,"response_format":"json")"), "response_format"},
      {with(R"(,"response_format":{"type":"json_schema"})"), "response_format.json_schema"},
      {with(R"(,"parallel_tool_calls":0)"), "parallel_tool_calls"},
      {with(R"(,"user":5)"), "user"},
      {R"({"model":"m","messages":[]})", "messages"},
      {R"({"model":"m","messages":"hi"})", "messages"},
      {R"({"model":"m","messages":null})", "messages"},
      {withMessage("5"), "messages[0]"},
      {withMessage(R"({"content":"x"})"), "messages[0].role"},
      {withMessage(R"({"role":"root","content":"x"})"), "messages[0].role"},
      {withMessage(R"({"role":"user"})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":null})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":7})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":[]})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":["x"]})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":[{"type":"text"}]})"), "messages[0].content: text"},
      {withMessage(
           R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]})"),
       "messages[0].content: image_url.url"},
      {withMessage(R"({"role":"assistant","content":null})"), "messages[0].content"},
      {withMessage(R"({"role":"user","content":"x"},{"role":"tool","content":"x"})"),
       "messages[1].tool_call_id"},
      {withMessage(R"({"role":"assistant","tool_calls":[{"id":"a"}]})"), "messages[0].tool_calls"},
  };
  for (const Refused& c : cases) {
    DYNAMIC_SECTION(c.body.substr(0, 120)) {
      const auto chat = read(c.body);
      REQUIRE_FALSE(chat);
      CHECK(chat.error().code == ErrorCode::InvalidRequest);
      CHECK(chat.error().param == c.param);
      CHECK(chat.error().message.size() < 200);
    }
  }
}

TEST_CASE("every member of a full request is read", "[api][openai]") {
  const auto chat = read(R"({"model":"tier2","messages":[
    {"role":"developer","content":"be kind"},
    {"role":"user","name":"ann","content":[{"type":"text","text":"what is \u0041?"},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
      {"type":"image_url","image_url":{"url":"https://example.org/a.png"}},
      {"type":"input_audio","input_audio":{"data":"BBBB","format":"wav"}},
      {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CCCC"}}]},
    {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"42"}],
    "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","max":1.0},"strict":true}},
             {"type":"web_search"}],
    "tool_choice":{"type":"function","function":{"name":"f"}},
    "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}},
    "stop":["x","y"],"temperature":0.5,"top_p":1,"presence_penalty":-2,"frequency_penalty":2,"seed":-7,"n":2,
    "max_tokens":100,"max_completion_tokens":50,"logprobs":true,"top_logprobs":5,"stream":true,
    "stream_options":{"include_usage":true},"parallel_tool_calls":false,"user":"u1","reasoning_effort":"low","metadata":{"k":"v"}})");
  REQUIRE(chat);
  CHECK(chat->model == "tier2");
  REQUIRE(chat->messages.size() == 4);
  CHECK(chat->messages[0].role == Role::System);
  CHECK(chat->messages[1].name == "ann");
  REQUIRE(chat->messages[1].parts.size() == 5);
  CHECK(chat->messages[1].parts[0].text == "what is A?");
  CHECK(chat->messages[1].parts[1].kind == PartKind::Image);
  CHECK(chat->messages[1].parts[1].mediaType == "image/png");
  CHECK(chat->messages[1].parts[1].data == "AAAA");
  CHECK(chat->messages[1].parts[2].url == "https://example.org/a.png");
  CHECK(chat->messages[1].parts[3].mediaType == "audio/wav");
  CHECK(chat->messages[1].parts[4].kind == PartKind::File);
  CHECK(chat->messages[1].parts[4].data == "CCCC");
  CHECK(chat->messages[1].parts[4].text == "a.pdf");
  CHECK(chat->messages[2].parts.empty());
  REQUIRE(chat->messages[2].toolCalls.size() == 1);
  CHECK(chat->messages[2].toolCalls[0].argumentsJson == R"({"a":1})");
  CHECK(chat->messages[3].role == Role::Tool);
  CHECK(chat->messages[3].toolCallId == "c1");
  REQUIRE(chat->tools.size() == 1);
  CHECK(chat->tools[0].parametersJson == R"({"type":"object","max":1.0})");
  CHECK(chat->tools[0].strict);
  CHECK(chat->toolChoice == ToolChoice::Named);
  CHECK(chat->toolChoiceName == "f");
  CHECK(chat->format == Format::JsonSchema);
  CHECK(chat->formatName == "s");
  CHECK(chat->formatSchemaJson == R"({"type":"object"})");
  CHECK(chat->stop == std::vector<std::string_view>{"x", "y"});
  CHECK(chat->temperature == 0.5);
  CHECK(chat->topP == 1.0);
  CHECK(chat->presencePenalty == -2.0);
  CHECK(chat->frequencyPenalty == 2.0);
  CHECK(chat->seed == -7);
  CHECK(chat->choices == 2);
  CHECK(chat->maxOutputTokens == 50);
  CHECK(chat->logprobs);
  CHECK(chat->topLogprobs == 5);
  CHECK(chat->stream);
  CHECK(chat->includeUsage);
  CHECK(chat->serialTools);
  CHECK(chat->user == "u1");
}

TEST_CASE("null means absent for optional members", "[api][openai]") {
  const auto chat = read(with(
      R"(,"max_tokens":null,"temperature":null,"stop":null,"tools":null,"stream":null,"stream_options":null,"n":null)"));
  REQUIRE(chat);
  CHECK_FALSE(chat->maxOutputTokens);
  CHECK_FALSE(chat->temperature);
  CHECK(chat->choices == 1);
}

TEST_CASE("rawJson is the client's own bytes, unknown members included", "[api][openai]") {
  const std::string body =
      R"({ "model" :"m","messages":[{"role":"user","content":"\ud83d\ude00 %s {{7*7}}","x":1.0}], "top_k":  5,"seed":1 })";
  const auto chat = read(body);
  REQUIRE(chat);
  CHECK(chat->rawJson == body);
  CHECK(chat->messages[0].parts[0].text == "\xF0\x9F\x98\x80 %s {{7*7}}");
}

TEST_CASE("members that would redirect the upstream call do not reach the provider",
          "[api][openai]") {
  for (const std::string name :
       {"api_base", "base_url", "apiBase", "endpoint", "url", "host", "provider_url",
        "azure_endpoint", "proxy", "webhook", "callback_url", "success_callback",
        "aws_bedrock_runtime_endpoint", "custom_host", "api_key", "custom_llm_provider",
        "extra_headers", "litellm_params", "fallbacks"}) {
    DYNAMIC_SECTION(name) {
      const auto chat = read(with(",\"" + name + R"(":"http://evil.example/v1","top_k":5)"));
      REQUIRE(chat);
      CHECK(chat->rawJson.find("evil.example") == std::string_view::npos);
      CHECK(chat->rawJson == with(R"(,"top_k":5)"));
    }
  }
  SECTION("nor when it hides in a member that upstreams know, or behind an escape") {
    const auto chat = read(with(
        R"(,"provider":{"base_url":"http://evil.example"},"metadata":{"api_base":"http://evil.example"},"\u0061pi_base":"http://evil.example")"));
    REQUIRE(chat);
    CHECK(chat->rawJson == with(""));
  }
  SECTION("but such a member without an address passes") {
    const auto chat = read(with(R"(,"provider":{"order":["a"]},"metadata":{"k":"v"})"));
    REQUIRE(chat);
    CHECK(chat->rawJson == with(R"(,"provider":{"order":["a"]},"metadata":{"k":"v"})"));
  }
}

TEST_CASE("the older form of tools is understood", "[api][openai]") {
  const auto chat =
      read(with(R"(,"functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"})"));
  REQUIRE(chat);
  REQUIRE(chat->tools.size() == 1);
  CHECK(chat->toolChoiceName == "f");
}

TEST_CASE("what was read stays valid when the request moves", "[api][openai]") {
  auto first = read(withMessage(R"({"role":"user","content":"a\tb"})"));
  REQUIRE(first);
  const ChatRequest moved = *std::move(first);
  CHECK(moved.messages[0].parts[0].text == "a\tb");
  CHECK(moved.model == "m");
}
