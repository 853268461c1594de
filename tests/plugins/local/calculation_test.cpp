#include "calculation.h"

#include <catch2/catch.hpp>

#include "expression.h"
#include "numerals.h"
#include "refusal.h"

using namespace pagoda::local;

namespace {

struct Case {
  const char* prompt;
  const char* expected;  // nullptr: no calculation
};

std::string valueOf(std::string_view expression) {
  return evaluate(expression).value.shown();
}

std::string refusalOf(std::string_view prompt) {
  try {
    return "answered " + calculate(prompt).value_or("nothing");
  } catch (const Refusal& refusal) {
    return refusal.phrase().en;
  }
}

}  // namespace

TEST_CASE("evaluate follows the usual precedence and stays exact", "[local][calculation]") {
  const Case cases[] = {
      {"0.1+0.2", "0.3"},
      {"1/3+1/6", "0.5"},
      {"1/3", "≈ 0.333333333333333 (1/3)"},
      {"2+3*4", "14"},
      {"(2+3)*4", "20"},
      {"10-4-3", "3"},
      {"100/10/2", "5"},
      {"-2^2", "-4"},
      {"2^3^2", "512"},
      {"2^-2", "0.25"},
      {"2^100", "1267650600228229401496703205376"},
      {"2^0.5", "≈ 1.4142135623731"},
      {"4^0.5", "≈ 2"},
      {"--5", "5"},
      {"2(3+4)", "14"},
      {"1,234,567.89*2", "2469135.78"},
      {"1_000+1", "1001"},
      {"max(1,200)", "200"},
      {"min(3,-2,7)", "-2"},
      {"0x1f+0b101", "36"},
      {"1e3*2", "2000"},
      {"2.5e-3", "0.0025"},
      {"10 % 3", "1"},
      {"-7 mod 3", "2"},
      {"10%", "0.1"},
      {"50%+10", "10.5"},
      {"100+10%", "110"},
      {"100-7.5%", "92.5"},
      {"15% of 80", "12"},
      {"20% off 50", "40"},
      {"5!", "120"},
      {"20!", "2432902008176640000"},
      {"sqrt(16)", "4"},
      {"sqrt 16 + 9", "13"},
      {"sqrt(1/4)", "0.5"},
      {"log(1000)", "3"},
      {"log(8,2)", "3"},
      {"log2(1024)", "10"},
      {"ln(1)", "≈ 0"},
      {"sin(30 deg)", "≈ 0.5"},
      {"floor(-2.5)", "-3"},
      {"ceil(2.1)", "3"},
      {"round(2.5)", "3"},
      {"round(-2.5)", "-3"},
      {"gcd(12,18)", "6"},
      {"lcm(4,6)", "12"},
      {"abs(-3.5)", "3.5"},
      {"2pi", "≈ 6.28318530717959"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(valueOf(c.prompt) == c.expected);
    }
  }
}

TEST_CASE("evaluate refuses what is no expression and says where", "[local][calculation]") {
  for (const char* text :
       {"", "1+", "(1", "1)", "2 3", "foo", "1..2", "max()", "1 + * 2", "@", "mod(1)"}) {
    DYNAMIC_SECTION("<" << text << ">") {
      try {
        evaluate(text);
        FAIL("accepted");
      } catch (const Refusal& refusal) {
        CHECK(refusal.kind() == Refusal::Kind::Syntax);
      }
    }
  }
  try {
    evaluate("1 + $ 2");
    FAIL("accepted");
  } catch (const Refusal& refusal) {
    CHECK(refusal.phrase().en == "I cannot read \"$ 2\" at position 5 of the expression");
  }
}

TEST_CASE("evaluate refuses what mathematics forbids", "[local][calculation]") {
  for (const char* text : {"1/0", "5 mod 0", "0^-1", "sqrt(-1)", "log(0)", "ln(-1)", "acos(2)",
                           "1.5!", "2000!", "gcd(1.5,2)", "9^9^9^9"}) {
    DYNAMIC_SECTION(text) {
      try {
        evaluate(text);
        FAIL("accepted");
      } catch (const Refusal& refusal) {
        CHECK(refusal.kind() == Refusal::Kind::Value);
      }
    }
  }
}

