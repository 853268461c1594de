#include <catch2/catch.hpp>

#include "core/api/json_body.h"
#include "core/services/rate_limiter.h"
#include "tests/core/api/api_house.h"
#include "tests/support/fake_answers.h"
#include "tests/support/fake_sandbox.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

struct InterpreterHouse {
  std::unique_ptr<FakeResponse> post(std::string body) {
    return house.call("POST", "/assistant/code-interpreter", std::move(body));
  }
  void says(std::string text) {
    house.cheap->script.push_back(FakeProvider::answers(std::move(text), usageOf(1000, 500)));
  }

  CodeHouse code;
  ApiHouse house{services::AuthMode::ApiKey, "70", {}, nullptr, &code.parts};
};

std::string contentOf(const SandboxRequest& request, const std::string& path) {
  for (const SandboxFile& file : request.files)
    if (file.path == path) return file.content;
  return "(absent)";
}

}  // namespace

TEST_CASE("code alone is run without any model", "[api][code]") {
  InterpreterHouse h;
  h.code.sandbox.script.push_back(FakeSandbox::exits(3, "42\n", "oops \xFF"));
  const auto response = h.post(
      R"j({"code":"print(42)","stdin":"in","timeout_ms":500,)j"
      R"j("files":[{"name":"a.txt","content":"x"},{"name":"b.bin","content_base64":"AP8K"}]})j");
  CHECK(response->status == 200);
  CHECK_THAT(
      response->body,
      Catch::Contains(R"j("runs":[{"code":"print(42)","language":"python","status":"exited",)j"
                      R"j("exit_code":3,"stdout":"42\n","stderr":"oops )j"));
  CHECK_THAT(response->body, Catch::Contains(R"("sandbox":"fake","model_used":null)"));
  CHECK_THAT(response->body, Catch::Contains(R"("calls":0,"cost":0,)"));
  CHECK(h.house.cheap->calls == 0);
  CHECK(h.house.ledger.rows.empty());
  const SandboxRequest& request = h.code.sandbox.requests.at(0);
  CHECK(contentOf(request, "main.py") == "print(42)");
  CHECK(contentOf(request, "a.txt") == "x");
  CHECK(contentOf(request, "b.bin") == std::string("\0\xFF\n", 3));
  CHECK(request.standardInput == "in");
  CHECK(request.limits.wall == Millis(500));
}

TEST_CASE("files of a run are fetched by its key alone, as attachments, until they expire",
          "[api][code]") {
  InterpreterHouse h;
  h.code.sandbox.script.push_back(
      FakeSandbox::exits(0, "", "", {{"out/my plot.html", "<script>alert(1)</script>"}}));
  const auto response = h.post(R"({"code":"x"})");
  const std::size_t at = response->body.find("/assistant/runs/");
  REQUIRE(at != std::string::npos);
  const std::string url = response->body.substr(at, response->body.find('"', at) - at);
  CHECK_THAT(url, Catch::EndsWith("/files/out/my%20plot.html"));

  const auto file = h.house.call("GET", url);
  CHECK(file->status == 200);
  CHECK(file->body == "<script>alert(1)</script>");
  CHECK(file->header("content-type") == "application/octet-stream");
  CHECK(file->header("content-disposition") == R"(attachment; filename="my plot.html")");
  CHECK(file->header("x-content-type-options") == "nosniff");

  const Secret other = h.house.keys.add("other", KeyRole::Admin);
  CHECK(h.house.call("GET", url, {}, &other)->status == 404);
  CHECK(h.house.call("GET", url + "x")->status == 404);
  h.code.clock.advance(std::chrono::minutes(16));
  CHECK(h.house.call("GET", url)->status == 404);
}

TEST_CASE("a model writes code, sees what came of it and goes on", "[api][code]") {
  InterpreterHouse h;
  h.says("Let me count.\n```python\nprint(1/0)\n```");
  h.says("```python\nprint(5)\n```");
  h.says("There are 5.");
  h.code.sandbox.script.push_back(
      FakeSandbox::exits(1, "", "ZeroDivisionError", {{"log.txt", "first"}}));
  h.code.sandbox.script.push_back(FakeSandbox::exits(0, "5\n"));
  const auto response = h.post(R"({"prompt":"how many?","model":"small"})");
  CHECK(response->status == 200);
  CHECK_THAT(response->body, Catch::Contains(R"("text":"There are 5.")"));
  CHECK_THAT(response->body, Catch::Contains(R"("code":"print(1/0)\n")"));
  CHECK_THAT(response->body, Catch::Contains(R"("code":"print(5)\n")"));
  CHECK_THAT(response->body, Catch::Contains(R"("model_used":"small","tier_used":0,"calls":3)"));
  CHECK_THAT(response->body, Catch::Contains(R"("cost":0.006,)"));  // three calls of $0.002
  // What one run left is there for the next, and for the caller.
  CHECK(contentOf(h.code.sandbox.requests.at(1), "log.txt") == "first");
  CHECK_THAT(response->body, Catch::Contains(R"("name":"log.txt")"));
  REQUIRE(h.house.ledger.rows.size() == 3);
  CHECK(h.house.ledger.rows[0].route == "/assistant/code-interpreter");
  CHECK(h.house.budgets.state().spent == *Money::parseUsd("0.006"));
  CHECK(h.house.budgets.state().held == Money{});
}

TEST_CASE("the model is shown the output and the errors of its code", "[api][code]") {
  InterpreterHouse h;
  h.says("```python\nx\n```");
  std::string seen;
  h.house.cheap->script.push_back(
      [&seen](const AttemptContext& context, const ChatRequest& request, EventSink& sink) {
        seen = request.messages.back().parts.front().text;
        return FakeProvider::answers("done", usageOf(1, 1))(context, request, sink);
      });
  h.code.sandbox.script.push_back(FakeSandbox::exits(1, "some output", "NameError: x"));
  CHECK(h.post(R"({"prompt":"p","model":"small"})")->status == 200);
  CHECK_THAT(seen, Catch::Contains("exit code 1") && Catch::Contains("some output") &&
                       Catch::Contains("NameError: x"));
}

TEST_CASE("runs and cost of a model's code are limited, and the answer says so", "[api][code]") {
  InterpreterHouse h;
  for (int i = 0; i < 3; ++i) {
    h.says("```python\nprint(1)\n```");
    h.code.sandbox.script.push_back(FakeSandbox::exits(0, "1\n"));
  }
  SECTION("runs") {
    const auto response = h.post(R"({"prompt":"p","model":"small","max_rounds":2})");
    CHECK_THAT(response->body, Catch::Contains(R"("stopped":"max_runs")"));
    CHECK(h.code.sandbox.requests.size() == 2);
  }
  SECTION("cost") {
    const auto response = h.post(R"({"prompt":"p","model":"small","max_cost_usd":0.003})");
    CHECK(response->status == 200);
    CHECK_THAT(response->body, Catch::Contains(R"("cost":0.004,"stopped":"max_cost")"));
    CHECK(h.house.cheap->calls == 2);
  }
}

TEST_CASE("a call that fails at first is an error, later it leaves what there is", "[api][code]") {
  InterpreterHouse h;
  SECTION("at first") {
    const auto response = h.post(R"({"prompt":"p","model":"small"})");
    CHECK(response->status == 502);
  }
  SECTION("later") {
    h.says("```python\nprint(1)\n```");
    h.code.sandbox.script.push_back(FakeSandbox::exits(0, "1\n"));
    const auto response = h.post(R"({"prompt":"p","model":"small"})");
    CHECK(response->status == 200);
    CHECK_THAT(response->body, Catch::Contains(R"("stopped":"error","error":)"));
  }
}

TEST_CASE("requests that make no sense are refused with what to change", "[api][code]") {
  InterpreterHouse h;
  h.code.absent = {"rustc"};
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "either 'prompt'"},
      {R"({"code":"x","prompt":"y"})", "either 'prompt'"},
      {R"({"code":"x","language":"cobol"})", "python, javascript"},
      {R"({"code":"x","language":"rust"})", "no 'rustc'"},
      {R"({"code":"x","files":{}})", "a list of files"},
      {R"({"code":"x","files":[{"name":"a"}]})", "files[0].content"},
      {R"({"code":"x","files":[{"content":"a"}]})", "files[0].name"},
      {R"({"code":"x","files":[{"name":"a","content_base64":"?"}]})", "base64"},
      {R"({"code":"x","timeout_ms":10001})", "timeout_ms"},
      {R"({"code":"x","max_cost_usd":0})", "max_cost_usd"},
      {R"({"code":"x","sudo":true})", "unknown member 'sudo'"},
  };
  for (const auto& [body, expected] : cases) {
    INFO(body);
    const auto response = h.post(body);
    CHECK(response->status == 400);
    CHECK_THAT(response->body, Catch::Contains(expected));
  }
  CHECK(h.code.sandbox.requests.empty());
}

