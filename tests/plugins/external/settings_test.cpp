// Mistakes in a declaration are named with their place.

#include <catch2/catch.hpp>

#include "tests/plugins/external/declarations.h"

using namespace test;

TEST_CASE("a mistake in a declaration is named with its place", "[external][settings]") {
  struct Case {
    const char* members;
    const char* message;
  };
  const Case cases[] = {
      {R"("answer":"x")", "apis.t: needs steps"},
      {R"("steps":[],"answer":"x")", "apis.t.steps: must be 1 to 8 steps"},
      {R"("steps":[{"url":"https://a/"}])", "apis.t: needs an answer"},
      {R"("steps":[{}],"answer":"x")", "apis.t.steps[0]: needs a url"},
      {R"("stepz":1)", "apis.t.stepz: is not a setting"},
      {R"("steps":[{"url":"https://a/","metod":"GET"}],"answer":"x")",
       "apis.t.steps[0].metod: is not a setting"},
      {R"("steps":[{"url":"https://a/","method":"DELETE"}],"answer":"x")",
       "apis.t.steps[0].method: must be GET, POST or PUT"},
      {R"("steps":[{"url":"https://a/","body":{"a":1}}],"answer":"x")",
       "apis.t.steps[0]: sends a body with GET: set method"},
      {R"("steps":[{"url":"https://a/{q}"}],"answer":"x")", "apis.t: there is no parameter 'q'"},
      {R"("steps":[{"url":"https://{q}/"}],"parameters":{"q":{"prompt":true}},"answer":"x")",
       "apis.t: the host of a url holds a place other than {language}"},
      {R"("steps":[{"url":"https://a.example{q}"}],"parameters":{"q":{"prompt":true}},"answer":"x")",
       "apis.t: the host of a url holds a place other than {language}"},
      {R"("steps":[{"url":"{q}://a/"}],"parameters":{"q":{"prompt":true}},"answer":"x")",
       "apis.t: the host of a url holds a place other than {language}"},
      {R"("steps":[{"url":"{base_url}{q}"}],"parameters":{"q":{"prompt":true}},"answer":"x")",
       "apis.t: a url goes on behind {base_url} without '/'"},
      {R"("steps":[{"url":"ftp://a/"}],"answer":"x")",
       "apis.t: a url does not begin with https://, http:// or {base_url}"},
      {R"("steps":[{"url":"https://a/","query":{"k":"{secret:other}"}}],"answer":"x")",
       "apis.t: there is no secret 'other'; the one there is is api_key"},
      {R"("steps":[{"url":"https://a/{secret:api_key}"}],"answer":"x")",
       "apis.t: a secret stands outside of headers and query"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{secret:api_key}")",
       "apis.t: a secret stands outside of headers and query"},
      {R"("steps":[{"url":"https://a/","headers":{"k":"{secret:api_key}{language}"}}],"answer":"x")",
       "apis.t: 'k' mixes a secret with other places"},
      {R"("steps":[{"name":"a","url":"https://a/{b:/x}"},{"name":"b","url":"https://b/"}],"answer":"x")",
       "apis.t: no earlier step is named 'b'"},
      {R"("steps":[{"name":"a","url":"https://a/"},{"name":"a","url":"https://b/"}],"answer":"x")",
       "apis.t: two steps are named 'a'"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{list:l}")",
       "apis.t: there is no list 'l' here"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{/x|table:t}")",
       "apis.t: there is no table 't'"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{/x|rond:1}")",
       "apis.t.answer: there is no filter 'rond'"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{/x|round}")",
       "apis.t.answer: filter 'round' needs a number"},
      {R"("steps":[{"url":"https://a/"}],"answer":"{/x")",
       "apis.t.answer: a '{' without '}'; write {{ for a brace"},
      {R"("steps":[{"url":"https://a/"}],"answer":{"de":"x"})",
       "apis.t.answer.de: is no language; write en or ja"},
      {R"("parameters":{"q":{}})",
       "apis.t.parameters.q: has no rule: patterns, words, date, rest, prompt or default"},
      {R"("parameters":{"q":{"patterns":["a","(b"]}})",
       "apis.t.parameters.q.patterns[1]: the pattern has a '(' without ')'"},
      {R"("parameters":{"q":{"prompt":true,"default":"x","required":true}})",
       "apis.t.parameters.q: is required and has a default: keep one of them"},
      {R"("errors":[{"path":"/e"}],"steps":[{"url":"https://a/"}],"answer":"x")",
       "apis.t.errors[0]: needs a status"},
      {R"("errors":[{"status":"auth"}],"steps":[{"url":"https://a/"}],"answer":"x")",
       "apis.t.errors[0]: needs http, or the path of a value"},
      {R"("errors":[{"path":"e","status":"auth"}])",
       "apis.t.errors[0].path: a pointer that does not begin with '/'"},
      {R"("steps":[{"url":"https://a/","price_usd":-1}],"answer":"x")",
       "apis.t.steps[0].price_usd: must be a number in its range"},
      {R"("lists":{"l":{"from":"z:/x","item":"y"}},"steps":[{"url":"https://a/"}],"answer":"x")",
       "apis.t: list 'l' is from no step"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.members) {
      const auto [status, message] =
          configure(std::string(R"({"apis":{"t":{)") + c.members + "}}}", "external");
      CHECK(status == PAGODA_E_CONFIG);
      CHECK(message == c.message);
    }
  }
  CHECK(configure("{}", "external").second == "apis: declares nothing; README.md has an example");
  CHECK(configure(R"({"apis":{},"x":1})", "external").second == "x: is not a setting");
  CHECK(configure("[]", "external").first == PAGODA_E_CONFIG);
}

TEST_CASE("a declaration that needs base_url says so when it is not set", "[external][settings]") {
  const std::string settings =
      R"({"apis":{"t":{"steps":[{"url":"{base_url}/x"}],"answer":"{/v}"}}})";
  Session session("external", settings);
  const Exchange refused =
      session.ask(asking("q", "t"), [](const Sent&) { return Response{"{}"}; });
  CHECK(refused.status == PAGODA_E_CONFIG);
  CHECK(std::string(refused.error.message) == "the declaration of t needs base_url to be set");
  Request request = asking("q", "t");
  request.endpoint = "http://127.0.0.1:8080/api/";
  session.ask(request, [](const Sent&) { return Response{R"({"v":1})"}; });
  CHECK(session.sent().at(0).url == "http://127.0.0.1:8080/api/x");
}
