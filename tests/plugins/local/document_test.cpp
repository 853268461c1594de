#include "document.h"

#include <catch2/catch.hpp>

using namespace pagoda::local;

namespace {

struct Case {
  const char* name;
  const char* text;
  const char* expected;
};

std::string yamlToJson(std::string_view yaml) {
  try {
    return writeJson(readYaml(yaml), false);
  } catch (const Refusal& refusal) {
    return refusal.phrase().en;
  }
}

std::string csvToJson(std::string_view csv) {
  try {
    return writeJson(readCsv(csv, true), false);
  } catch (const Refusal& refusal) {
    return refusal.phrase().en;
  }
}

}  // namespace

TEST_CASE("readYaml reads the subset as YAML 1.2 does", "[local][yaml]") {
  const Case cases[] = {
      {"empty", "", "null"},
      {"scalar", "just text", R"("just text")"},
      {"mapping", "a: 1\nb: two\n", R"({"a":1,"b":"two"})"},
      {"document start and comments", "---\n# c\na: 1 # d\n\n# e\nb: 2\n...\n", R"({"a":1,"b":2})"},
      {"types", "a: ~\nb: null\nc:\nd: true\ne: False\nf: -1.5e3\ng: 0\n",
       R"({"a":null,"b":null,"c":null,"d":true,"e":false,"f":-1.5e3,"g":0})"},
      {"no is a string", "a: no\nb: on\n", R"({"a":"no","b":"on"})"},
      {"dates and leading zeros are strings", "a: 2026-01-01\nb: 010\nc: 1.2.3\n",
       R"({"a":"2026-01-01","b":"010","c":"1.2.3"})"},
      {"list", "- 1\n- x\n-\n- y", R"([1,"x",null,"y"])"},
      {"list under a key at its own column", "a:\n- 1\n- 2\nb: 3\n", R"({"a":[1,2],"b":3})"},
      {"list of mappings", "- a: 1\n  b: 2\n- a: 3\n", R"([{"a":1,"b":2},{"a":3}])"},
      {"nested lists", "- - 1\n  - 2\n-\n  - 3\n", "[[1,2],[3]]"},
      {"deep", "a:\n  b:\n    c: 1\n  d: 2\n", R"({"a":{"b":{"c":1},"d":2}})"},
      {"colons inside", "a: http://x.y:80/z\nb: a:b\n", R"({"a":"http://x.y:80/z","b":"a:b"})"},
      {"hash inside", "a: b#c\n", R"({"a":"b#c"})"},
      {"double quotes", R"(a: "x\n\u3042\x41\"")", R"({"a":"x\nあA\""})"},
      {"single quotes", "a: 'it''s: # not'", R"({"a":"it's: # not"})"},
      {"quoted keys", "\"a b\": 1\n'c': 2", R"({"a b":1,"c":2})"},
      {"quotes over lines", "a: \"one\n  two\n\n  three\"\nb: 1",
       R"({"a":"one two\nthree","b":1})"},
      {"plain over lines", "a: one\n  two\nb: 1", R"({"a":"one two","b":1})"},
      {"literal", "a: |\n  x\n    y\n\n  z\n\nb: 1\n", R"({"a":"x\n  y\n\nz\n","b":1})"},
      {"literal strip", "a: |-\n  x\n  y\n", R"({"a":"x\ny"})"},
      {"literal keep", "a: |+\n  x\n\nb: 1\n", R"({"a":"x\n\n","b":1})"},
      {"folded", "a: >\n  one\n  two\n\n  three\n", R"({"a":"one two\nthree\n"})"},
      {"literal in a list", "- |\n  x\n- 2\n", R"(["x\n",2])"},
      {"flow", "a: [1, x y, {b: c, d: [~]}, \"q\", ]\n",
       R"({"a":[1,"x y",{"b":"c","d":[null]},"q"]})"},
      {"flow over lines", "a: {b: 1,\n  c: 2} # end\nd: 3", R"({"a":{"b":1,"c":2},"d":3})"},
      {"JSON is YAML", R"({"a":[1,{"b":null}]})", R"({"a":[1,{"b":null}]})"},
      {"Windows line ends", "a: 1\r\nb:\r\n  - x\r\n", R"({"a":1,"b":["x"]})"},
      {"Japanese", "名前: 太郎\n一覧:\n  - りんご\n", R"({"名前":"太郎","一覧":["りんご"]})"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(yamlToJson(c.text) == c.expected);
    }
  }
}

TEST_CASE("readYaml refuses the rest by name and place", "[local][yaml]") {
  const Case cases[] = {
      {"anchor", "a: &x 1", "line 1, column 4: anchors (&) are not supported"},
      {"alias", "a: *x", "line 1, column 4: aliases (*) are not supported"},
      {"tag", "a: !!str 1", "line 1, column 4: tags (!) are not supported"},
      {"merge key", "<<: {a: 1}", "line 1, column 1: merge keys (<<) are not supported"},
      {"complex key", "? a\n: b", "line 1, column 1: complex keys (?) are not supported"},
      {"directive", "%YAML 1.2\n---\na: 1", "line 1, column 1: directives (%) are not supported"},
      {"tab", "a:\n\tb: 1", "line 2, column 2: a tab in the indentation"},
      {"two documents", "a: 1\n---\nb: 2", "line 2, column 1: only one document is read"},
      {"duplicate key", "a: 1\nb: 2\na: 3", "line 3, column 1: the key \"a\" stands twice"},
      {"duplicate flow key", "{a: 1, a: 2}", "line 1, column 8: the key \"a\" stands twice"},
      {"bad indentation", "a:\n  - 1\n - 2", "line 3, column 2: unexpected indentation"},
      {"key in a value", "a: b: c",
       "line 1, column 5: a key cannot stand here; quote the value if it holds a colon"},
      {"open bracket", "a: [1, 2", "line 1, column 9: a bracket is not closed"},
      {"open quote", "a: \"x", "line 1, column 4: this quoted text does not end"},
      {"text after a quote", "a: \"x\" y", "line 1, column 8: text follows a complete value"},
      {"unknown escape", "a: \"\\q\"", "line 1, column 6: an unknown escape"},
      {"reserved", "a: @x", "line 1, column 4: a plain value cannot begin with this character"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(yamlToJson(c.text) == c.expected);
    }
  }
}

TEST_CASE("what writeYaml writes reads back as the same document", "[local][yaml]") {
  const char* documents[] = {
      "null",
      "1",
      R"("")",
      "[]",
      "{}",
      R"([[],{},[[1]],{"a":{}}])",
      R"({"a":"no","b":"1","c":"null","d":" x","e":"x ","f":"a: b","g":"a #b","h":"- x","i":"x:","j":"#","k":"~"})",
      R"({"a":"line\nbreak","b":"tab\t","c":"quote\"","d":"\u0001","e":"it's","f":"日本語","g":"2026-01-01"})",
      R"({"":1,"a b":2,"c: d":3,"1":4,"true":5,"-":6})",
      R"([{"a":[{"b":1,"c":[2,3]},"x"]},[["y"]],null,true,false,1.5e-7,"@x","`","%","!","&","*","|",">","?","=","<<"])",
  };
  for (const char* text : documents) {
    DYNAMIC_SECTION(text) {
      const Node node = readJson(text);
      const std::string yaml = writeYaml(node);
      INFO(yaml);
      CHECK(writeJson(readYaml(yaml), false) == writeJson(node, false));
    }
  }
}

TEST_CASE("readJson gives the line and column of an error", "[local][json]") {
  struct Bad {
    const char* text;
    int line, column;
  };
  const Bad cases[] = {
      {"{\"a\":1,}", 1, 8}, {"{\n  \"a\": tru\n}", 2, 8}, {"[1 2]", 1, 4}, {"[1,\n2", 2, 2},
      {"", 1, 1},           {"{\"あ\":x}", 1, 6},         {"01", 1, 2},    {"{} {}", 1, 4},
      {"{'a':1}", 1, 2}};
  for (const Bad& c : cases) {
    DYNAMIC_SECTION(c.text) {
      try {
        readJson(c.text);
        FAIL("accepted");
      } catch (const DocumentError& error) {
        CHECK(error.line() == c.line);
        CHECK(error.column() == c.column);
      }
    }
  }
}

TEST_CASE("writeJson keeps order and numbers, pretty and small", "[local][json]") {
  const Node node = readJson(R"( {"b" : 1.0, "a":[ 18446744073709551616, "\u00e9\n" ], "c":{}} )");
  CHECK(writeJson(node, false) == "{\"b\":1.0,\"a\":[18446744073709551616,\"é\\n\"],\"c\":{}}");
  CHECK(writeJson(node, true) ==
        "{\n  \"b\": 1.0,\n  \"a\": [\n    18446744073709551616,\n    \"é\\n\"\n  ],\n  \"c\": "
        "{}\n}");
}

TEST_CASE("readCsv follows RFC 4180", "[local][csv]") {
  const Case cases[] = {
      {"typed", "a,b\n1,x\n", R"([{"a":1,"b":"x"}])"},
      {"CRLF and no last line end", "a,b\r\n1,true", R"([{"a":1,"b":true}])"},
      {"quotes", "a,b\n\"x, \"\"y\"\"\",\"line\nbreak\"\n",
       R"([{"a":"x, \"y\"","b":"line\nbreak"}])"},
      {"empty cells", "a,b\n,\n", R"([{"a":"","b":""}])"},
      {"semicolons", "a;b\n1;2,5\n", R"([{"a":1,"b":"2,5"}])"},
      {"tabs", "a\tb\n1\t2\n", R"([{"a":1,"b":2}])"},
      {"leading zero stays text", "zip\n01234\n", R"([{"zip":"01234"}])"},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a\n1\n",
       R"([{"a":1}])"},
      {"header only", "a,b\n", "[]"},
      {"too few", "a,b\n1\n", "line 2, column 1: this row has 1 fields, the header 2"},
      {"too many", "a,b\n1,2,3\n", "line 2, column 1: this row has 3 fields, the header 2"},
      {"open quote", "a\n\"x\n", "line 2, column 1: this quoted field does not end"},
      {"quote within", "a\nx\"y\n",
       "line 2, column 2: a quote inside a field that does not begin with one"},
      {"text after a quote", "a\n\"x\"y\n", "line 2, column 4: text follows the closing quote"},
      {"empty", "", "line 1, column 1: the CSV text is empty"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(csvToJson(c.text) == c.expected);
    }
  }
}

TEST_CASE("writeCsv makes one table of all the objects' keys", "[local][csv]") {
  CHECK(writeCsv(readJson(R"([{"a":1,"b":"x,y"},{"b":null,"c":"q\"r"}])")) ==
        "a,b,c\r\n1,\"x,y\",\r\n,,\"q\"\"r\"\r\n");
  CHECK(writeCsv(readJson("[[1,2],[3,4]]")) == "1,2\r\n3,4\r\n");
  CHECK_THROWS_AS(writeCsv(readJson(R"([{"a":{}}])")), Refusal);
  CHECK_THROWS_AS(writeCsv(readJson("[]")), Refusal);
  CHECK_THROWS_AS(writeCsv(readJson(R"([{"a":1},2])")), Refusal);
}

TEST_CASE("documents that nest without end are refused", "[local][json][yaml]") {
  const std::string brackets(1 << 20, '[');
  CHECK_THROWS_AS(readJson(brackets), DocumentError);
  CHECK_THROWS_AS(readYaml(brackets), DocumentError);
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  CHECK_THROWS_AS(readYaml(dashes), DocumentError);
}
