#include "summary.h"

#include <catch2/catch.hpp>

#include "sentences.h"

using namespace pagoda::local;

TEST_CASE("sentencesOf knows abbreviations, decimals, quotes and Japanese marks",
          "[local][summary]") {
  struct Case {
    const char* text;
    std::vector<std::string_view> expected;
  };
  const Case cases[] = {
      {"", {}},
      {"One. Two! Three?", {"One.", "Two!", "Three?"}},
      {"Dr. Smith paid 3.50 dollars. He left.", {"Dr. Smith paid 3.50 dollars.", "He left."}},
      {"See e.g. the U.S. example. Done.", {"See e.g. the U.S. example.", "Done."}},
      {"J. Smith came. So did I. Fine.", {"J. Smith came.", "So did I.", "Fine."}},
      {"\"Stop.\" He ran.", {"\"Stop.\"", "He ran."}},
      {"Really?! Yes...", {"Really?!", "Yes..."}},
      {"No mark at the end", {"No mark at the end"}},
      {"今日は晴れです。明日は雨！本当？はい。",
       {"今日は晴れです。", "明日は雨！", "本当？", "はい。"}},
      {"「行こう。」と彼は言った。終わり。", {"「行こう。」と彼は言った。", "終わり。"}},
      {"Title\n\nBody text.", {"Title", "Body text."}},
      {"- first\n- second", {"- first", "- second"}},
      {"a line\nthat goes on.", {"a line\nthat goes on."}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.text) {
      CHECK(sentencesOf(c.text) == c.expected);
    }
  }
}

TEST_CASE("a summary takes the sentences about the subject, in their order", "[local][summary]") {
  const std::string text =
      "Coffee plants grow in the tropics. My cousin owns a red bicycle. Coffee beans are roasted "
      "before coffee is "
      "brewed. Roasted beans give coffee its taste. It rained on Tuesday.";
  SummaryRequest request;
  const std::string prompt = "Summarize in 2 sentences: " + text;
  REQUIRE(asksForSummary(prompt, request));
  CHECK(request.sentences == 2);
  CHECK(request.text == text);
  const std::string summary = summarise(request, Tongue::English);
  CHECK(sentencesOf(summary).size() == 2);
  CHECK(summary.find("bicycle") == std::string::npos);
  CHECK(summary.find("rained") == std::string::npos);
  const auto chosen = centralSentences(sentencesOf(text), 3);
  CHECK(std::is_sorted(chosen.begin(), chosen.end()));
}

TEST_CASE("a Japanese summary honours the number of sentences", "[local][summary]") {
  const std::string text =
      "琵琶湖は滋賀県にある日本最大の湖である。昨日は友人と寿司を食べた。琵琶湖の面積は滋賀県の約六"
      "分の一を占める。"
      "湖の水は淀川を通って大阪湾に注ぐ。犬が吠えている。";
  SummaryRequest request;
  const std::string prompt = "次の文章を2文で要約してください。\n" + text;
  REQUIRE(asksForSummary(prompt, request));
  CHECK(request.sentences == 2);
  const std::string summary = summarise(request, Tongue::Japanese);
  CHECK(summary ==
        "琵琶湖は滋賀県にある日本最大の湖である。琵琶湖の面積は滋賀県の約六分の一を占める。");
}

TEST_CASE("a summary request is recognised in its usual forms only", "[local][summary]") {
  struct Case {
    const char* prompt;
    bool asks;
    std::size_t sentences;
    const char* text;
  };
  const Case cases[] = {
      {"Summarize in three sentences: A. B.", true, 3, "A. B."},
      {"Please summarise this.\nA. B.", true, 0, "A. B."},
      {"TL;DR: A. B.", true, 1, "A. B."},
      {"A. B.\n\nSummarize the above in 1 sentence.", true, 1, "A. B."},
      {"以下を三行で要約：あ。い。", true, 3, "あ。い。"},
      {"要約して", true, 0, ""},
      {"What is a summary judgment? Tell me more about law.", true, 0, "Tell me more about law."},
      {"Hello there", false, 0, ""},
      {"12かける3", false, 0, ""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      SummaryRequest request;
      CHECK(asksForSummary(c.prompt, request) == c.asks);
      if (!c.asks) continue;
      CHECK(request.sentences == c.sentences);
      CHECK(request.text == c.text);
    }
  }
}

TEST_CASE("bullets are asked for and given", "[local][summary]") {
  SummaryRequest request;
  REQUIRE(asksForSummary("Summarize in 2 bullet points: Cats sleep. Cats eat fish. Dogs bark.",
                         request));
  CHECK(request.bullets);
  const std::string summary = summarise(request, Tongue::English);
  CHECK(summary.substr(0, 2) == "- ");
  CHECK(summary.find("\n- ") != std::string::npos);
}

TEST_CASE("a megabyte without a break, and one of full stops, are cut in linear time",
          "[local][summary]") {
  CHECK(sentencesOf(std::string(1 << 20, 'a')).size() == 1);
  CHECK(sentencesOf(std::string(1 << 20, '.') + "x").size() == 1);
  std::string wide;
  for (int i = 0; i < (1 << 18); ++i) wide += "。";
  CHECK_FALSE(sentencesOf(wide + "と").empty());
}
