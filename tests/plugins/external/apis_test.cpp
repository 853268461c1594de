// The other ready-made declarations: recorded answers where there are any, else answers of the
// documented form (each file names the document).

#include <catch2/catch.hpp>

#include "tests/plugins/external/declarations.h"

using namespace test;

namespace {

struct Asked {
  Exchange answer;
  std::vector<Sent> sent;
};

Asked ask(const std::string& settings, const std::string& model, const std::string& prompt,
          const std::string& body, int status = 200, pagoda_status hosts = PAGODA_E_UNAVAILABLE) {
  Session session("external", settings);
  Asked asked;
  asked.answer = session.ask(asking(prompt, model), [&](const Sent&) {
    return Response{body, status, hosts};
  });
  asked.sent = session.sent();
  return asked;
}

std::string messageOf(const Exchange& exchange) {
  return exchange.error.message;
}

}  // namespace

TEST_CASE("exchange rates: the pair, the amount and the day come from the prompt",
          "[external][rates]") {
  const std::string settings = settingsOf("exchange_rates");
  struct Case {
    const char* prompt;
    const char* url;
  };
  const Case cases[] = {
      {"1ドルは何円？", "/v1/latest?base=USD&symbols=JPY"},
      {"100ユーロを円に換算して", "/v1/latest?base=EUR&symbols=JPY"},
      {"USD/JPYのレート", "/v1/latest?base=USD&symbols=JPY"},
      {"豪ドルと円の為替相場", "/v1/latest?base=AUD&symbols=JPY"},
      {"how much is 250 dollars in euros?", "/v1/latest?base=USD&symbols=EUR"},
      {"exchange rate GBP to CHF on 2026-01-15", "/v1/2026-01-15?base=GBP&symbols=CHF"},
      {"2026年3月2日のポンドとドルのレート", "/v1/2026-03-02?base=GBP&symbols=USD"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      const Asked asked = ask(settings, "exchange_rates", c.prompt, "{}");
      REQUIRE(asked.sent.size() == 1);
      CHECK(asked.sent[0].url == std::string("https://api.frankfurter.dev") + c.url);
      CHECK(asked.answer.status == PAGODA_E_UNSUPPORTED);  // the answer has no such rate
    }
  }
  const std::string body =
      R"({"amount":1.0,"base":"USD","date":"2026-11-24","rates":{"JPY":151.235}})";
  CHECK(
      ask(settings, "exchange_rates", "1,250.5ドルは何円？", body).answer.choices.at(0).text ==
      "1,250.50 USD = 189,119.3675 JPY\nレート：1 USD = 151.235 JPY（2026年11月24日の参考相場）\n\n"
      "出典:\n- Frankfurter（欧州中央銀行） https://frankfurter.dev/");
  CHECK(
      ask(settings, "exchange_rates", "USD to JPY", body)
          .answer.choices.at(0)
          .text.starts_with("1.00 USD = 151.2350 JPY\nRate: 1 USD = 151.235 JPY, reference rate of "
                            "24 November 2026\n"));
  const Asked one = ask(settings, "exchange_rates", "ドルのレートは？", body);
  CHECK(one.sent.empty());
  CHECK(messageOf(one.answer) ==
        "the prompt has no to for exchange_rates: 二つの通貨を書いてください（例：ドルと円）");
}

