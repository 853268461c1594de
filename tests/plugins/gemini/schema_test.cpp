// JSON Schema as Gemini's subset.
#include "plugins/providers/gemini/schema.h"

#include <string>

#include <catch2/catch.hpp>

#include <pagoda/sdk.hpp>

using pagoda::gemini::subsetOf;

TEST_CASE("a JSON schema becomes what Gemini's subset can say", "[gemini][schema]") {
  const struct {
    const char* name;
    const char* schema;
    const char* expected;
  } cases[] = {
      {"types are upper case and unknown members go",
       R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{"a":{"type":"string","x-order":1}},"required":["a"]})",
       R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]})"},
      {"required names without a property go",
       R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a","b","a"]})",
       R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]})"},
      {"a type list with null", R"({"type":["string","null"],"description":"d"})",
       R"({"type":"STRING","description":"d","nullable":true})"},
      {"a type list of several", R"({"type":["string","integer","null"],"description":"d"})",
       R"({"description":"d","anyOf":[{"type":"STRING"},{"type":"INTEGER"}],"nullable":true})"},
      {"anyOf with null is nullable",
       R"({"anyOf":[{"type":"integer","minimum":1},{"type":"null"}],"description":"d","default":null})",
       R"({"type":"INTEGER","description":"d","minimum":1,"nullable":true})"},
      {"oneOf is anyOf", R"({"oneOf":[{"type":"string"},{"type":"number"}]})",
       R"({"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]})"},
      {"const is an enum of one", R"({"const":"x"})", R"({"type":"STRING","enum":["x"]})"},
      {"an enum with null and an empty word", R"({"enum":["a",null,"","b"]})",
       R"({"type":"STRING","enum":["a","b"],"nullable":true})"},
      {"numbers of an enum move to the description",
       R"({"type":"integer","enum":[1,2],"description":"level"})",
       R"({"type":"INTEGER","description":"level Allowed values: 1, 2."})"},
      {"unknown formats go, known ones stay",
       R"({"type":"object","properties":{"a":{"type":"string","format":"email"},"b":{"type":"string","format":"date-time"},"c":{"type":"integer","format":"int64"},"d":{"type":"integer","format":"float"}}})",
       R"({"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING","format":"date-time"},"c":{"type":"INTEGER","format":"int64"},"d":{"type":"INTEGER"}}})"},
      {"exclusive bounds", R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10})",
       R"({"type":"INTEGER","minimum":1,"maximum":9})"},
      {"counts are strings",
       R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3})",
       R"({"type":"ARRAY","minItems":"1","maxItems":"3","items":{"type":"STRING"}})"},
      {"an array without items", R"({"type":"array"})",
       R"({"type":"ARRAY","items":{"type":"STRING"}})"},
      {"a tuple", R"({"type":"array","prefixItems":[{"type":"string"},{"type":"number"}]})",
       R"({"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}})"},
      {"references are put in place, with what stands beside them",
       R"({"$defs":{"P":{"type":"object","properties":{"n":{"type":"number"}},"description":"old"}},"type":"object","properties":{"p":{"$ref":"#/$defs/P","description":"new"}}})",
       R"({"type":"OBJECT","properties":{"p":{"type":"OBJECT","description":"new","properties":{"n":{"type":"NUMBER"}}}}})"},
      {"a recursive reference ends",
       R"({"$defs":{"N":{"type":"object","properties":{"v":{"type":"string"},"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}}}},"$ref":"#/$defs/N"})",
       R"({"type":"OBJECT","properties":{"v":{"type":"STRING"},"next":{"type":"OBJECT","nullable":true}}})"},
      {"a reference to nothing", R"({"type":"object","properties":{"a":{"$ref":"#/$defs/no"}}})",
       R"({"type":"OBJECT","properties":{"a":{"type":"OBJECT"}}})"},
      {"an escaped reference", R"({"$defs":{"a/b":{"type":"string"}},"$ref":"#/$defs/a~1b"})",
       R"({"type":"STRING"})"},
      {"allOf is merged",
       R"({"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]})",
       R"({"type":"OBJECT","properties":{"b":{"type":"STRING"},"a":{"type":"STRING"}},"required":["b","a"]})"},
      {"variants of an object with properties go",
       R"({"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]}]})",
       R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}}})"},
      {"a schema that allows anything", R"({"type":"object","properties":{"a":true,"b":{}}})",
       R"({"type":"OBJECT","properties":{"a":{},"b":{}}})"},
      {"Gemini's own form stays",
       R"({"type":"STRING","nullable":true,"enum":["A"],"format":"enum"})",
       R"({"type":"STRING","format":"enum","enum":["A"],"nullable":true})"},
      {"a property's name is kept as it is",
       R"({"type":"object","properties":{"a\"b":{"type":"string"}}})",
       R"({"type":"OBJECT","properties":{"a\"b":{"type":"STRING"}}})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const auto subset = subsetOf(c.schema);
      CHECK(subset.json == c.expected);
      CHECK(pagoda::json::valid(subset.json));
    }
  }
}

TEST_CASE("a schema that says nothing about an object is told apart", "[gemini][schema]") {
  CHECK(subsetOf(R"({"type":"object","properties":{}})").anything);
  CHECK(subsetOf(R"({"type":"object"})").anything);
  CHECK(subsetOf("{}").anything);
  CHECK_FALSE(subsetOf(R"({"type":"object","properties":{"a":{}}})").anything);
  CHECK_FALSE(subsetOf(R"({"type":"string"})").anything);
}

TEST_CASE("a schema cannot grow beyond reason", "[gemini][schema]") {
  // Each definition names the next one twice: 2^30 nodes when put in place.
  std::string bomb = R"({"$defs":{)";
  for (int i = 0; i < 30; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    bomb += "\"d" + std::to_string(i) + R"(":{"type":"object","properties":{"a":)" + next +
            ",\"b\":" + next + "}},";
  }
  bomb += R"("d30":{"type":"string"}},"$ref":"#/$defs/d0"})";
  CHECK_THROWS_AS(subsetOf(bomb), pagoda::sdk::Failure);

  std::string deep;
  for (int i = 0; i < 60; ++i) deep += R"({"type":"array","items":)";
  CHECK(subsetOf(deep + "{}" + std::string(60, '}')).json.size() > 1000);
  std::string chain =
      R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})";
  CHECK(subsetOf(chain).json == R"({"type":"OBJECT"})");
}