TEST_CASE("evaluate bounds nesting and length", "[local][calculation]") {
  CHECK(valueOf(std::string(30, '(') + "1" + std::string(30, ')')) == "1");
  CHECK_THROWS_AS(evaluate(std::string(500, '(') + "1" + std::string(500, ')')), Refusal);
  CHECK_THROWS_AS(evaluate(std::string(kMaxExpression + 1, '1')), Refusal);
  std::string tower = "2";
  for (int i = 0; i < 500; ++i) tower += "^2";
  CHECK_THROWS_AS(evaluate(tower), Refusal);
}

TEST_CASE("calculate understands words, English and Japanese", "[local][calculation]") {
  const Case cases[] = {
      {"what is 15% of 80?", "15% of 80 = 12"},
      {"What's 2 plus 3 times 4", "2 + 3 * 4 = 14"},
      {"How much is 20 percent of 150", "20 % of 150 = 30"},
      {"7 squared", "7 ^2 = 49"},
      {"3 to the power of 4", "3 ^ 4 = 81"},
      {"the square root of 144 please", "sqrt 144 = 12"},
      {"12 x 3", "12 * 3 = 36"},
      {"calculate 100 divided by 8", "100 / 8 = 12.5"},
      {"I bought apples, what is 3*2.5 + 1?", "3*2.5 + 1 = 8.5"},
      {"12かける3", "12*3 = 36"},
      {"１２＋３４は？", "12+34 = 46"},
      {"12÷4×3", "12/4*3 = 9"},
      {"100割る8はいくつですか", "100/8 = 12.5"},
      {"10に5を足すと？", "10 + 5 = 15"},
      {"10から3を引くといくつ", "10 - 3 = 7"},
      {"6に7をかけると", "6 * 7 = 42"},
      {"7を2で割ると？", "7 / 2 = 3.5"},
      {"80の15%は？", "15% of 80 = 12"},
      {"8000円の3割引はいくら？", "30% off 8000 = 5600"},
      {"2000円の20%オフ", "20% off 2000 = 1600"},
      {"2の10乗", "2^10 = 1024"},
      {"16の平方根は？", "sqrt(16) = 4"},
      {"5の階乗", "factorial(5) = 120"},
      {"三万五千足す二千", "35000+2000 = 37000"},
      {"1.5億 + 5000万", "150000000 + 50000000 = 200000000"},
      {"3 + 4 を計算して", "3 + 4 = 7"},
      {"hello", nullptr},
      {"2026", nullptr},
      {"what is love?", nullptr},
      {"tell me about 3 apples", nullptr},
      {"量子コンピュータの仕組みを簡単に説明して", nullptr},
      {"Write a function that adds two numbers", nullptr},
      {"千葉の天気は？", nullptr},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      const auto answer = calculate(c.prompt);
      CHECK(answer.value_or("none") == (c.expected == nullptr ? "none" : c.expected));
    }
  }
}

TEST_CASE("calculate says why when a calculation was asked for and cannot be done",
          "[local][calculation]") {
  CHECK(refusalOf("1/0") == "division by zero is not defined");
  CHECK(refusalOf("calculate 2 +") == "the expression ends too early");
}

TEST_CASE("Japanese numerals become digits", "[local][calculation]") {
  const Case cases[] = {{"十二", "12"},
                        {"二〇二六年", "2026年"},
                        {"三万五千", "35000"},
                        {"3万5千", "35000"},
                        {"千", "1000"},
                        {"百二十三", "123"},
                        {"一億二千万", "120000000"},
                        {"2兆", "2000000000000"},
                        {"1.5億", "150000000"},
                        {"abc 12", "abc 12"}};
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(digitsForNumerals(c.prompt) == c.expected);
    }
  }
}
