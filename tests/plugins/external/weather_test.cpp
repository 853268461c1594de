// Open-Meteo: a recorded forecast behind geocoding, in both languages. The answer of the geocoding
// is of the documented form (open-meteo.com/en/docs/geocoding-api, read 2026-11-25); none is
// recorded.

#include <catch2/catch.hpp>

#include "tests/plugins/external/declarations.h"

using namespace test;

namespace {

std::string placeNamed(const std::string& name, const std::string& country) {
  return R"({"results":[{"id":5128581,"name":")" + name +
         R"(","latitude":40.71427,"longitude":-74.00597,"country_code":"US","country":")" +
         country + R"("}],"generationtime_ms":0.7})";
}

const std::string& settings() {
  static const std::string text = settingsOf("weather");
  return text;
}

Response openMeteo(const Sent& sent, const std::string& name, const std::string& country) {
  if (sent.url.starts_with("https://geocoding-api.open-meteo.com/"))
    return {placeNamed(name, country)};
  return {golden("open_meteo_forecast")};
}

/// What is looked up for a prompt; empty when the plugin refuses it.
std::string placeOf(const std::string& prompt) {
  Session session("external", settings());
  session.ask(asking(prompt, "weather"), [](const Sent&) { return Response{"{}"}; });
  if (session.sent().empty()) return {};
  const std::string& url = session.sent()[0].url;
  const std::size_t from = url.find("name=") + 5;
  std::string name;
  for (std::size_t i = from; i < url.find('&', from); ++i) {
    if (url[i] != '%') {
      name += url[i];
      continue;
    }
    name += static_cast<char>(std::stoi(url.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return name;
}

}  // namespace

TEST_CASE("an English prompt is answered from the recorded forecast, with its source",
          "[external][weather][golden]") {
  Session session("external", settings());
  const Exchange answer =
      session.ask(asking("What's the weather in New York today?", "weather"),
                  [](const Sent& sent) { return openMeteo(sent, "New York", "United States"); });
  REQUIRE(answer.status == PAGODA_OK);
  CHECK(answer.fault.empty());
  CHECK(answer.choices.at(0).text ==
        "Weather in New York now: clear sky\nTemperature: 18.0 °C\nHumidity: 50%\nWind: 19.0 km/h\n"
        "Place: New York, United States\nAs of 26 March 2026, 16:15 (GMT)\n\n"
        "Sources:\n- Open-Meteo https://open-meteo.com/");
  CHECK(answer.choices.at(0).reason == PAGODA_FINISH_STOP);
  CHECK(answer.usage.value().cost_nusd == 0);
  REQUIRE(session.sent().size() == 2);
  CHECK(session.sent()[0].url ==
        "https://geocoding-api.open-meteo.com/v1/"
        "search?name=New%20York&count=1&language=en&format=json");
  CHECK(session.sent()[1].url.starts_with(
      "https://api.open-meteo.com/v1/forecast?latitude=40.71427&longitude=-74.00597&current="));
  CHECK(answer.extraAt(PAGODA_EXTRA_ANSWER) == R"({"citations":["https://open-meteo.com/"]})");
}

TEST_CASE("a Japanese prompt is answered in Japanese", "[external][weather][golden]") {
  Session session("external", settings());
  const Exchange answer =
      session.ask(asking("ニューヨークの天気を教えてください", "weather"),
                  [](const Sent& sent) { return openMeteo(sent, "ニューヨーク", "アメリカ"); });
  REQUIRE(answer.status == PAGODA_OK);
  const std::string& text = answer.choices.at(0).text;
  CHECK(text ==
        "ニューヨークの現在の天気：快晴\n気温：18.0 °C\n湿度：50%\n風速：19.0 km/h\n"
        "場所：ニューヨーク（アメリカ）\n観測時刻：2026年3月26日 16:15（GMT）\n\n"
        "出典:\n- Open-Meteo https://open-meteo.com/");
  CHECK(session.sent().at(0).url.find("&language=ja&") != std::string::npos);
  // The citation says where in the text, in characters.
  const std::string mention = "Open-Meteo https://open-meteo.com/";
  const std::string before = text.substr(0, text.find(mention));
  const auto characters =
      std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  CHECK(answer.extraAt(PAGODA_EXTRA_MESSAGE) ==
        R"({"annotations":[{"type":"url_citation","url_citation":{"start_index":)" +
            std::to_string(characters) + R"(,"end_index":)" +
            std::to_string(characters + static_cast<long>(mention.size())) +
            R"(,"title":"Open-Meteo","url":"https://open-meteo.com/"}}]})");
}

TEST_CASE("places are found in questions as people ask them", "[external][weather][parameters]") {
  struct Case {
    const char* prompt;
    const char* place;
  };
  const Case cases[] = {
      {"東京の天気", "東京"},
      {"東京の天気は？", "東京"},
      {"今日の東京の天気を教えて", "東京"},
      {"明日の大阪の天気は？", "大阪"},
      {"京都の明日の天気", "京都"},
      {"札幌は今日雨が降りますか？", "札幌"},
      {"さいたま市の気温は？", "さいたま市"},
      {"津の天気", "津"},
      {"福岡、明日の天気は？", "福岡"},
      {"私の住んでいる那覇の天気を知りたい", "那覇"},
      {"ロンドンの今の気温は何度ですか", "ロンドン"},
      {"What's the weather in Tokyo?", "Tokyo"},
      {"weather in Tokyo", "Tokyo"},
      {"What is the weather like in New York right now?", "New York"},
      {"weather forecast for tomorrow in Berlin please", "Berlin"},
      {"Will it rain in London tomorrow?", "London"},
      {"Do I need an umbrella in São Paulo this weekend", "São Paulo"},
      {"Tokyo weather", "Tokyo"},
      {"How's the weather in St. Louis, please?", "St. Louis"},
      {"In Paris, what's the temperature?", "Paris"},
      {"what is Berlin's forecast for tomorrow", "Berlin"},
      {"ＴＯＫＹＯの天気", "TOKYO"},
      // Nothing that could be a place, or no question about the weather.
      {"今日の天気は？", ""},
      {"What's the weather?", ""},
      {"What's the weather today?", ""},
      {"東京の人口は？", ""},
      {"Write a poem about Tokyo", ""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(placeOf(c.prompt) == c.place);
    }
  }
}

TEST_CASE("what is missing is said, so that routing can go on", "[external][weather][errors]") {
  Session session("external", settings());
  const auto none = [](const Sent&) -> Response {
    throw std::logic_error("nothing was to be sent");
  };
  Exchange refused = session.ask(asking("What's the weather?", "weather"), none);
  CHECK(refused.status == PAGODA_E_UNSUPPORTED);
  CHECK(std::string(refused.error.message) ==
        "the prompt has no place for weather: name a place, as in 'weather in Tokyo'");
  refused = session.ask(asking("今日の天気は？", "weather"), none);
  CHECK(std::string(refused.error.message).find("東京の天気") != std::string::npos);
  refused = session.ask(asking("Write a poem about Tokyo", "weather"), none);
  CHECK(refused.status == PAGODA_E_UNSUPPORTED);
  refused = session.ask(asking("weather in Tokyo", "tides"), none);
  CHECK(refused.status == PAGODA_E_MODEL_NOT_FOUND);
  // A place that is not known there may be known to another model.
  refused = session.ask(asking("weather in Atlantis", "weather"),
                        [](const Sent&) { return Response{R"({"generationtime_ms":0.5})"}; });
  CHECK(refused.status == PAGODA_E_UNSUPPORTED);
  CHECK(std::string(refused.error.message) == "Open-Meteo: there is no place of that name");
}

TEST_CASE("the recorded refusal of Open-Meteo is an invalid request in its words",
          "[external][weather][errors][golden]") {
  Session session("external", settings());
  const Exchange refused =
      session.ask(asking("weather in Darwin", "weather"), [](const Sent& sent) {
        if (sent.url.find("geocoding") != std::string::npos)
          return Response{placeNamed("Darwin", "Australia")};
        return Response{golden("open_meteo_error"), 400, PAGODA_E_INVALID_REQUEST};
      });
  CHECK(refused.status == PAGODA_E_INVALID_REQUEST);
  CHECK(refused.error.http_status == 400);
  CHECK(std::string(refused.error.message)
            .starts_with("Open-Meteo: Cannot initialize TemperatureUnit from invalid String"));
}

TEST_CASE("tomorrow's forecast is read from the day that was asked for", "[external][weather]") {
  Session session("external", settings());
  const auto upstream = [](const Sent& sent) -> Response {
    if (sent.url.find("geocoding") != std::string::npos) return {placeNamed("Oslo", "Norway")};
    return {
        R"({"current":{"temperature_2m":-3.26,"time":"2026-11-25T10:00"},"timezone":"Europe/Oslo",)"
        R"("daily_units":{"temperature_2m_max":"°C"},"daily":{"time":["2026-11-25","2026-11-26","2026-11-27"],)"
        R"("weather_code":[3,71,95],"temperature_2m_max":[-1.2,0.4,2],"temperature_2m_min":[-6,-4.6,-1],)"
        R"("precipitation_probability_max":[5,80,null]}})"};
  };
  const auto answer = [&](const char* prompt) {
    return session.ask(asking(prompt, "weather"), upstream).choices.at(0).text;
  };
  CHECK(answer("Will it snow in Oslo tomorrow?")
            .find("Tomorrow (26 November 2026): light snow, -5 to 0 °C\nChance of rain: 80%\n") !=
        std::string::npos);
  CHECK(answer("オスロの明後日の天気")
            .find("明後日（2026年11月27日）の予報：雷雨、-1〜2 °C\n場所：") != std::string::npos);
}
