#include "core/services/classifier.h"

using namespace pagoda;
using namespace pagoda::services;

namespace {

Catalogue seedCatalogue() {
  Catalogue catalogue;
  catalogue.rules = {
      {"coding",
       {"code", "コード", "function", "関数", "implement", "実装", "データベース接続"},
       0},
      {"general", {"説明", "explain", "what is"}, 1},
      {"analysis", {"analyze", "分析", "設計方針"}, 2},
      {"premium", {"重要", "戦略立案"}, 3},
      {"realtime", {"weather", "天気"}, 4},
  };
  return catalogue;
}

ChatRequest asking(std::string_view text) {
  ChatRequest request;
  Message message;
  Part part;
  part.text = text;
  message.parts.push_back(part);
  request.messages.push_back(std::move(message));
  request.rawJson = text;
  return request;
}

}  // namespace

TEST_CASE("keywords of either language decide the task", "[services][classifier]") {
  const Classifier classifier(seedCatalogue());
  struct Case {
    std::string_view prompt, task;
    int tier;
  };
  const Case cases[] = {
      {"Pythonでデータベース接続", "coding", 0},
      {"量子力学について説明", "general", 1},
      {"システム設計方針策定", "analysis", 2},
      {"重要な戦略立案", "premium", 3},
      {"Implementing a FUNCTION in Rust", "coding", 0},
      {"What is the weather in Oslo", "realtime", 4},
      {"hello there", "general", 1},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      const ChatRequest request = asking(c.prompt);
      const RequestClass result = classifier.classify(request);
      CHECK(result.task == c.task);
      CHECK(result.preferredTier == c.tier);
    }
  }
}

TEST_CASE("a Latin keyword matches at the start of a word only", "[services][classifier]") {
  const Classifier classifier(seedCatalogue());
  const ChatRequest request = asking("decode and malfunction");
  CHECK(classifier.classify(request).confidence == 0);
  const ChatRequest plural = asking("two functions");
  CHECK(classifier.classify(plural).task == "coding");
}

TEST_CASE("a task type that the client names decides alone", "[services][classifier]") {
  const Classifier classifier(seedCatalogue());
  ChatRequest request = asking("implement a function");
  request.taskType = "analysis";
  CHECK(classifier.classify(request).preferredTier == 2);
  request.taskType = "auto";
  CHECK(classifier.classify(request).preferredTier == 0);
}

TEST_CASE("the language is told by its letters", "[services][classifier]") {
  const Classifier classifier(seedCatalogue());
  const ChatRequest japanese = asking("東京の天気は");
  const ChatRequest english = asking("the weather");
  CHECK(classifier.classify(japanese).language == "ja");
  CHECK(classifier.classify(english).language == "en");
}

TEST_CASE("needs follow from what the request carries", "[services][classifier]") {
  const Classifier classifier(seedCatalogue());
  ChatRequest request = asking("look");
  request.tools.emplace_back();
  request.format = Format::JsonSchema;
  Part image;
  image.kind = PartKind::Image;
  request.messages.front().parts.push_back(image);
  CHECK(classifier.classify(request).needs == (kCapTools | kCapJsonSchema | kCapImageIn));
}

TEST_CASE("the prompt bound is never below the bytes that are sent", "[services][classifier]") {
  const ChatRequest request = asking("日本語の長い文章です");
  CHECK(promptTokensBound(request) >= static_cast<Tokens>(request.rawJson.size()));
  CHECK(estimatedTokens(0) == 0);
  CHECK(estimatedTokens(30) == 10);
  CHECK(estimatedTokens(31) == 11);
}
