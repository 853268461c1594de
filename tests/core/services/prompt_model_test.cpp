#include "core/services/prompt_model.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/services/prompt_trainer.h"

using namespace pagoda;
using namespace pagoda::services;

namespace {

constexpr std::size_t kCoding = 0, kRealtime = 4;

/// Prompts of two tasks in two languages, and outcomes in which long prompts need a strong model.
std::vector<PromptExample> lessons() {
  std::vector<PromptExample> examples;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    examples.push_back({"write a python function that sorts list " + number, "a", kCoding, {}});
    examples.push_back({"配列を並べ替える関数を書いて " + number, "b", kCoding, {}});
    examples.push_back({"what is the weather in Kyoto today " + number, "c", kRealtime, {}});
    examples.push_back({"今日の東京の天気は？ " + number, "d", kRealtime, {}});
    std::string proof = "prove the theorem ";
    for (int k = 0; k < 20; ++k) proof += "about compact operators ";
    examples.push_back({proof + number, "e", {}, 1.0f});
    examples.push_back({"hello " + number, "e", {}, 0.0f});
  }
  return examples;
}

PromptVerdict ask(const PromptModel& model, std::string_view prompt) {
  PromptFeatures features;
  readPromptFeatures(prompt, features);
  return model.judge(features);
}

std::size_t best(const PromptVerdict& verdict) {
  return static_cast<std::size_t>(std::max_element(verdict.tasks.begin(), verdict.tasks.end()) -
                                  verdict.tasks.begin());
}

}  // namespace

TEST_CASE("a trained router tells tasks apart in both languages", "[router]") {
  PromptTrainer trainer;
  const auto model = trainer.train(lessons());
  REQUIRE(model);
  CHECK(best(ask(*model, "a python function to reverse a list")) == kCoding);
  CHECK(best(ask(*model, "リストを並べ替える関数")) == kCoding);
  CHECK(best(ask(*model, "will it rain in Osaka today")) == kRealtime);
  CHECK(best(ask(*model, "明日の大阪の天気は？")) == kRealtime);
  float total = 0;
  for (const float probability : ask(*model, "anything").tasks) total += probability;
  CHECK(total == Approx(1));
}

TEST_CASE("the need of a strong model rises with what training found hard", "[router]") {
  PromptTrainer trainer;
  const auto model = trainer.train(lessons());
  REQUIRE(model);
  const float easy = ask(*model, "hello there").need;
  const float hard = ask(*model,
                         "prove the theorem about compact operators about compact "
                         "operators about compact operators and their spectra")
                         .need;
  CHECK(hard > easy);
  CHECK(easy > 0);
  CHECK(hard < 1);
}

TEST_CASE("training is repeatable to the byte, and the file reads back", "[router]") {
  PromptTrainer first, second;
  const std::string bytes = first.train(lessons())->bytes();
  CHECK(bytes == second.train(lessons())->bytes());
  const auto read = PromptModel::parse(bytes);
  REQUIRE(read);
  CHECK(read->bytes() == bytes);
}

TEST_CASE("a file that is no trained router is refused with the reason", "[router]") {
  PromptTrainer trainer;
  std::string bytes = trainer.train(lessons())->bytes();
  CHECK_FALSE(PromptModel::parse(""));
  CHECK_FALSE(PromptModel::parse("PGR0" + bytes.substr(4)));
  CHECK_FALSE(PromptModel::parse(bytes.substr(0, bytes.size() - 1)));
  bytes[4] = 1;
  CHECK_FALSE(PromptModel::parse(bytes));
  std::string infinite = trainer.train(lessons())->bytes();
  infinite.replace(16, 4, std::string("\x00\x00\x80\x7f", 4));
  CHECK(PromptModel::parse(infinite).error().message.find("not a number") != std::string::npos);
}

TEST_CASE("there is nothing to learn from prompts without labels or outcomes", "[router]") {
  PromptTrainer trainer;
  CHECK_FALSE(trainer.train({}));
  CHECK_FALSE(trainer.train({{"hello", "a", {}, {}}}));
}

TEST_CASE("features are the same for every cut of white space and bytes that are no text",
          "[router]") {
  PromptFeatures features;
  readPromptFeatures("", features);
  CHECK(features.grams.empty());
  readPromptFeatures(std::string(100'000, 'x'), features);
  CHECK(features.grams.size() < 10);
  readPromptFeatures("\xF0\x9F", features);  // half a character, as a cut may leave it
  readPromptFeatures(std::string_view("a\0b", 3), features);
  CHECK(std::is_sorted(features.grams.begin(), features.grams.end()));
  for (const float figure : features.figures) {
    CHECK(figure >= 0);
    CHECK(figure <= 1);
  }
}
