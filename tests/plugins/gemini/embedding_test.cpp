// Vectors and token counts.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/gemini/embedding_host.h"
#include "tests/plugins/gemini/gemini_recording.h"

using namespace test;

namespace {

std::string vectors(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + std::string(R"({"values":[1, 2]})");
  return R"({"embeddings":[)" + list + R"(],"usageMetadata":{"promptTokenCount":3}})";
}

const std::string kVertex =
    R"({"base_url":"https://us-aiplatform.googleapis.com/v1","project":"p","location":"us"})";
const std::string kPlace =
    "https://us-aiplatform.googleapis.com/v1/projects/p/locations/us/publishers/google/models/";

}  // namespace

TEST_CASE("texts are embedded in one batch", "[gemini][embeddings]") {
  EmbeddingRequest request;
  request.inputs = {"a", "b\n"};
  request.dimensions = 2;
  request.flags = PAGODA_EMBED_QUERY;
  const Embedding seen = embed(request, {vectors(2)});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.urls == std::vector<std::string>{
                         "https://h/v1beta/models/gemini-embedding-001:batchEmbedContents"});
  CHECK(
      seen.bodies.at(0) ==
      R"({"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b\n"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2}]})");
  CHECK(seen.vectors.at(0) == "[1, 2]");
  CHECK(seen.vectors.at(1) == "[1, 2]");
  CHECK(seen.inputTokens == 3);
}

TEST_CASE("more texts than one batch takes are several", "[gemini][embeddings]") {
  EmbeddingRequest request;
  request.inputs.assign(150, "a");
  const Embedding seen = embed(request, {vectors(100), vectors(50)});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.bodies.size() == 2);
  CHECK(seen.vectors.size() == 150);
  CHECK(seen.vectors.rbegin()->first == 149);
  CHECK(seen.inputTokens == 6);
}

TEST_CASE("Vertex AI embeds with predict, newer models one text at a time",
          "[gemini][embeddings]") {
  EmbeddingRequest request;
  request.config = kVertex;
  request.model = "text-embedding-005";
  request.inputs = {"a", "b"};
  request.dimensions = 8;
  const Embedding predicted = embed(
      request,
      {R"({"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":2}}},{"embeddings":{"statistics":{"token_count":3},"values":[2]}}]})"});
  REQUIRE(predicted.status == PAGODA_OK);
  CHECK(predicted.urls.at(0) == kPlace + "text-embedding-005:predict");
  CHECK(
      predicted.bodies.at(0) ==
      R"({"instances":[{"content":"a"},{"content":"b"}],"parameters":{"outputDimensionality":8}})");
  CHECK(predicted.vectors.at(1) == "[2]");
  CHECK(predicted.inputTokens == 5);

  request.model = "gemini-embedding-2";
  request.flags = PAGODA_EMBED_QUERY;
  const std::string one = R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":11}})";
  const Embedding single = embed(request, {one, one});
  REQUIRE(single.status == PAGODA_OK);
  CHECK(single.urls.at(1) == kPlace + "gemini-embedding-2:embedContent");
  CHECK(single.bodies.at(1) == R"({"content":{"parts":[{"text":"b"}]},"outputDimensionality":8})");
  CHECK(single.vectors.size() == 2);
  CHECK(single.inputTokens == 22);
}

TEST_CASE("an answer without a vector for each text is refused", "[gemini][embeddings]") {
  EmbeddingRequest request;
  request.inputs = {"a", "b"};
  for (const std::string& body :
       {vectors(1), vectors(0), std::string("{}"), std::string("null"), std::string("{"),
        std::string(R"({"embeddings":[{"values":1},{}]})")}) {
    INFO(body);
    CHECK(embed(request, {body}).status == PAGODA_E_PROTOCOL);
  }
  CHECK(embed(request, {R"({"error":{"code":503,"message":"overloaded"}})"}).status ==
        PAGODA_E_OVERLOADED);
  request.flags = PAGODA_EMBED_TOKENS;
  CHECK(embed(request, {}).status == PAGODA_E_UNSUPPORTED);
}

TEST_CASE("the recorded embeddings are read", "[gemini][embeddings][golden]") {
  const Recording recording = readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) /
                                            "tests/golden/gemini/embeddings_batch.json");
  EmbeddingRequest request;
  request.inputs = {"a", "b"};
  const Embedding seen = embed(request, {recording.body});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.vectors.at(0).find("-0.010632273") != std::string::npos);
}

TEST_CASE("tokens of a request are counted by the upstream", "[gemini][tokens]") {
  Request request = geminiRequest(
      R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}]})");
  request.countTokens = true;
  const Exchange seen = runWhole(request, R"({"totalTokens":8,"promptTokensDetails":[]})");
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.usage->input_tokens == 8);
  CHECK(seen.url ==
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:countTokens");
  CHECK(
      seen.body ==
      R"({"generateContentRequest":{"model":"models/gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"x"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}})");
  request.config = kVertex;
  CHECK(
      runWhole(request, R"({"totalTokens":8})").body ==
      R"({"contents":[{"role":"user","parts":[{"text":"x"}]}],"systemInstruction":{"parts":[{"text":"s"}]}})");
  CHECK(runWhole(request, R"({"totalTokens":"8"})").status == PAGODA_E_PROTOCOL);
  CHECK(runWhole(request, R"({"totalTokens":-1})").status == PAGODA_E_PROTOCOL);
}
