// Live data end to end: the real server with the shipped plugin, Open-Meteo played on loopback. The
// forecast is recorded; the geocoding's answer is of the documented form.

#include <catch2/catch.hpp>

#include "core/app/commands/client.h"
#include "core/app/wiring.h"
#include "tests/plugins/external/declarations.h"
#include "tests/support/fake_upstream.h"

using namespace pagoda;
using namespace pagoda::app;
using pagoda::test::FakeRequest;
using pagoda::test::FakeUpstream;
using pagoda::test::Reply;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Reply openMeteo(const FakeRequest& request) {
  if (!request.target.starts_with("/v1/search"))
    return Reply().json(200, ::test::golden("open_meteo_forecast"));
  const bool japanese = has(request.target, "language=ja");
  return Reply().json(200, std::string(R"({"results":[{"name":")") +
                               (japanese ? "ニューヨーク" : "New York") +
                               R"(","latitude":40.71427,"longitude":-74.00597,"country":")" +
                               (japanese ? "アメリカ" : "United States") + R"("}]})");
}

Configuration configurationOf(const app::test::ConfigDirectory& directory,
                              const ::test::Declaration& declaration, const std::string& more,
                              const app::Environment& environment) {
  directory.pagoda("server: {port: 0, threads: 1}\nlogging: {level: \"off\"}\n" +
                   declaration.pagodaYaml + more);
  directory.models(declaration.modelsYaml);
  return directory.loadServer(environment);
}

std::string question(const std::string& prompt, const std::string& more = {}) {
  std::string body = R"({"model":"auto","messages":[{"role":"user","content":)";
  json::appendString(body, prompt);
  return body + "}]" + more + "}";
}

}  // namespace

TEST_CASE("the weather of a named city is answered with its source, in the prompt's language",
          "[external][server]") {
  const FakeUpstream upstream(openMeteo);
  const app::test::ConfigDirectory directory;
  Server server(configurationOf(
      directory, ::test::readDeclaration("weather"), "",
      {{"OPEN_METEO_URL", upstream.url("")}, {"OPEN_METEO_GEOCODING_URL", upstream.url("")}}));
  server.start();
  const ServerAddress address{server.url(), {}};

  const std::string english = askOrFail(address, "POST", "/v1/chat/completions",
                                        question("What's the weather in New York?"));
  CHECK(has(english, R"(Weather in New York now: clear sky\nTemperature: 18.0 °C\nHumidity: 50%)"));
  CHECK(has(english, R"(Sources:\n- Open-Meteo https://open-meteo.com/)"));
  CHECK(has(english, R"("annotations":[{"type":"url_citation","url_citation":{"start_index":)"));
  CHECK(has(english, R"("citations":["https://open-meteo.com/"])"));

  const struct {
    const char* prompt;
    const char* answer;
    const char* source;
  } cases[] = {
      {"What's the weather in New York?",
       R"(Weather in New York now: clear sky\nTemperature: 18.0 °C)",
       R"(Sources:\n- Open-Meteo https://open-meteo.com/)"},
      {"ニューヨークの天気は？", R"(ニューヨークの現在の天気：快晴\n気温：18.0 °C)",
       R"(出典:\n- Open-Meteo https://open-meteo.com/)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.prompt);
    std::string body = R"({"prompt":)";
    json::appendString(body, c.prompt);
    const std::string generated = askOrFail(address, "POST", "/generate", body + "}");
    CHECK(has(generated, c.answer));
    CHECK(has(generated, c.source));
    CHECK(has(generated, R"("model_used":"weather")"));
    CHECK(has(generated, R"("tier_used":4)"));
    CHECK(has(generated, R"("cost_usd":0)"));
  }

  const std::string streamed = askOrFail(address, "POST", "/v1/chat/completions",
                                         question("New York weather", R"(,"stream":true)"));
  CHECK(has(streamed, "data: {"));
  CHECK(has(streamed, "Weather in New York now: clear sky"));
  CHECK(has(streamed, R"("citations":["https://open-meteo.com/"])"));
  CHECK(has(streamed, "data: [DONE]"));

  // A further question about a place finds it in the cache.
  const auto requests = upstream.requests();
  const auto searches = std::count_if(requests.begin(), requests.end(), [](const FakeRequest& one) {
    return one.target.starts_with("/v1/search");
  });
  CHECK(searches == 2);
  CHECK(has(requests.at(0).target, "/v1/search?name=New%20York&count=1&language=en"));
  CHECK(has(requests.at(1).target, "/v1/forecast?latitude=40.71427&longitude=-74.00597&current="));
  CHECK(server.drain(Millis{5000}));
}

TEST_CASE("a prompt that is not for the API goes on to the next model", "[external][server]") {
  const FakeUpstream upstream(openMeteo);
  const app::test::ConfigDirectory directory;
  ::test::Declaration declaration = ::test::readDeclaration("weather");
  declaration.modelsYaml +=
      "  helper: {tier: 4, provider: helper, model: skills, price_per_million: {input: 0, output: "
      "0}}\n";
  Server server(configurationOf(
      directory, declaration, "  - {name: helper, type: local}\n",
      {{"OPEN_METEO_URL", upstream.url("")}, {"OPEN_METEO_GEOCODING_URL", upstream.url("")}}));
  server.start();
  const std::string body =
      askOrFail({server.url(), {}}, "POST", "/generate",
                R"({"prompt":"What is 15% of 80? weather","task_type":"realtime"})");
  CHECK(has(body, R"("model_used":"helper")"));
  CHECK(upstream.requests().empty());
  CHECK(server.drain(Millis{5000}));
}

TEST_CASE("a search with a key is paid, and its key goes to the upstream only",
          "[external][server]") {
  const FakeUpstream upstream([](const FakeRequest& request) {
    if (request.headers.at("authorization") != "Bearer tvly-5f1d")
      return Reply().json(401, ::test::golden("tavily_unauthorized"));
    return Reply().json(200, ::test::golden("tavily_search"));
  });
  const auto answer = [&](const char* key) {
    const app::test::ConfigDirectory directory;
    Server server(configurationOf(directory, ::test::readDeclaration("tavily"), "",
                                  {{"TAVILY_URL", upstream.url("")}, {"TAVILY_API_KEY", key}}));
    server.start();
    auto reply = ask({server.url(), {}}, "POST", "/generate",
                     R"({"prompt":"latest news about Pydantic AI"})");
    CHECK(server.drain(Millis{5000}));
    return reply;
  };
  const auto good = answer("tvly-5f1d");
  CHECK(good.status == 200);
  CHECK(has(good.body, R"("cost_usd":0.008)"));
  CHECK(has(good.body, "https://ai.pydantic.dev/"));
  CHECK_FALSE(has(good.body, "tvly-"));
  const auto bad = answer("tvly-0000");
  CHECK(bad.status >= 400);
  CHECK_FALSE(has(bad.body, "tvly-"));
}
