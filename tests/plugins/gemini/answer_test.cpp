// What comes back: answers, whole and streamed, as events.
#include <string>

#include <catch2/catch.hpp>

#include "plugins/providers/gemini/call_id.h"
#include "tests/plugins/gemini/gemini_recording.h"

using namespace test;
using pagoda::gemini::decodeCallId;

namespace {

std::string answer(const std::string& parts,
                   const std::string& more = R"(,"finishReason":"STOP")") {
  return R"({"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"})" + more + "}]}";
}

Exchange whole(const std::string& body) {
  return runWhole(geminiRequest(), body);
}

}  // namespace

TEST_CASE("an answer's parts become text, thoughts and calls", "[gemini][answer]") {
  const Exchange seen = whole(answer(
      R"({"text":"hm","thought":true},{"text":"a"},{"text":"b"},{"functionCall":{"name":"f","args":{ "x" : "y z" }}},{"functionCall":{"name":"g"}})"));
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  const Choice& choice = seen.choices.at(0);
  CHECK(choice.text == "ab");
  CHECK(choice.reasoning == "hm");
  REQUIRE(choice.tools.size() == 2);
  CHECK(choice.tools[0].arguments == R"({"x":"y z"})");
  CHECK(choice.tools[1].arguments == "{}");
  CHECK(choice.tools[0].id != choice.tools[1].id);
  CHECK(choice.reason == PAGODA_FINISH_TOOL_CALLS);
  CHECK(choice.finish == "STOP");
}

TEST_CASE("a reason for the end becomes a finish reason or a failure", "[gemini][answer]") {
  const struct {
    const char* word;
    const char* part;
    pagoda_status status;
    pagoda_finish reason;
  } cases[] = {
      {R"("STOP")", "", PAGODA_OK, PAGODA_FINISH_STOP},
      {R"("MAX_TOKENS")", "", PAGODA_OK, PAGODA_FINISH_LENGTH},
      {R"("SAFETY")", "", PAGODA_OK, PAGODA_FINISH_FILTER},
      {R"("RECITATION")", R"({"text":"a"})", PAGODA_OK, PAGODA_FINISH_FILTER},
      {R"("PROHIBITED_CONTENT")", "", PAGODA_OK, PAGODA_FINISH_FILTER},
      {R"("MALFORMED_FUNCTION_CALL")", "", PAGODA_E_UNAVAILABLE, -1},
      {R"("OTHER")", "", PAGODA_E_UNAVAILABLE, -1},
      {R"("NEVER_HEARD_OF")", R"({"text":"a"})", PAGODA_OK, PAGODA_FINISH_OTHER},
      {"1", R"({"text":"a"})", PAGODA_OK, PAGODA_FINISH_STOP},
      {"2", R"({"text":"a"})", PAGODA_OK, PAGODA_FINISH_LENGTH},
      {"99", R"({"text":"a"})", PAGODA_OK, PAGODA_FINISH_OTHER},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.word) {
      const std::string more = std::string(R"(,"finishReason":)") + c.word;
      for (const bool streamed : {false, true}) {
        const std::string body = answer(c.part, more);
        const Exchange seen = streamed ? runStream(geminiRequest(), {body}) : whole(body);
        CHECK(seen.status == c.status);
        CHECK(seen.fault == "");
        if (c.status == PAGODA_OK) {
          CHECK(seen.choices.at(0).reason == c.reason);
        } else {
          CHECK(std::string(seen.error.code) + "\"" == std::string(c.word).substr(1));
        }
      }
    }
  }
}

TEST_CASE("a refused prompt is an answer that the filter ended", "[gemini][answer]") {
  const std::string blocked =
      R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4},"modelVersion":"m"})";
  for (const Exchange& seen : {whole(blocked), runStream(geminiRequest(), {blocked})}) {
    CHECK(seen.status == PAGODA_OK);
    CHECK(seen.choices.at(0).reason == PAGODA_FINISH_FILTER);
    CHECK(seen.choices.at(0).finish == "PROHIBITED_CONTENT");
    CHECK(seen.usage->input_tokens == 4);
    CHECK(seen.usage->output_tokens == 0);
    CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) ==
          R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})");
  }
}

