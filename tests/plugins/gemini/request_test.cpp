// What goes out: the neutral request as the body of generateContent.
#include <string>

#include <catch2/catch.hpp>

#include "plugins/providers/gemini/call_id.h"
#include "tests/plugins/gemini/gemini_recording.h"

using namespace test;

namespace {

std::string bodyOf(const Request& request) {
  return run(request, {{"{}", {}}}, PAGODA_FRAMING_WHOLE).body;
}

std::string bodyOf(const std::string& members, const std::string& model = "gemini-2.5-flash",
                   const std::string& settings = "") {
  return bodyOf(
      geminiRequest(R"({"model":"m","messages":[{"role":"user","content":"x"}])" + members + "}",
                    model, settings));
}

std::string contentsOf(const std::string& messages, const std::string& model = "gemini-2.5-flash",
                       const std::string& settings = "") {
  return bodyOf(geminiRequest(R"({"model":"m","messages":)" + messages + "}", model, settings));
}

const std::string kX = R"({"contents":[{"role":"user","parts":[{"text":"x"}]}])";

}  // namespace

TEST_CASE("a talk becomes turns of user and model", "[gemini][request]") {
  const struct {
    const char* name;
    const char* messages;
    const char* expected;
  } cases[] =
      {
          {"system messages before the talk are the system instruction",
           R"([{"role":"system","content":"a"},{"role":"developer","content":"b"},{"role":"user","content":"x"}])",
           R"({"contents":[{"role":"user","parts":[{"text":"x"}]}],"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]}})"},
          {"turns of one role are merged, a late system message is the user's",
           R"([{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"system","content":"d"},{"role":"user","content":"e"}])",
           R"({"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"}]},{"role":"user","parts":[{"text":"d"},{"text":"e"}]}]})"},
          {"a talk begins with the user",
           R"([{"role":"assistant","content":"a"},{"role":"user","content":"b"}])",
           R"({"contents":[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"}]}]})"},
          {"nothing but a system message is what the model is asked",
           R"([{"role":"system","content":"a"}])",
           R"({"contents":[{"role":"user","parts":[{"text":"a"}]}]})"},
          {"empty texts go",
           R"([{"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"user","content":"b"}])",
           R"({"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]})"},
          {"pictures, sound and files",
           R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"input_audio","input_audio":{"data":"BBBB","format":"wav"}},{"type":"file","file":{"filename":"a.csv","file_data":"data:application/octet-stream;base64,CCCC"}},{"type":"image_url","image_url":{"url":"https://h/p.webp?q=1"}},{"type":"file","file":{"file_id":"gs://bucket/a.pdf"}},{"type":"video_url","video_url":{"url":"https://www.youtube.com/watch?v=1"}}]}])",
           R"({"contents":[{"role":"user","parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"inlineData":{"mimeType":"audio/wav","data":"BBBB"}},{"inlineData":{"mimeType":"text/csv","data":"CCCC"}},{"fileData":{"mimeType":"image/webp","fileUri":"https://h/p.webp?q=1"}},{"fileData":{"mimeType":"application/pdf","fileUri":"gs://bucket/a.pdf"}},{"fileData":{"fileUri":"https://www.youtube.com/watch?v=1"}}]}]})"},
          {"results name their function and come in the order of the calls",
           R"([{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"2","content":"two"},{"role":"tool","tool_call_id":"1","content":"{\"ok\":true}"},{"role":"user","content":"go on"}])", R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a": 1}}},{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"ok":true}}},{"functionResponse":{"name":"g","response":{"result":"two"}}},{"text":"go on"}]}]})"},
          {"arguments and results that are no objects",
           R"([{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{cut"}}]},{"role":"tool","tool_call_id":"1","content":"[1]"},{"role":"tool","tool_call_id":"lost","content":""}])",
           R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"arguments":"{cut"}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"[1]"}}},{"functionResponse":{"name":"lost","response":{"result":""}}}]}]})"},
          {"a result's picture comes after the results",
           R"([{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}])",
           R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"see"}}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]})"},
      };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(contentsOf(c.messages) == c.expected);
    }
  }
}

TEST_CASE("a part that Gemini has no form for is refused, not lost", "[gemini][request]") {
  const auto statusOf = [](const std::string& part) {
    Request request = geminiRequest(
        R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},)" + part +
        "]}]}");
    return run(request, {}, PAGODA_FRAMING_WHOLE).status;
  };
  CHECK(statusOf(R"({"type":"hologram","data":"x"})") == PAGODA_E_UNSUPPORTED);
  CHECK(statusOf(R"({"type":"file","file":{"file_id":"file-abc123"}})") == PAGODA_E_UNSUPPORTED);
}

