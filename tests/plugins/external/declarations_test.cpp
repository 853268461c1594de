// The files of config/external, and what README.md shows, work as they stand.

#include "tests/plugins/external/declarations.h"

#include <catch2/catch.hpp>

#include "core/plugin_host/settings.h"
#include "schema.h"

using namespace test;

namespace {

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(sourcePath("config/external")))
    if (entry.path().extension() == ".yaml") found.push_back(entry.path().stem().string());
  std::sort(found.begin(), found.end());
  return found;
}

// What stands in ```yaml … ``` after `marker`.
std::string block(const std::string& text, const std::string& marker) {
  const std::size_t from = text.find(marker);
  REQUIRE(from != std::string::npos);
  const std::size_t start = text.find("```yaml\n", from) + 8;
  return text.substr(start, text.find("```", start) - start);
}

}  // namespace

TEST_CASE("each ready-made declaration is read by the server and taken by the plugin",
          "[external][declarations]") {
  CHECK(names().size() == 8);
  for (const std::string& name : names()) {
    DYNAMIC_SECTION(name) {
      std::vector<pagoda::app::Mistake> mistakes;
      const auto configuration = configure(readDeclaration(name), {}, mistakes);
      for (const auto& mistake : mistakes) FAIL_CHECK(toString(mistake));
      const std::string& settings = configuration.settings.providers.at(0).settingsJson;
      const auto checked = pagoda::plugin_host::checkSettings(PAGODA_EXTERNAL_SCHEMA, settings);
      if (!checked) FAIL_CHECK(checked.error().message);
      const auto [status, message] = configure(settings, "external");
      INFO(message);
      CHECK(status == PAGODA_OK);
      Request request;
      request.type = "external";
      request.config = settings;
      CHECK(selfTest(request) == PAGODA_OK);
    }
  }
}

TEST_CASE("the models that the declarations name are of tier 4 and cost what a call does",
          "[external][declarations]") {
  for (const std::string& name : names()) {
    DYNAMIC_SECTION(name) {
      std::vector<pagoda::app::Mistake> mistakes;
      const auto configuration = configure(readDeclaration(name),
                                           {{"BRAVE_API_KEY", "k"},
                                            {"TAVILY_API_KEY", "k"},
                                            {"PERPLEXITY_API_KEY", "k"},
                                            {"ALPHA_VANTAGE_API_KEY", "k"}},
                                           mistakes);
      REQUIRE(configuration.catalogue.models.size() == 1);
      const pagoda::Model& model = configuration.catalogue.models[0];
      CHECK(model.tier == 4);
      const std::string settings = configuration.settings.providers.at(0).settingsJson;
      const std::string call = "\"price_usd\":" + model.price.perRequest.toString();
      if (model.price.perRequest > pagoda::Money{}) {
        CHECK(settings.find(call) != std::string::npos);
      } else {
        CHECK(settings.find("price_usd") == std::string::npos);
      }
      // The upstream's name of the model is one of the declared APIs.
      CHECK(settings.find("\"" + model.upstreamId + "\":{\"title\"") != std::string::npos);
    }
  }
}

TEST_CASE("the example of the README is complete", "[external][declarations]") {
  const std::string readme = textOf(sourcePath("plugins/providers/external/README.md"));
  Declaration declaration;
  declaration.pagodaYaml = block(readme, "## Your own API");
  declaration.modelsYaml = block(readme, "In `models.yaml`");
  std::vector<pagoda::app::Mistake> mistakes;
  const auto configuration = configure(declaration, {{"LIBRARY_API_KEY", "k"}}, mistakes);
  for (const auto& mistake : mistakes) FAIL_CHECK(toString(mistake));
  const std::string& settings = configuration.settings.providers.at(0).settingsJson;
  const auto checked = pagoda::plugin_host::checkSettings(PAGODA_EXTERNAL_SCHEMA, settings);
  if (!checked) FAIL_CHECK(checked.error().message);
  Session session("external", settings);
  const Exchange answer = session.ask(asking("夏目漱石の本は？", "books"), [](const Sent& sent) {
    CHECK(sent.url ==
          "https://library.example.com/v2/search?"
          "author=%E5%A4%8F%E7%9B%AE%E6%BC%B1%E7%9F%B3&limit=3");
    CHECK(sent.headers.at("x-api-key") == "<api_key>");
    return Response{
        R"({"total":2,"books":[{"title":"こころ","year":1914,"link":"https://library.example.com/b/1"},)"
        R"({"title":"坊っちゃん","link":"javascript:x"}]})"};
  });
  CHECK(answer.status == PAGODA_OK);
  CHECK(answer.choices.at(0).text ==
        "夏目漱石の本（2冊）：\n1. こころ\n   出版年：1914\n2. 坊っちゃん\n\n出典:\n"
        "- こころ https://library.example.com/b/1");
  CHECK(answer.usage.value().cost_nusd == 1'000'000);
  const Exchange limited = session.ask(asking("books by Soseki", "books"), [](const Sent&) {
    return Response{R"({"error":{"code":"quota_exceeded","text":"come back tomorrow"}})"};
  });
  CHECK(limited.status == PAGODA_E_QUOTA);
  CHECK(std::string(limited.error.message) == "City library: come back tomorrow");
}