TEST_CASE("usage has one meaning whatever the chunks leave out", "[gemini][usage]") {
  const auto usage = [](const std::string& counts) {
    const Exchange seen = whole(
        R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{)" +
        counts + "}}");
    REQUIRE(seen.status == PAGODA_OK);
    return seen.usage;
  };
  const auto all = usage(
      R"("promptTokenCount":100,"toolUsePromptTokenCount":7,"candidatesTokenCount":20,"thoughtsTokenCount":30,"cachedContentTokenCount":40,"totalTokenCount":157)");
  REQUIRE(all);
  CHECK(all->input_tokens == 107);
  CHECK(all->output_tokens == 50);
  CHECK(all->reasoning_tokens == 30);
  CHECK(all->cache_read_tokens == 40);
  CHECK(all->flags == 0);
  CHECK(usage(R"("promptTokenCount":9,"totalTokenCount":12)")->output_tokens == 3);
  CHECK(usage(R"("promptTokenCount":9,"totalTokenCount":9)")->output_tokens == 0);
  CHECK_FALSE(usage(R"("trafficType":"ON_DEMAND")"));
  CHECK(usage(R"("promptTokenCount":9,"cachedContentTokenCount":99)")->cache_read_tokens == 9);
  const auto absurd = usage(R"("promptTokenCount":-1,"candidatesTokenCount":99999999999)");
  CHECK(absurd->input_tokens == -1);
  CHECK(absurd->output_tokens == -1);
  CHECK((absurd->flags & PAGODA_USAGE_ABSURD) != 0);
}

TEST_CASE("usage of a stream is the last one, with what only earlier chunks said",
          "[gemini][usage]") {
  const Exchange seen = runStream(
      geminiRequest(),
      {R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":5,"totalTokenCount":14}})",
       R"({"candidates":[{"content":{"parts":[{"text":"b"}]}}],"usageMetadata":{"trafficType":"X"}})",
       R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":16}})"});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.usage->output_tokens == 7);
  CHECK(seen.usageEvents == 2);
  CHECK(seen.extraAt(PAGODA_EXTRA_USAGE) == R"({"trafficType":"X"})");
}

TEST_CASE("signatures leave in the call's id and beside it, and with the text",
          "[gemini][answer]") {
  const Exchange seen = whole(answer(
      R"({"text":"a","thoughtSignature":"VA=="},{"functionCall":{"id":"fc1","name":"f","args":{}},"thoughtSignature":"U+/0"},{"functionCall":{"name":"g","args":{}}})"));
  REQUIRE(seen.status == PAGODA_OK);
  const auto& tools = seen.choices.at(0).tools;
  REQUIRE(tools.size() == 2);
  CHECK(decodeCallId(tools[0].id).upstreamId == "fc1");
  CHECK(decodeCallId(tools[0].id).signature == "U+/0");
  CHECK(decodeCallId(tools[1].id).ours);
  CHECK(decodeCallId(tools[1].id).upstreamId.empty());
  CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
        R"({"extra_content":{"google":{"thought_signature":"VA=="}}})");
  CHECK(seen.extraAt(PAGODA_EXTRA_TOOL_CALL) ==
        R"({"extra_content":{"google":{"thought_signature":"U+/0"}}})");
}