TEST_CASE("settings of the request stand in generationConfig", "[gemini][request]") {
  const struct {
    const char* name;
    const char* members;
    const char* expected;
  } cases[] = {
      {"nothing", "", "}"},
      {"sampling",
       R"(,"temperature":0.5,"top_p":0.9,"top_k":40,"presence_penalty":1,"frequency_penalty":-1,"seed":7,"n":2)",
       R"(,"generationConfig":{"temperature":0.5,"topP":0.9,"presencePenalty":1,"frequencyPenalty":-1,"topK":40,"seed":7,"candidateCount":2}})"},
      {"a seed of more than 32 bits", R"(,"seed":4294967303)",
       R"(,"generationConfig":{"seed":7}})"},
      {"limits and stops", R"(,"max_tokens":5,"stop":["a","b"])",
       R"(,"generationConfig":{"maxOutputTokens":5,"stopSequences":["a","b"]}})"},
      {"logprobs", R"(,"logprobs":true,"top_logprobs":2)",
       R"(,"generationConfig":{"responseLogprobs":true,"logprobs":2}})"},
      {"json", R"(,"response_format":{"type":"json_object"})",
       R"(,"generationConfig":{"responseMimeType":"application/json"}})"},
      {"a schema",
       R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}})",
       R"(,"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}})"},
      {"modalities", R"(,"modalities":["text","image"])",
       R"(,"generationConfig":{"responseModalities":["TEXT","IMAGE"]}})"},
      {"Google's own members",
       R"(,"google":{"cached_content":"cachedContents/1","safety_settings":[{"category":"C","threshold":"T"}],"thinking_config":{"thinking_budget":9,"include_thoughts":false}})",
       R"(,"safetySettings":[{"category":"C","threshold":"T"}],"cachedContent":"cachedContents/1","generationConfig":{"thinkingConfig":{"thinkingBudget":9,"includeThoughts":false}}})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(bodyOf(c.members) == kX + c.expected);
    }
  }
}

TEST_CASE("how much to think is said in the words of the model's generation", "[gemini][request]") {
  const auto thinking = [](const std::string& members, const std::string& model) {
    const std::string body = bodyOf("," + members, model);
    const std::size_t at = body.find("thinkingConfig");
    return at == std::string::npos ? std::string()
                                   : body.substr(at + 16, body.find('}', at) - at - 15);
  };
  const std::string effort = R"("reasoning_effort":)";
  CHECK(thinking(effort + R"("high")", "gemini-2.5-flash") ==
        R"({"thinkingBudget":24576,"includeThoughts":true})");
  CHECK(thinking(effort + R"("none")", "gemini-2.5-flash") == R"({"thinkingBudget":0})");
  CHECK(thinking(effort + R"("none")", "gemini-2.5-pro") == R"({"thinkingBudget":128})");
  CHECK(thinking(effort + R"("low")", "gemini-3-pro-preview") ==
        R"({"thinkingLevel":"LOW","includeThoughts":true})");
  CHECK(thinking(effort + R"("minimal")", "gemini-3-flash-preview") ==
        R"({"thinkingLevel":"MINIMAL","includeThoughts":true})");
  CHECK(thinking(effort + R"("none")", "gemini-3.1-pro-preview") == R"({"thinkingLevel":"LOW"})");
  CHECK(thinking(effort + R"("medium")", "gemini-flash-latest") ==
        R"({"thinkingLevel":"MEDIUM","includeThoughts":true})");
  CHECK(thinking(effort + R"("high")", "gemini-2.0-flash") == "");
  CHECK(thinking(effort + R"("high")", "gemma-3-27b-it") == "");
  CHECK(thinking(effort + R"("unheard-of")", "gemini-2.5-flash") == "");
  CHECK(thinking(R"("reasoning":{"max_tokens":2000,"exclude":true})", "gemini-2.5-flash") ==
        R"({"thinkingBudget":2000})");
  CHECK(thinking(R"("reasoning":{"max_tokens":99999})", "gemini-2.5-pro") ==
        R"({"thinkingBudget":32768,"includeThoughts":true})");
  CHECK(thinking(R"("reasoning":{"max_tokens":2000})", "gemini-3-flash-preview") ==
        R"({"thinkingLevel":"MEDIUM","includeThoughts":true})");
  CHECK(thinking(R"("reasoning":{"enabled":false})", "gemini-2.5-flash") ==
        R"({"thinkingBudget":0})");
}