TEST_CASE("where the sandbox is off nothing is run, and the answer says why", "[api][code]") {
  InterpreterHouse h;
  h.code.sandbox.shown = {"off", "no layer works"};
  const auto response = h.post(R"({"code":"x"})");
  CHECK(response->status == 503);
  CHECK_THAT(response->body, Catch::Contains("no layer works"));
  CHECK(h.code.sandbox.requests.empty());
}

TEST_CASE("the limits on rate hold for runs, and for the tokens of all their calls",
          "[api][code][rate]") {
  constexpr const char* kRun = R"j({"code":"print(5)"})j";
  InterpreterHouse h;
  services::RateLimits limits;
  limits.key.requestsPerMinute = 2;
  limits.key.tokensPerMinute = 10'000;
  services::RateLimiter rates(limits, {}, h.house.clock);
  h.house.limitBy(&rates);
  h.says("```python\nprint(5)\n```");
  h.says("5");
  for (int i = 0; i < 2; ++i) h.code.sandbox.script.push_back(FakeSandbox::exits(0, "5\n"));
  CHECK(h.post(R"({"prompt":"p","model":"small"})")->status == 200);
  const auto second = h.post(kRun);
  CHECK(second->status == 200);
  CHECK(second->header("x-ratelimit-remaining-requests") == "0");
  CHECK(second->header("x-ratelimit-remaining-tokens") == "7000");  // two calls of 1,500
  CHECK(h.post(kRun)->status == 429);
  CHECK(h.code.sandbox.requests.size() == 2);
}

TEST_CASE("a run with an Idempotency-Key is run and paid once", "[api][code][once]") {
  InterpreterHouse h;
  FakeAnswers answers;
  h.house.limitBy(nullptr, &answers);
  const auto ask = [&](const char* body) {
    FakeRequest request("POST", "/assistant/code-interpreter");
    request.with("authorization", "Bearer " + std::string(h.house.userKey.reveal()));
    request.with("content-type", "application/json").with("idempotency-key", "k");
    FakeBody bytes(body);
    FakeResponse response;
    h.house.serve(request, bytes, response);
    return std::pair(response.status, response.body);
  };
  const char* body = R"({"prompt":"p","model":"small"})";
  h.says("```python\nprint(5)\n```");
  SECTION("which ends well") {
    h.says("5");
    h.code.sandbox.script.push_back(FakeSandbox::exits(0, "5\n"));
    const auto first = ask(body);
    CHECK(first.first == 200);
    CHECK(ask(body) == first);
    CHECK(h.house.cheap->calls == 2);
  }
  SECTION("whose call was paid before the run failed") {
    const auto first = ask(body);
    CHECK(first.first == 500);
    CHECK(ask(body) == first);
    CHECK(h.house.cheap->calls == 1);
  }
}