TEST_CASE("what the events lack is passed on at its place", "[gemini][answer]") {
  const Exchange seen = whole(
      R"({"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON", "code":"1+1"}},{"codeExecutionResult":{"output":"1 "}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"inlineData":{"mimeType":"audio/L16","data":"BBBB"}}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"]},"safetyRatings":[{"category":"C"}],"avgLogprobs":-0.5,"tokenCount":9}],"createTime":"t","modelVersion":"m","responseId":"r"})");
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.id == "r");
  CHECK(seen.model == "m");
  CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
        R"({"content_parts":[{"executableCode":{"language":"PYTHON","code":"1+1"}}]})"
        R"({"content_parts":[{"codeExecutionResult":{"output":"1 "}}]})"
        R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]})");
  CHECK(seen.extraAt(PAGODA_EXTRA_CHOICE) ==
        R"({"groundingMetadata":{"webSearchQueries":["q"]}})"
        R"({"safetyRatings":[{"category":"C"}],"avgLogprobs":-0.5})");
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) == R"({"createTime":"t"})");
  const auto& media = seen.choices.at(0).media;
  REQUIRE(media.size() == 2);
  CHECK(media[1] == std::pair<std::string, std::string>("audio/L16", "BBBB"));
}

TEST_CASE("what every chunk repeats is passed on once", "[gemini][answer]") {
  const std::string rating = R"(,"safetyRatings":[{"probability":"LOW"}])";
  const std::string more = R"(],"createTime":"t","promptFeedback":{"safetyRatings":[]}})";
  const auto chunk = [&](const std::string& candidate) {
    return R"({"candidates":[{"content":{"parts":[{"text":"a"}]})" + rating + candidate + "}" +
           more;
  };
  const Exchange seen =
      runStream(geminiRequest(), {chunk(""), chunk(""), chunk(R"(,"finishReason":"STOP")")});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.extraAt(PAGODA_EXTRA_CHOICE) == R"({"safetyRatings":[{"probability":"LOW"}]})");
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) ==
        R"({"createTime":"t","promptFeedback":{"safetyRatings":[]}})");
}

TEST_CASE("log probabilities take OpenAI's form", "[gemini][answer]") {
  const Exchange seen = whole(answer(
      R"({"text":"Hé"})",
      R"(,"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"Hé","tokenId":1,"logProbability":-0.1}],"topCandidates":[{"candidates":[{"token":"H","logProbability":-2}]}]})"));
  CHECK(
      seen.extraAt(PAGODA_EXTRA_CHOICE) ==
      R"({"logprobs":{"content":[{"token":"Hé","logprob":-0.1,"bytes":[72,195,169],"top_logprobs":[{"token":"H","logprob":-2,"bytes":[72]}]}],"refusal":null}})");
}

TEST_CASE("arguments that come in pieces are put together", "[gemini][answer]") {
  const auto call = [](const std::string& members) {
    return answer(R"({"functionCall":{)" + members + "}}", "");
  };
  const auto piece = [&](const std::string& args) {
    return call(R"("partialArgs":[)" + args + R"(],"willContinue":true)");
  };
  const std::string done = R"({"candidates":[{"finishReason":"STOP"}]})";
  const Exchange seen = runStream(
      geminiRequest(),
      {call(R"("name":"f","willContinue":true)"),
       piece(R"({"jsonPath":"$.name","stringValue":"A \"","willContinue":true})"),
       piece(R"({"jsonPath":"$.name","stringValue":"b"})"),
       piece(
           R"({"jsonPath":"$.list[0].n","numberValue":1.5},{"jsonPath":"$.list[0].ok","boolValue":true})"),
       piece(R"({"jsonPath":"$.list[1].n","nullValue":"NULL_VALUE"})"),
       piece(R"({"jsonPath":"$['odd key'].x","stringValue":"","willContinue":true})"), call(""),
       call(R"("name":"g","willContinue":true)"), call(""), done});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  const auto& tools = seen.choices.at(0).tools;
  REQUIRE(tools.size() == 2);
  CHECK(tools[0].arguments ==
        R"({"name":"A \"b","list":[{"n":1.5,"ok":true},{"n":null}],"odd key":{"x":""}})");
  CHECK(tools[1].arguments == "{}");

  const char* const wrong[] = {
      R"({"jsonPath":"name","stringValue":"a"})",
      R"({"jsonPath":"$","stringValue":"a"})",
      R"({"jsonPath":"$[0]","stringValue":"a"})",
      R"({"jsonPath":"$.a[1]","stringValue":"a"})",
      R"({"jsonPath":"$.a","numberValue":1},{"jsonPath":"$.a.b","numberValue":1})",
      R"({"jsonPath":"$.a[x]","numberValue":1})"};
  for (const char* args : wrong) {
    const Exchange refused =
        runStream(geminiRequest(), {call(R"("name":"f","willContinue":true)"), piece(args), done});
    INFO(args);
    CHECK(refused.status == PAGODA_E_PROTOCOL);
  }
}

