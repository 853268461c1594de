#include "skills.h"

#include <catch2/catch.hpp>

#include "conversion.h"
#include "language.h"
#include "task.h"

using namespace pagoda::local;

namespace {

constexpr Date kToday{2026, 7, 27};

SkillAnswer ask(std::string_view prompt) {
  return answer(prompt, kToday);
}

}  // namespace

TEST_CASE("each prompt reaches the skill that is meant", "[local][skills]") {
  struct Case {
    const char* prompt;
    const char* skill;
  };
  const Case cases[] = {
      {"what is 15% of 80?", "calculation"},
      {"12かける3", "calculation"},
      {"10 km in miles", "units"},
      {"5マイルは何キロ", "units"},
      {"2026-01-31 + 1 month", "dates"},
      {"今日は何曜日", "dates"},
      {"Summarize in 1 sentence: Cats sleep. Dogs bark.", "summary"},
      {"次の文章を1文で要約して。猫は寝る。犬は吠える。", "summary"},
      {"Convert this JSON to YAML: {\"a\":1}", "conversion"},
      {"このJSONをYAMLに変換して: {\"a\":1}", "conversion"},
      {"What language is this: Guten Morgen, wie geht es dir?", "language"},
      {"次の文は何語ですか: Bonjour le monde", "language"},
      {"Which tier: write a function", "task"},
      {"タスクの種類を判定して: 関数を実装して", "task"},
      {"Write a function that converts JSON to YAML", "help"},
      {"Explain how quantum computers work", "help"},
      {"量子コンピュータの仕組みを簡単に説明して", "help"},
      {"hello", "help"},
      {"", "help"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(std::string(ask(c.prompt).skill) == c.skill);
    }
  }
}

TEST_CASE("what no skill covers gets an honest answer in the user's language", "[local][skills]") {
  const std::string english = ask("Write me a poem").text;
  CHECK(english.find("not a language model") != std::string::npos);
  CHECK(english.find("OPENROUTER_API_KEY") != std::string::npos);
  CHECK(english.find("Ollama") != std::string::npos);
  const std::string japanese = ask("詩を書いて").text;
  CHECK(japanese.find("言語モデルではない") != std::string::npos);
  CHECK(japanese.find("OPENAI_API_KEY") != std::string::npos);
}

TEST_CASE("a refusal names its reason in the user's language", "[local][skills]") {
  CHECK(ask("10 km in kg").text == "I cannot do that: length cannot be converted to mass");
  CHECK(ask("1割る0は？").text == "できません: 0で割ることはできません");
}

TEST_CASE("documents are converted and checked as asked", "[local][conversion]") {
  struct Case {
    const char* prompt;
    const char* expected;
  };
  const Case cases[] = {
      {"Convert this JSON to YAML: {\"a\":[1,\"x\"]}", "```yaml\na:\n  - 1\n  - x\n```"},
      {"{\"a\":1} をYAMLに変換して", "```yaml\na: 1\n```"},
      {"このYAMLをJSONに変換して\na: 1\nb: [x]",
       "```json\n{\n  \"a\": 1,\n  \"b\": [\n    \"x\"\n  ]\n}\n```"},
      {"convert yaml to json:\n```yaml\na:\n  - 1\n```",
       "```json\n{\n  \"a\": [\n    1\n  ]\n}\n```"},
      {"CSV to JSON\na,b\n1,x", "```json\n[\n  {\n    \"a\": 1,\n    \"b\": \"x\"\n  }\n]\n```"},
      {"次のCSVをYAMLにして\nname,age\n太郎,20", "```yaml\n- name: 太郎\n  age: 20\n```"},
      {"Convert to CSV, from JSON: [{\"a\":1,\"b\":2}]", "```csv\na,b\n1,2\n```"},
      {"Minify this JSON: { \"a\" : 1 }", "```json\n{\"a\":1}\n```"},
      {"JSONを整形して: {\"a\":1}", "```json\n{\n  \"a\": 1\n}\n```"},
      {"Is this valid JSON? {\"a\":1,}",
       "Not valid JSON: line 1, column 8: a member's name was expected"},
      {"このJSONは正しい？ {\"a\":1}",
       "正しいJSONです: 1個のキーを持つオブジェクト、値は全部で1個。"},
      {"Validate this YAML:\na: 1\na: 2",
       "Not valid YAML: line 2, column 1: the key \"a\" stands twice"},
      {"Check this JSON: {\"a\":1,\"a\":2}",
       "Valid JSON: an object with 2 members, 2 values in all. But the key \"a\" stands twice in "
       "one object; most "
       "readers keep only the last."},
      {"[1,2]",
       "Valid JSON: an array of 2 elements, 2 values in all.\n\n```json\n[\n  1,\n  2\n]\n```"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(convertDocument(c.prompt, tongueOf(c.prompt)).value_or("none") == c.expected);
    }
  }
}

