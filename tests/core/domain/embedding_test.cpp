#include "core/domain/embedding.h"

#include <catch2/catch.hpp>

using namespace pagoda;

TEST_CASE("a vector survives the way through either form", "[domain][embedding]") {
  const std::vector<float> vector{0.5F, -1.25e-7F, 3.4e38F, 0.1F, 0.0F};
  CHECK(vectorOfNumbers(numbersOf(vector)) == vector);
  CHECK(vectorOfBase64(base64Of(vector)) == vector);
  // Python: base64.b64encode(struct.pack('<3f', 0.5, -2.0, 1e-3))
  CHECK(base64Of({0.5F, -2.0F, 1e-3F}) == "AAAAPwAAAMBvEoM6");
  CHECK(base64Of({1.0F}) == "AACAPw==");
  CHECK(base64Of({1.0F, 2.0F}) == "AACAPwAAAEA=");
}

TEST_CASE("what is no vector of finite numbers is refused", "[domain][embedding]") {
  for (const char* bad :
       {"", "[]", "{}", "[1,\"2\"]", "[1,null]", "[1,1e999]", "[1", "[1]x", "3"}) {
    CAPTURE(bad);
    CHECK_FALSE(vectorOfNumbers(bad));
  }
  // Not base64, not a multiple of four bytes, and an infinity.
  for (const char* bad : {"", "AAAA*A==", "AAAA", "AAAAAAA=", "AACAfw==", "A"}) {
    CAPTURE(bad);
    CHECK_FALSE(vectorOfBase64(bad));
  }
}

TEST_CASE("a part of a request asks for its own inputs only", "[domain][embedding]") {
  EmbeddingRequest request;
  request.rawJson = R"({"model":"m","input":["a","bc","d"],"x":1.0})";
  request.texts = {"a", "bc", "d"};
  request.inputs = {R"("a")", R"("bc")", R"("d")"};
  request.dimensions = 3;
  const EmbeddingRequest part = partOf(request, 1, 2);
  CHECK(part.rawJson == R"({"model":"m","input":["bc","d"],"x":1.0})");
  CHECK(part.texts == std::vector<std::string_view>{"bc", "d"});
  CHECK(part.dimensions == 3);
  CHECK(partOf(request, 0, 3).rawJson.data() == request.rawJson.data());

  EmbeddingRequest ids;
  ids.rawJson = R"({"input":[[1,2],[3,4,5]]})";
  ids.inputs = {"[1,2]", "[3,4,5]"};
  ids.tokenIds = 5;
  const EmbeddingRequest second = partOf(ids, 1, 1);
  CHECK(second.rawJson == R"({"input":[[3,4,5]]})");
  CHECK(second.tokenIds == 3);
  CHECK(second.ofTokens());
}
