#include <catch2/catch.hpp>

#include "core/api/embedding_dialect.h"
#include "tests/core/api/api_house.h"
#include "tests/support/fake_embedder.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

/// The API with embedding models beside those for chat.
struct EmbeddingHouse {
  explicit EmbeddingHouse(std::size_t most = 0) {
    first = std::make_shared<FakeEmbedder>("first", most);
    const auto before = house.orchestrator->serving();
    auto serving = std::make_shared<services::Serving>(*before);
    auto catalogue = std::make_shared<Catalogue>(*before->catalogue);
    catalogue->models.push_back(embedding("vectors", "first", "vectors-1"));
    catalogue->models.push_back(embedding("other_vectors", "second", "vectors-2"));
    catalogue->models.push_back(embedding("same_vectors", "second", "vectors-1"));
    auto providers = std::make_shared<FakeProviders>();
    providers->providers["cheap"] = house.cheap;
    providers->providers["first"] = first;
    providers->providers["second"] = second;
    serving->catalogue = catalogue;
    serving->providers = providers;
    house.orchestrator->swap(serving);
  }
  static Model embedding(std::string key, std::string provider, std::string id) {
    Model model = ApiHouse::model(std::move(key), std::move(provider), 1, "100", "0");
    model.kind = ModelKind::Embedding;
    model.upstreamId = std::move(id);
    return model;
  }
  std::unique_ptr<FakeResponse> post(std::string body) {
    return house.call("POST", "/v1/embeddings", std::move(body));
  }

  EmptyHttpClient http;
  ApiHouse house{services::AuthMode::ApiKey, "70", {}, &http};
  std::shared_ptr<FakeEmbedder> first;
  std::shared_ptr<FakeEmbedder> second = std::make_shared<FakeEmbedder>("second");
};

}  // namespace

TEST_CASE("texts become vectors, in OpenAI's form", "[api][embeddings]") {
  EmbeddingHouse h;
  const auto response = h.post(R"({"model":"vectors","input":["ab","cde"]})");
  REQUIRE(response->status == 200);
  CHECK(
      response->body ==
      R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[2,0.5]},{"object":"embedding","index":1,"embedding":[3,0.5]}],"model":"vectors-1","usage":{"prompt_tokens":5,"total_tokens":5}})");
  CHECK(response->header("x-pagoda-model") == "vectors");
  CHECK(response->header("x-pagoda-cost-usd") == "0.0005");  // 5 tokens at $100 a million
  CHECK(h.house.budgets.state().spent == *Money::parseUsd("0.0005"));
  CHECK(h.house.budgets.state().held == Money{});
  REQUIRE(h.house.ledger.rows.size() == 1);
  CHECK(h.house.ledger.rows[0].route == "/v1/embeddings");
  CHECK(h.house.ledger.rows[0].task == "embedding");
  CHECK_THAT(h.house.ledger.rows[0].decisionJson, Catch::Contains(R"("embedding_inputs":2)"));
}

TEST_CASE("base64 is made where the upstream sent numbers", "[api][embeddings]") {
  EmbeddingHouse h;
  const auto response = h.post(R"({"model":"vectors","input":"ab","encoding_format":"base64"})");
  REQUIRE(response->status == 200);
  CHECK_THAT(response->body, Catch::Contains(R"("embedding":"AAAAQAAAAD8=")"));
}

TEST_CASE("numbers are made where the upstream sent base64", "[api][embeddings]") {
  Outcome outcome;
  outcome.answer.embeddings = {{"", "AAAAPwAAAMBvEoM6"}};
  CHECK_THAT(api::writeEmbeddings(outcome, false), Catch::Contains("[0.5,-2,0.001]"));
  CHECK_THAT(api::writeEmbeddings(outcome, true), Catch::Contains("\"AAAAPwAAAMBvEoM6\""));
}

TEST_CASE("inputs are split into calls that the provider takes", "[api][embeddings]") {
  EmbeddingHouse h(2);
  const auto response = h.post(R"({"model":"vectors","input":["a","bb","ccc","dddd","eeeee"]})");
  REQUIRE(response->status == 200);
  CHECK(h.first->bodies == std::vector<std::string>{R"({"model":"vectors","input":["a","bb"]})",
                                                    R"({"model":"vectors","input":["ccc","dddd"]})",
                                                    R"({"model":"vectors","input":["eeeee"]})"});
  CHECK_THAT(response->body, Catch::Contains(R"("index":4,"embedding":[5,0.5])"));
  CHECK_THAT(response->body, Catch::Contains(R"("prompt_tokens":15)"));
  CHECK(h.house.ledger.rows.at(0).attempts.size() == 3);
}