TEST_CASE("several candidates are several choices", "[gemini][answer]") {
  const Exchange seen = runStream(
      geminiRequest(),
      {R"({"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]}},{"content":{"parts":[{"text":"a"}]},"index":0}]})",
       R"({"candidates":[{"index":0,"finishReason":"STOP"},{"index":1,"finishReason":"MAX_TOKENS"}]})"});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).text == "a");
  CHECK(seen.choices.at(1).text == "b");
  CHECK(seen.choices.at(1).reason == PAGODA_FINISH_LENGTH);
}

TEST_CASE("what is no answer of Gemini's is a fault of the protocol", "[gemini][answer]") {
  const char* const bodies[] = {
      "",
      "{}",
      "[]",
      "null",
      "<html>",
      "\"text\"",
      R"({"this":[{"is":"valid"}]})",
      R"({"candidates":{}})",
      R"({"candidates":[]})",
      R"({"candidates":["a"],"usageMetadata":{}})",
      R"({"candidates":[{"content":"text","finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{"parts":"text"},"finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{"parts":["text"]},"finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{"parts":[{"functionCall":{"args":{"a":1}}}]},"finishReason":"STOP"}]})",
      R"({"candidates":[{"index":1000000,"finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{}}]})",
      // Parentheses: clang suspects a forgotten comma between literals of a list.
      ("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"caf\xE9\"}]},\"finishReason\":"
       "\"STOP\"}]}"),
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]} x)",
  };
  for (const char* body : bodies) {
    INFO(body);
    for (const Exchange& seen : {whole(body), runStream(geminiRequest(), {body})}) {
      CHECK(seen.status == PAGODA_E_PROTOCOL);
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("a host that wants no more of Gemini's answer gets no more", "[gemini][answer]") {
  Request request = geminiRequest();
  request.stopAfter = 1;
  const Exchange seen = run(request, {{answer(R"({"text":"a"})"), {}}}, PAGODA_FRAMING_WHOLE);
  CHECK(seen.status == PAGODA_E_CANCELLED);
}

TEST_CASE("a chunk's own total tells whether it leaves something out", "[gemini][usage]") {
  const auto usage = [](const std::string& first, const std::string& last) {
    const std::string open = R"({"candidates":[{"content":{"parts":[{"text":"a"}]},)";
    return runStream(geminiRequest(),
                     {open + R"("index":0}],"usageMetadata":)" + first + "}",
                      open + R"("finishReason":"STOP"}],"usageMetadata":)" + last + "}"})
        .usage;
  };
  const std::string first =
      R"({"promptTokenCount":9,"candidatesTokenCount":21,"totalTokenCount":30})";
  const auto whole =
      usage(first, R"({"promptTokenCount":87,"thoughtsTokenCount":78,"totalTokenCount":165})");
  CHECK(whole->input_tokens == 87);
  CHECK(whole->output_tokens == 78);
  const auto partly =
      usage(first, R"({"promptTokenCount":9,"thoughtsTokenCount":5,"totalTokenCount":35})");
  CHECK(partly->output_tokens == 26);
}

TEST_CASE("several answers in one event are several chunks", "[gemini][answer]") {
  const std::string one = R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})";
  const std::string two = R"({"candidates":[{"finishReason":"STOP"}]})";
  const Exchange seen = runStream(geminiRequest(), {one + "\n" + one + "\n" + two});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).text == "aa");
  CHECK(runStream(geminiRequest(), {one + two}).status == PAGODA_E_PROTOCOL);
  CHECK(runStream(geminiRequest(), {one + "\nx"}).status == PAGODA_E_PROTOCOL);
}