TEST_CASE("tools become declarations, and the choice a mode", "[gemini][request]") {
  const std::string tools =
      R"(,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}])";
  const std::string declared =
      R"(,"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}},{"name":"g"}]}])";
  const struct {
    const char* choice;
    const char* expected;
  } cases[] = {
      {"", "}"},
      {R"(,"tool_choice":"auto")", "}"},
      {R"(,"tool_choice":"none")", R"(,"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}})"},
      {R"(,"tool_choice":"required")",
       R"(,"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})"},
      {R"(,"tool_choice":{"type":"function","function":{"name":"g"}})",
       R"(,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}})"},
      {R"(,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}})",
       R"(,"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["f"]}}})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.choice) {
      CHECK(bodyOf(tools + c.choice) == kX + declared + c.expected);
    }
  }
  CHECK(bodyOf(R"(,"tools":[{"type":"google_search"},{"type":"code_execution"}])") ==
        kX + R"(,"tools":[{"googleSearch":{}},{"codeExecution":{}}]})");
  CHECK(bodyOf(R"(,"web_search_options":{})") == kX + R"(,"tools":[{"googleSearch":{}}]})");
  CHECK(bodyOf(R"(,"tools":[{"type":"google_search","google_search":{"excludeDomains":["a"]}}])") ==
        kX + R"(,"tools":[{"googleSearch":{"excludeDomains":["a"]}}]})");
  CHECK(
      bodyOf(
          R"(,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","additionalProperties":{}}}}])",
          "gemini-2.5-flash", R"(,"schema":"json_schema")") ==
      kX +
          R"(,"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","additionalProperties":{}}}]}]})");
}

TEST_CASE("a thought signature comes back in the id, beside the call, or as the fallback",
          "[gemini][request]") {
  const auto callPart = [](const std::string& call, const std::string& model,
                           const std::string& settings = "") {
    const std::string body = contentsOf(
        R"([{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[)" +
            call + "]}]",
        model, settings);
    const std::size_t at = body.find(R"({"functionCall")");
    return body.substr(at, body.rfind("]}]") - at);
  };
  const auto call = [](const std::string& id, const std::string& more = "") {
    return R"({"id":")" + id + R"(","type":"function","function":{"name":"f","arguments":"{}"})" +
           more + "}";
  };
  using pagoda::gemini::encodeCallId;
  const std::string three = "gemini-3-pro-preview";
  CHECK(callPart(call(encodeCallId("abc", "", "a+/B")), three) ==
        R"({"functionCall":{"id":"abc","name":"f","args":{}},"thoughtSignature":"a+/B"})");
  CHECK(callPart(call(encodeCallId("", "call_1", "YQ==")), three) ==
        R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"YQ=="})");
  CHECK(callPart(call("other", R"(,"extra_content":{"google":{"thought_signature":"U0c="}})"),
                 three) == R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"U0c="})");
  // Another model's calls: only the first of a turn needs one.
  CHECK(
      callPart(call("other") + "," + call("other2"), three) ==
      R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"f","args":{}}})");
  CHECK(callPart(call("other"), "gemini-2.5-flash") ==
        R"({"functionCall":{"name":"f","args":{}}})");
  CHECK(callPart(call("other"), three, R"(,"signature_fallback":"")") ==
        R"({"functionCall":{"name":"f","args":{}}})");
}

TEST_CASE("what an answer handed out comes back with the assistant's message",
          "[gemini][request]") {
  CHECK(
      contentsOf(
          R"([{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"extra_content":{"google":{"thought_signature":"U0c="}},"content_parts":[{"executableCode":{"code":"1"},"thoughtSignature":"QQ=="},{"inlineData":{"data":"no"}}]}])") ==
      R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"executableCode":{"code":"1"},"thoughtSignature":"QQ=="},{"text":"a"},{"text":"b","thoughtSignature":"U0c="}]}]})");
}

TEST_CASE("ids of calls carry a signature there and back", "[gemini][request]") {
  using namespace pagoda::gemini;
  const std::string id = encodeCallId("fc-1", "", "ab+/cd==");
  CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
        std::string::npos);
  CHECK(decodeCallId(id).upstreamId == "fc-1");
  CHECK(decodeCallId(id).signature == "ab+/cd==");
  CHECK(decodeCallId(encodeCallId("", "call_9", "")).ours);
  CHECK(decodeCallId(encodeCallId("", "call_9", "")).upstreamId.empty());
  // Behind another Pagoda, whose ids are the upstream's here.
  const std::string outer = encodeCallId(id, "", "QUJD");
  CHECK(decodeCallId(outer).upstreamId == id);
  CHECK(decodeCallId(outer).signature == "QUJD");
  CHECK_FALSE(decodeCallId("toolu_01").ours);
  CHECK_FALSE(decodeCallId("").ours);
  CHECK_FALSE(decodeCallId("__gts_").ours);
  CHECK_FALSE(decodeCallId("a__gts_not base64").ours);
  CHECK(encodeCallId("a", "", "not base64!") == encodeCallId("a", "", ""));
  CHECK(encodeCallId("a", "", std::string(5000, 'A')) == encodeCallId("a", "", ""));
}