TEST_CASE("detectLanguage tells languages by script and by words", "[local][language]") {
  struct Case {
    const char* text;
    const char* code;
  };
  const Case cases[] = {
      {"The quick brown fox jumps over the lazy dog and is happy with it.", "en"},
      {"吾輩は猫である。名前はまだ無い。", "ja"},
      {"カタカナ", "ja"},
      {"我们今天去北京旅游，天气很好。", "zh"},
      {"오늘은 날씨가 좋습니다", "ko"},
      {"Je ne sais pas ce que vous voulez dire avec ça.", "fr"},
      {"Ich weiß nicht, was du mit dem Satz sagen willst.", "de"},
      {"¿Dónde está la biblioteca más grande de la ciudad?", "es"},
      {"Non so che cosa vuoi dire con questo, ma è molto bello.", "it"},
      {"Você não sabe o que isso quer dizer, mas está muito bom.", "pt"},
      {"Я не знаю, что это значит", "ru"},
      {"Я не знаю, що це означає і чому її немає", "uk"},
      {"مرحبا بالعالم", "ar"},
      {"สวัสดีชาวโลก", "th"},
      {"12345 !?", ""},
      {"The word 東京 is Japanese for Tokyo and that is what it means", "en"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.text) {
      const Language language = detectLanguage(c.text);
      CHECK(std::string(language.code) == c.code);
      CHECK(language.confidence >= 0);
      CHECK(language.confidence <= 1);
    }
  }
}

TEST_CASE("detectTask names the task and the keyword that decided", "[local][task]") {
  struct Case {
    const char* prompt;
    const char* task;
    int tier;
    const char* keyword;
  };
  const Case cases[] = {
      {"Pythonでデータベース接続", "coding", 0, "python"},
      {"量子力学について説明", "general", 1, ""},
      {"システム設計方針策定", "analysis", 2, "設計"},
      {"重要な戦略立案", "premium", 3, "重要な"},
      {"what's the weather in Tokyo right now", "realtime", 4, "weather"},
      {"implement a function in rust", "coding", 0, "function"},
      {"a classy capital", "general", 1, ""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      const Task task = detectTask(c.prompt);
      CHECK(std::string(task.name) == c.task);
      CHECK(task.tier == c.tier);
      CHECK(task.keyword == c.keyword);
    }
  }
}

TEST_CASE("any run of one text is answered, however long", "[local][skills]") {
  for (const std::string_view unit : {"a", "(", "[", "1+", "あ", "。", "{\"a\":", "- ", "a: ", ",",
                                      "\"", "```\n", "Summarize. ", "\xFF"}) {
    DYNAMIC_SECTION(unit) {
      std::string prompt = "Convert this JSON to YAML: ";
      while (prompt.size() < (1U << 18)) prompt += unit;
      CHECK_FALSE(ask(prompt).text.empty());
      CHECK_FALSE(ask(std::string_view(prompt).substr(27)).text.empty());
    }
  }
}

TEST_CASE("tokens are estimated by words and by characters, and cut at characters",
          "[local][text]") {
  CHECK(estimateTokens("") == 0);
  CHECK(estimateTokens("hello world") == 4);
  CHECK(estimateTokens("こんにちは") == 5);
  CHECK(cutAtTokens("こんにちは", 2) == "こん");
  CHECK(cutAtTokens("hello world", 100) == "hello world");
  CHECK(cutAtTokens("hello", 0).empty());
}