TEST_CASE("only the same model stands in for one that fails", "[api][embeddings]") {
  EmbeddingHouse h;
  h.first->failures.push_back(FakeProvider::failure(FailureKind::Overloaded, "busy"));
  const auto response = h.post(R"({"model":"vectors","input":"ab"})");
  REQUIRE(response->status == 200);
  CHECK(response->header("x-pagoda-model") == "same_vectors");
  CHECK(h.second->bodies.size() == 1);

  h.second->failures.push_back(FakeProvider::failure(FailureKind::Overloaded, "busy"));
  const auto other = h.post(R"({"model":"other_vectors","input":"ab"})");
  CHECK(other->status == 503);
}

TEST_CASE("auto never mixes models for chat and for embeddings", "[api][embeddings]") {
  EmbeddingHouse h;
  const auto vectors = h.post(R"({"model":"auto","input":"ab"})");
  CHECK(vectors->status == 200);
  CHECK(vectors->header("x-pagoda-model") == "vectors");

  const auto wrong = h.post(R"({"model":"small","input":"ab"})");
  CHECK(wrong->status == 422);
  CHECK_THAT(wrong->body, Catch::Contains("it is a model for chat"));

  const auto chat = h.house.call("POST", "/v1/chat/completions", chatBody("", "vectors"));
  CHECK(chat->status == 422);
  CHECK_THAT(chat->body, Catch::Contains("send it to /v1/embeddings"));

  h.house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
  const auto automatic = h.house.call("POST", "/v1/chat/completions", chatBody("", "tier1"));
  CHECK(automatic->header("x-pagoda-model") == "small");
}

TEST_CASE("tokens that nobody counted are estimated", "[api][embeddings]") {
  EmbeddingHouse h;
  h.first->countsTokens = false;
  const auto response = h.post(R"({"model":"vectors","input":"six by"})");
  CHECK_THAT(response->body, Catch::Contains(R"("prompt_tokens":2)"));
  CHECK(h.house.ledger.rows.at(0).attempts.at(0).costBasis == "estimated");
}

TEST_CASE("an embedding request that is wrong is told what to change", "[api][embeddings]") {
  struct Case {
    const char* body;
    const char* message;
  };
  const Case cases[] = {
      {R"({"input":"a"})", "model is missing"},
      {R"({"model":"vectors"})", "input is missing"},
      {R"({"model":"vectors","input":""})", "input must be a text that is not empty"},
      {R"({"model":"vectors","input":[]})", "input must be a string, an array of 1 to 2048"},
      {R"({"model":"vectors","input":["a",1]})", "input must be an array of texts"},
      {R"({"model":"vectors","input":[1,"a"]})", "input must be a string"},
      {R"({"model":"vectors","input":[[1],[]]})", "input must be a string"},
      {R"({"model":"vectors","input":"a","encoding_format":"int8"})", "encoding_format must be"},
      {R"({"model":"vectors","input":"a","dimensions":0})", "dimensions must be an integer"},
      {R"({"model":"vectors","input":"a","base_url":"http://x"})", "base_url must be left out"},
      {R"([])", "the body must be a JSON object"},
  };
  EmbeddingHouse h;
  for (const Case& c : cases) {
    CAPTURE(c.body);
    const auto response = h.post(c.body);
    CHECK(response->status == 400);
    CHECK_THAT(response->body, Catch::Contains(c.message));
  }
  CHECK(h.http.sent == 0);
}

TEST_CASE("token ids pass as they are", "[api][embeddings]") {
  EmbeddingHouse h;
  const auto one = h.post(R"({"model":"vectors","input":[1, 2, 3]})");
  CHECK(one->status == 200);
  CHECK(h.first->bodies.back() == R"({"model":"vectors","input":[1, 2, 3]})");
  const auto two = h.post(R"({"model":"vectors","input":[[1,2],[3]]})");
  CHECK_THAT(two->body, Catch::Contains(R"("index":1)"));
}
