#pragma once
// One answer and one stream of each dialect that the provider plugins read, in the shape of
// recorded ones (tests/golden), with as much text everywhere.

#include <string>
#include <string_view>
#include <vector>

#include <pagoda/provider.h>

namespace bench {

struct Case {
  std::string_view name;  // what the first argument of the program picks
  std::string_view plugin;
  std::string_view settings;
  std::string_view model;
  std::string answer;                // whole, about 1 KB
  std::vector<std::string> opening;  // frames before the text
  std::string chunk;                 // a frame with the next word; empty where nothing streams
  pagoda_framing framing = PAGODA_FRAMING_SSE;
};

inline std::string words() {
  return std::string(700, 'y');
}

inline std::string chatAnswer() {
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m-2026","choices":[{"index":0,)"
         R"("message":{"role":"assistant","content":")" +
         words() +
         R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":500,)"
         R"("completion_tokens":180,"total_tokens":680,"prompt_tokens_details":{"cached_tokens":0},)"
         R"("completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":"fp_1"})";
}
inline const std::string kChatChunk =
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m-2026","system_fingerprint":"fp_1",)"
    R"("choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"usage":null})";

inline Case chatCase(std::string_view name, std::string_view plugin, std::string_view settings) {
  return {name, plugin, settings, "m", chatAnswer(), {kChatChunk}, kChatChunk};
}

inline Case responsesCase() {
  return {
      "openai-responses",
      "openai",
      R"({"api":"responses"})",
      "gpt-5.4",
      R"({"id":"resp_1","object":"response","created_at":1750705325,"status":"completed","model":"m-2026","output":[)"
      R"({"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":")" +
          words() +
          R"("}]}],"parallel_tool_calls":true,"usage":{"input_tokens":500,"input_tokens_details":{"cached_tokens":0},)"
          R"("output_tokens":180,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":680}})",
      {R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"m-2026","output":[],"usage":null}})",
       R"({"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}})",
       R"({"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}})"},
      R"({"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" token","logprobs":[],"obfuscation":"aBcDeFgH"})"};
}

inline Case anthropicCase() {
  return {
      "anthropic",
      "anthropic",
      "{}",
      "claude-sonnet-4-5",
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":")" +
          words() +
          R"("}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":500,"cache_creation_input_tokens":0,)"
          R"("cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},)"
          R"("output_tokens":180,"service_tier":"standard"}})",
      {R"({"type":"message_start","message":{"model":"claude-sonnet-4-5","id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":500,"output_tokens":1}}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"},
      R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}})"};
}

inline Case geminiCase() {
  const auto part = [](const std::string& text, const char* finish) {
    return R"({"candidates":[{"content":{"parts":[{"text":")" + text + R"("}],"role":"model"},)" +
           finish +
           R"("index":0}],"usageMetadata":{"promptTokenCount":500,"candidatesTokenCount":180,"totalTokenCount":680,)"
           R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":500}]},"modelVersion":"gemini-2.5-flash","responseId":"r1"})";
  };
  return {"gemini",
          "gemini",
          R"({"base_url":"https://h/v1beta"})",
          "gemini-2.5-flash",
          part(words(), R"("finishReason":"STOP",)"),
          {part(" token", "")},
          part(" token", "")};
}

inline Case qwenNativeCase() {
  const auto part = [](const std::string& text, const char* finish) {
    return R"({"output":{"choices":[{"message":{"content":")" + text +
           R"(","role":"assistant"},"index":0,"finish_reason":")" + finish +
           R"("}]},"usage":{"total_tokens":680,"output_tokens":180,"input_tokens":500,)"
           R"("prompt_tokens_details":{"cached_tokens":0}},"request_id":"3b4ff815-8227-4f6b-bb55-4d2822e621d8"})";
  };
  return {"qwen-native",         "qwen",
          R"({"api":"native"})", "qwen-max",
          part(words(), "stop"), {part(" token", "null")},
          part(" token", "null")};
}

inline Case ollamaCase() {
  const auto line = [](const std::string& text, const char* end) {
    return R"({"model":"m-2026","created_at":"2026-08-14T14:53:08.224713Z","message":{"role":"assistant","content":")" +
           text + R"("},)" + end + "}";
  };
  return {
      "ollama",
      "openai_compatible",
      R"({"base_url":"http://h:11434","api":"ollama"})",
      "m",
      line(
          words(),
          R"("done":true,"done_reason":"stop","total_duration":1,"prompt_eval_count":500,"eval_count":180)"),
      {line(" token", R"("done":false)")},
      line(" token", R"("done":false)"),
      PAGODA_FRAMING_LINES};
}

inline Case cohereCase() {
  return {
      "cohere",
      "openai_compatible",
      R"({"base_url":"https://h/v2","api":"cohere"})",
      "m",
      R"({"id":"e51bf22c","message":{"role":"assistant","content":[{"type":"text","text":")" +
          words() +
          R"("}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":500,"output_tokens":180},)"
          R"("tokens":{"input_tokens":537,"output_tokens":180},"cached_tokens":0}})",
      {R"({"type":"message-start","id":"e51bf22c","delta":{"message":{"role":"assistant","content":[]}}})",
       R"({"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}})"},
      R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" token"}}}})"};
}

// A search: what it answers is one document.
inline Case externalCase() {
  return {
      "external",
      "external",
      R"({"apis":{"m":{)"
      R"("steps":[{"name":"s","url":"https://a.example/x","query":{"q":"{prompt|cut:200}"},"cache_ttl_s":0}],)"
      R"("answer":"{s:/answer}","sources":[{"title":"A","url":"https://a.example/"}]}}})",
      "m",
      R"({"query":"q","answer":")" + words() +
          R"(","results":[{"title":"t","url":"https://b.example/"}]})",
      {},
      {}};
}

inline std::vector<Case> cases() {
  return {chatCase("openai_compatible", "openai_compatible",
                   R"({"base_url":"https://api.example.com/v1"})"),
          ollamaCase(),
          cohereCase(),
          chatCase("openrouter", "openrouter", "{}"),
          chatCase("openai-chat", "openai", R"({"api":"chat"})"),
          responsesCase(),
          anthropicCase(),
          geminiCase(),
          chatCase("qwen", "qwen", "{}"),
          qwenNativeCase(),
          externalCase()};
}

}  // namespace bench