TEST_CASE("the operator's members are added, and win within generationConfig",
          "[gemini][request]") {
  Request request = geminiRequest(
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"temperature":0.5,"max_tokens":3})");
  request.extraJson =
      R"({"generationConfig":{"temperature":0,"mediaResolution":"MEDIA_RESOLUTION_LOW"},"contents":[],"serviceTier":"flex"})";
  CHECK(
      bodyOf(request) ==
      kX +
          R"(,"generationConfig":{"maxOutputTokens":3,"temperature":0,"mediaResolution":"MEDIA_RESOLUTION_LOW"},"serviceTier":"flex"})");
}

TEST_CASE("the address names the model and the method", "[gemini][request]") {
  const auto urlOf = [](const std::string& config, const std::string& model, bool stream = false) {
    Request request = geminiRequest("", model);
    request.config = config;
    request.stream = stream;
    return run(request, {}, PAGODA_FRAMING_WHOLE);
  };
  const std::string gemini = R"({"base_url":"https://generativelanguage.googleapis.com/v1beta/"})";
  const std::string base = "https://generativelanguage.googleapis.com/v1beta/";
  const Exchange plain = urlOf(gemini, "gemini-2.5-flash");
  CHECK(plain.url == base + "models/gemini-2.5-flash:generateContent");
  CHECK(plain.headers.at("x-goog-api-key") == "<api_key>");
  CHECK(plain.headers.count("authorization") == 0);
  CHECK(plain.framing == PAGODA_FRAMING_WHOLE);
  const Exchange streamed = urlOf(gemini, "models/gemini-2.5-flash", true);
  CHECK(streamed.url == base + "models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  CHECK(streamed.framing == PAGODA_FRAMING_SSE);
  CHECK(urlOf(gemini, "tunedModels/x-1").url == base + "tunedModels/x-1:generateContent");
  CHECK(urlOf(gemini, "a/../b?c#d").url == base + "models/a%2F..%2Fb%3Fc%23d:generateContent");
  CHECK(urlOf(gemini, "models/../files").status == PAGODA_E_MODEL_NOT_FOUND);
  CHECK(urlOf(gemini, "..").status == PAGODA_E_MODEL_NOT_FOUND);

  const std::string vertex =
      R"({"base_url":"https://us-central1-aiplatform.googleapis.com/v1","project":"p-1","location":"us-central1"})";
  const std::string place =
      "https://us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/us-central1/";
  const Exchange google = urlOf(vertex, "gemini-2.5-pro", true);
  CHECK(google.url ==
        place + "publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
  CHECK(google.headers.at("authorization") == "Bearer <api_key>");
  CHECK(google.headers.count("x-goog-api-key") == 0);
  CHECK(urlOf(vertex, "endpoints/12").url == place + "endpoints/12:generateContent");
  CHECK(urlOf(R"({"base_url":"http://h/v1/projects/p/locations/l/publishers/google"})", "m").url ==
        "http://h/v1/projects/p/locations/l/publishers/google/models/m:generateContent");
  CHECK(urlOf(R"({"base_url":"http://h/v1?x=1"})", "m", true).url ==
        "http://h/v1/models/m:streamGenerateContent?x=1&alt=sse");
}

TEST_CASE("a setting that is wrong is named", "[gemini][settings]") {
  const auto refusal = [](const std::string& config) { return configure(config, "gemini").second; };
  const std::string base = R"({"base_url":"https://h/v1")";
  CHECK(configure(base + "}", "gemini").first == PAGODA_OK);
  CHECK(refusal("{}") == "base_url must begin with https:// or http://");
  CHECK(refusal(base + R"(,"auth":"basic"})") == "auth must be auto, key, bearer or none");
  CHECK(refusal(base + R"(,"schema":"xml"})") == "schema must be subset or json_schema");
  CHECK(refusal(base + R"(,"vertex":1})") == "vertex must be true or false");
  CHECK(refusal(base + R"(,"safety_settings":{}})") == "safety_settings must be an array");
  CHECK(refusal(base + R"(,"project":"a/b"})") == "project has a character that no project has");
  CHECK(configure("{", "gemini").first == PAGODA_E_CONFIG);
  CHECK(selfTest(geminiRequest()) == PAGODA_OK);
}