TEST_CASE("wikipedia: the best article's summary, in the prompt's language",
          "[external][wikipedia]") {
  const std::string settings = settingsOf("wikipedia", {{"WIKIPEDIA_CONTACT", "ops@example.com"}});
  Session session("external", settings);
  const auto upstream = [](const Sent& sent) -> Response {
    if (sent.url.find("/search/page") != std::string::npos)
      return {R"({"pages":[{"id":1,"key":"富士山","title":"富士山","excerpt":"x"}]})"};
    return {
        R"({"type":"standard","title":"富士山","extract":"富士山は、\n静岡県と山梨県に跨る活火山である。",)"
        R"("content_urls":{"desktop":{"page":"https://ja.wikipedia.org/wiki/%E5%AF%8C%E5%A3%AB%E5%B1%B1"}}})"};
  };
  const Exchange answer = session.ask(asking("富士山とは？", "wikipedia"), upstream);
  REQUIRE(answer.status == PAGODA_OK);
  CHECK(answer.choices.at(0).text ==
        "富士山\n> 富士山は、\n> 静岡県と山梨県に跨る活火山である。\n\n出典:\n"
        "- Wikipedia: 富士山 https://ja.wikipedia.org/wiki/%E5%AF%8C%E5%A3%AB%E5%B1%B1");
  CHECK(session.sent()[0].url ==
        "https://ja.wikipedia.org/w/rest.php/v1/search/page?q=%E5%AF%8C%E5%A3%AB%E5%B1%B1&limit=1");
  CHECK(session.sent()[1].url ==
        "https://ja.wikipedia.org/api/rest_v1/page/summary/%E5%AF%8C%E5%A3%AB%E5%B1%B1");
  CHECK(session.sent()[1].headers.at("user-agent") == "Pagoda/1.0 (ops@example.com)");

  const auto topic = [&](const char* prompt) {
    const std::string url = ask(settings, "wikipedia", prompt, "{}").sent.at(0).url;
    const std::size_t from = url.find("?q=") + 3;
    return url.substr(url.find("//") + 2, 2) + ":" + url.substr(from, url.find('&') - from);
  };
  CHECK(topic("What is a heat pump?") == "en:heat%20pump");
  CHECK(topic("Tell me about Marie Curie") == "en:Marie%20Curie");
  CHECK(topic("Who was Ada Lovelace?") == "en:Ada%20Lovelace");
  CHECK(topic("量子コンピュータについて教えて").starts_with("ja:%E9%87%8F"));
  CHECK(ask(settings, "wikipedia", "What is xyzzy?", R"({"pages":[]})").answer.status ==
        PAGODA_E_UNSUPPORTED);
  CHECK(ask(settings, "wikipedia", "What is xyzzy?", "{}", 404).answer.status ==
        PAGODA_E_UNSUPPORTED);
}

TEST_CASE("tavily: the recorded searches, whose answers are cited", "[external][tavily][golden]") {
  const std::string settings = settingsOf("tavily", {{"TAVILY_API_KEY", "k"}});
  const Asked asked = ask(settings, "search", "What is Pydantic AI?", golden("tavily_search"));
  REQUIRE(asked.answer.status == PAGODA_OK);
  CHECK(asked.answer.fault.empty());
  REQUIRE(asked.sent.size() == 1);
  CHECK(asked.sent[0].method == "POST");
  CHECK(asked.sent[0].url == "https://api.tavily.com/search");
  CHECK(asked.sent[0].headers.at("authorization") == "Bearer <api_key>");
  CHECK(asked.sent[0].headers.at("content-type") == "application/json");
  CHECK(
      asked.sent[0].body ==
      R"({"query":"What is Pydantic AI","search_depth":"basic","topic":"general","max_results":5,"include_answer":true})");
  const std::string& text = asked.answer.choices.at(0).text;
  CHECK(
      text.starts_with("Search results for \"What is Pydantic AI\":\n1. Pydantic AI: Agent "
                       "Framework\n> ## AI Agent"));
  CHECK(text.find("\n- Pydantic AI - Pydantic AI https://ai.pydantic.dev/") != std::string::npos);
  CHECK(asked.answer.extraAt(PAGODA_EXTRA_ANSWER)
            .starts_with(R"({"citations":["https://medium.com/ai-agent-insider/)"));
  CHECK(asked.answer.usage.value().cost_nusd == 8'000'000);
  for (const char* name : {"tavily_search_two", "tavily_search_advanced"}) {
    INFO(name);
    const Asked other = ask(settings, "search", "OpenTelemetryを検索して", golden(name));
    CHECK(other.answer.status == PAGODA_OK);
    CHECK(other.answer.choices.at(0).text.starts_with("「OpenTelemetry」の検索結果：\n1. "));
    CHECK(other.answer.choices.at(0).text.find("\n2. ") != std::string::npos);
  }
}

TEST_CASE("tavily: recorded refusals, and limits by status", "[external][tavily][errors][golden]") {
  const std::string settings = settingsOf("tavily", {{"TAVILY_API_KEY", "k"}});
  Asked asked = ask(settings, "search", "news", golden("tavily_unauthorized"), 401, PAGODA_E_AUTH);
  CHECK(asked.answer.status == PAGODA_E_AUTH);
  CHECK(messageOf(asked.answer) == "Tavily: Unauthorized: missing or invalid API key.");
  asked = ask(settings, "search", "news", golden("tavily_rate_limit"), 429, PAGODA_E_RATE_LIMIT);
  CHECK(asked.answer.status == PAGODA_E_RATE_LIMIT);
  CHECK(messageOf(asked.answer).starts_with("Tavily: Your request has been blocked due to"));
  asked = ask(settings, "search", "news", R"({"detail":{"error":"plan limit"}})", 432,
              PAGODA_E_INVALID_REQUEST);
  CHECK(asked.answer.status == PAGODA_E_QUOTA);
  CHECK(messageOf(asked.answer) == "Tavily: plan limit");
  asked = ask(settings, "search", "news", "<html>bad gateway</html>", 502);
  CHECK(asked.answer.status == PAGODA_E_UNAVAILABLE);
  CHECK(messageOf(asked.answer) == "Tavily did not answer");
}

TEST_CASE("alpha vantage: the recorded quote; limits and wrong keys inside a 200",
          "[external][alpha_vantage][golden]") {
  const std::string settings = settingsOf("alpha_vantage", {{"ALPHA_VANTAGE_API_KEY", "k"}});
  const Asked asked = ask(settings, "quote", "AAPLの株価は？", golden("alpha_vantage_quote"));
  REQUIRE(asked.answer.status == PAGODA_OK);
  CHECK(asked.answer.choices.at(0).text ==
        "AAPL：150.25\n前日比：1.25（0.8389%）\n値幅：147.75〜151.00、出来高 52,847,392\n"
        "最終取引日：2024年12月27日\n\n出典:\n- Alpha Vantage https://www.alphavantage.co/");
  CHECK(asked.sent.at(0).url ==
        "https://www.alphavantage.co/query?function=GLOBAL_QUOTE&symbol=AAPL");
  // The host puts it behind the URL; the plugin never has it.
  CHECK(asked.sent.at(0).headers.at("?apikey") == "<api_key>");

  struct Case {
    const char* name;
    std::string body;
    pagoda_status status;
  };
  const Case cases[] = {
      {"the recorded daily limit", golden("alpha_vantage_limit"), PAGODA_E_QUOTA},
      {"a limit per minute", R"({"Note":"Our standard API call frequency is 5 calls per minute"})",
       PAGODA_E_RATE_LIMIT},
      {"a demo key", R"({"Information":"The **demo** API key is for demo purposes only."})",
       PAGODA_E_AUTH},
      {"a missing key", R"({"Error Message":"the parameter apikey is invalid or missing."})",
       PAGODA_E_AUTH},
      {"a wrong call", R"({"Error Message":"Invalid API call."})", PAGODA_E_UNSUPPORTED},
      {"an unknown symbol", R"({"Global Quote":{}})", PAGODA_E_UNSUPPORTED},
      {"null", "null", PAGODA_E_UNSUPPORTED},
      {"not JSON", "Exceeded the daily hits limit", PAGODA_E_PROTOCOL},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange refused = ask(settings, "quote", "IBM stock price", c.body).answer;
      CHECK(refused.status == c.status);
      CHECK_FALSE(refused.started);
      CHECK(std::string(refused.error.message) != "");
    }
  }
  CHECK(ask(settings, "quote", "IBM stock", cases[1].body).answer.error.retry_after_ms == 60'000);
  CHECK(ask(settings, "quote", "アップルの株価", "{}").sent.at(0).url.ends_with("symbol=AAPL"));
  CHECK(ask(settings, "quote", "what is the stock price?", "{}").sent.empty());
}

TEST_CASE("searxng, brave and perplexity: results as data, tags taken out", "[external][search]") {
  const auto text = [](const Asked& asked) { return asked.answer.choices.at(0).text; };
  Asked asked = ask(
      settingsOf("searxng", {{"SEARXNG_URL", "http://127.0.0.1:9"}}), "search",
      "Search for solid state batteries please",
      R"({"query":"q","results":[{"title":"A","url":"https://a.example/","content":"first"},{"title":"B","url":"https://b.example/"}]})");
  REQUIRE(asked.answer.status == PAGODA_OK);
  CHECK(
      asked.sent.at(0).url ==
      "http://127.0.0.1:9/search?q=solid%20state%20batteries&format=json&language=en&safesearch=1");
  CHECK(text(asked) ==
        "Search results for \"solid state batteries\":\n1. A\n> first\n2. B\n\n"
        "Sources:\n- A https://a.example/\n- B https://b.example/");

  const std::string brave = settingsOf("brave", {{"BRAVE_API_KEY", "k"}});
  asked = ask(
      brave, "search", "全固体電池の最新ニュースを調べて",
      R"({"type":"search","web":{"results":[{"title":"全固体<strong>電池</strong>","url":"https://a.example/?q=1","description":"a &amp; b <strong>c</strong>"}]}})");
  REQUIRE(asked.answer.status == PAGODA_OK);
  CHECK(asked.sent.at(0).url.ends_with("&count=5&search_lang=jp"));
  CHECK(asked.sent.at(0).headers.at("x-subscription-token") == "<api_key>");
  CHECK(text(asked) ==
        "「全固体電池の最新ニュース」の検索結果：\n1. 全固体電池\n> a & b c\n\n"
        "出典:\n- 全固体電池 https://a.example/?q=1");
  CHECK(asked.answer.usage.value().cost_nusd == 5'000'000);
  const std::string wrongKey =
      R"({"type":"ErrorResponse","error":{"status":422,"code":"SUBSCRIPTION_TOKEN_INVALID","detail":"The provided subscription token is invalid."}})";
  CHECK(ask(brave, "search", "q", wrongKey, 422, PAGODA_E_INVALID_REQUEST).answer.status ==
        PAGODA_E_AUTH);

  asked = ask(
      settingsOf("perplexity_search", {{"PERPLEXITY_API_KEY", "k"}}), "search",
      "find news about fusion",
      R"({"results":[{"title":"F","url":"https://f.example","snippet":"s","date":"2026-11-20","last_updated":"2026-11-21"}],"id":"1"})");
  REQUIRE(asked.answer.status == PAGODA_OK);
  CHECK(
      asked.sent.at(0).body ==
      R"({"query":"news about fusion","max_results":5,"max_tokens_per_page":512,"search_language_filter":["en"]})");
  CHECK(text(asked).find("1. F\n20 November 2026\n> s") != std::string::npos);
  CHECK(ask(brave, "search", "q", R"({"web":{"results":[]}})").answer.status ==
        PAGODA_E_UNSUPPORTED);
}
