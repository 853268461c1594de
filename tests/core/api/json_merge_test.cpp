#include "core/api/json_merge.h"

#include <catch2/catch.hpp>

using namespace pagoda::api;

TEST_CASE("members that come again are put together as clients put deltas together",
          "[api][json]") {
  struct Case {
    const char* name;
    const char* members;
    const char* merged;
    const char* replaced;
  };
  const Case cases[] = {
      {"nothing twice", R"("a":1,"b":[2])", R"("a":1,"b":[2])", R"("a":1,"b":[2])"},
      {"arrays are appended to", R"("a":[1],"b":0,"a":[2, 3],"a":[])", R"("a":[1,2, 3],"b":0)",
       R"("a":[],"b":0)"},
      {"objects are merged, also within", R"("a":{"x":[1],"y":1},"a":{"x":[2],"z":{}})",
       R"("a":{"x":[1,2],"y":1,"z":{}})", R"("a":{"x":[2],"z":{}})"},
      {"all else is replaced", R"("a":"1","a":"2")", R"("a":"2")", R"("a":"2")"},
      {"of different kinds the later counts", R"("a":[1],"a":null)", R"("a":null)", R"("a":null)"},
      {"what is no JSON is nothing", R"("a":1,"b")", "", ""},
      {"nothing", "", "", ""},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(mergedMembers(c.members, Repeated::Merged) == c.merged);
      CHECK(mergedMembers(c.members, Repeated::Replaced) == c.replaced);
    }
  }
}

TEST_CASE("a member is found by its name, and the inside of a value by its bracket",
          "[api][json]") {
  CHECK(memberOf(R"("a":{"b":1},"b":2)", "b") == "2");
  CHECK(memberOf(R"("a":{"b":1})", "b").empty());
  CHECK(memberOf("nonsense b", "b").empty());
  CHECK(insideOf(R"({ "a":1 })", '{') == R"("a":1)");
  CHECK(insideOf("{}", '{').empty());
  CHECK(insideOf("[1]", '{').empty());
}
