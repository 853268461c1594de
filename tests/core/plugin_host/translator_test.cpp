#include <catch2/catch.hpp>

#include "tests/core/plugin_host/fake_response.h"
#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

/// One exchange of `scripted_http` in the given mode.
struct Talk {
  Talk(PluginBench& bench, const std::string& mode, plugin_host::ProviderSpec spec = {})
      : message("hi") {
    spec.name = "p";
    spec.type = "scripted_http";
    if (spec.settingsJson == "{}") spec.settingsJson = R"({"mode":")" + mode + R"("})";
    auto made = bench.host.makeProvider(std::move(spec));
    if (!made) throw std::runtime_error(made.error().message);
    provider = *made;
    context.upstreamModel = "m";
    auto begun = provider->begin(context, message.request);
    if (!begun) throw std::runtime_error(begun.error().message);
    exchange = std::move(*begun);
  }
  tl::expected<ExchangeStep, AttemptFailure> next() { return exchange->next(request, wait); }

  OneMessage message;
  AttemptContext context;
  std::shared_ptr<Provider> provider;
  std::unique_ptr<Exchange> exchange;
  UpstreamRequest request;
  Millis wait{0};
};

plugin_host::ProviderSpec withKeys(const std::vector<std::string>& keys) {
  plugin_host::ProviderSpec spec;
  for (const std::string& key : keys) spec.secrets["api_key"].emplace_back(key);
  return spec;
}

std::string headerOf(const UpstreamRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("a translator's request goes out with the key put in by the host",
          "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  Talk talk(bench, "plain", withKeys({"sk-secret-of-the-test"}));
  const auto step = talk.next();
  REQUIRE(step);
  CHECK(*step == ExchangeStep::Http);
  CHECK(talk.request.method == "POST");
  CHECK(talk.request.url == "https://api.example.com/v1/chat");
  CHECK(talk.request.framing == Framing::Sse);
  CHECK(talk.request.body.size() == 1600);
  CHECK(talk.request.body.substr(0, 20) == "0123456789abcdef0123");
  CHECK(headerOf(talk.request, "content-type") == "application/json");
  CHECK(headerOf(talk.request, "authorization") == "Bearer sk-secret-of-the-test");

  FakeResponse response(200);
  CollectingSink sink;
  REQUIRE(talk.exchange->onHead(response));
  REQUIRE(talk.exchange->onFrame(frameOf("good day"), sink));
  REQUIRE(talk.exchange->onFrame(frameOf("", true), sink));
  CHECK(sink.text == "good day");
  const auto done = talk.next();
  REQUIRE(done);
  CHECK(*done == ExchangeStep::Done);
}

TEST_CASE("what a translator may not put into a request fails the attempt",
          "[plugin_host][translator]") {
  struct Case {
    const char* mode;
    FailureKind kind;
    const char* message;
  };
  const Case cases[] = {
      {"foreign_host", FailureKind::Config, "may not send to evil.example.net"},
      {"lookalike_host", FailureKind::Config, "may not send to api.example.com.evil.net"},
      {"user_in_url", FailureKind::Config, "no http or https URL"},
      {"file_url", FailureKind::Config, "no http or https URL"},
      {"plain_http", FailureKind::Config, "without TLS"},
      {"base_url", FailureKind::Config, "may not send to 10.0.0.7"},
      {"no_target", FailureKind::Internal, "no target"},
      {"crlf", FailureKind::Internal, "control characters"},
      {"host_header", FailureKind::Internal, "host, which is the host's"},
      {"length_header", FailureKind::Internal, "content-length, which is the host's"},
      {"bad_name", FailureKind::Internal, "a header that is none"},
      {"foreign_secret", FailureKind::Config, "does not name the secret root_password"},
  };
  PluginBench bench;
  bench.load("call/scripted");
  for (const Case& c : cases) {
    DYNAMIC_SECTION("mode " << c.mode) {
      Talk talk(bench, c.mode, withKeys({"sk-secret-of-the-test"}));
      const auto step = talk.next();
      REQUIRE_FALSE(step);
      CHECK(step.error().kind == c.kind);
      CHECK_THAT(step.error().message, Catch::Contains(c.message));
    }
  }
}

TEST_CASE("the operator's base_url opens its own host, also without TLS",
          "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  auto spec = withKeys({"sk-secret-of-the-test"});
  spec.settingsJson = R"({"mode":"base_url","base_url":"http://10.0.0.7:8000/v1"})";
  Talk talk(bench, "", spec);
  CHECK(talk.next());
  Talk elsewhere(bench, "subdomain", withKeys({"sk-secret-of-the-test"}));
  CHECK(elsewhere.next());
}

TEST_CASE("a body past the limit is refused while it is written", "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  auto spec = withKeys({"sk-secret-of-the-test"});
  spec.limits.requestBody = 1 << 20;
  Talk talk(bench, "huge_body", spec);
  const auto step = talk.next();
  REQUIRE_FALSE(step);
  CHECK(step.error().kind == FailureKind::TooLarge);
}

TEST_CASE("a missing key is named with its cure; a server on this machine needs none",
          "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  SECTION("missing") {
    Talk talk(bench, "plain");
    const auto step = talk.next();
    REQUIRE_FALSE(step);
    CHECK(step.error().kind == FailureKind::Auth);
    CHECK(step.error().message ==
          "no api key for provider p: set its api_key, or PAGODA_PROVIDERS__P__API_KEY");
  }
  SECTION("missing, with the wiring's hint") {
    plugin_host::ProviderSpec spec;
    spec.secretHint = "set OPENAI_API_KEY";
    Talk talk(bench, "plain", spec);
    CHECK(talk.next().error().message == "no api key for provider p: set OPENAI_API_KEY");
  }
  SECTION("on loopback") {
    plugin_host::ProviderSpec spec;
    spec.settingsJson = R"({"mode":"loopback","base_url":"http://127.0.0.1:11434/v1"})";
    Talk talk(bench, "", spec);
    REQUIRE(talk.next());
    CHECK(headerOf(talk.request, "authorization") == "(none)");
  }
  SECTION("told that none is wanted") {
    Talk talk(bench, "plain", withKeys({""}));
    REQUIRE(talk.next());
    CHECK(headerOf(talk.request, "authorization") == "(none)");
  }
}

TEST_CASE("a rejected key gives way to the next one", "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  auto spec = withKeys({"key-one-1", "key-two-2"});
  spec.name = "p";
  spec.type = "scripted_http";
  spec.settingsJson = R"({"mode":"plain"})";
  const auto provider = *bench.host.makeProvider(spec);
  const OneMessage message("hi");
  const AttemptContext context;
  const auto attempt = [&](int status) {
    auto exchange = *provider->begin(context, message.request);
    UpstreamRequest request;
    Millis wait{0};
    REQUIRE(exchange->next(request, wait));
    if (status != 200) exchange->onFailure(FakeResponse(status), "");
    return headerOf(request, "authorization");
  };
  CHECK(attempt(200) == "Bearer key-one-1");
  CHECK(attempt(500) == "Bearer key-two-2");  // says nothing of the key
  CHECK(attempt(401) == "Bearer key-one-1");
  CHECK(attempt(200) == "Bearer key-two-2");
  CHECK(attempt(200) == "Bearer key-two-2");
  const auto states = bench.host.keys();
  REQUIRE(states.size() == 2);
  CHECK(states[0].instance == "p");
  CHECK(states[0].why == "auth");
  CHECK(states[0].restsFor > Millis{0});
  CHECK(states[1].uses == 3);
}

TEST_CASE("a failed response is read by the host and corrected by the plugin",
          "[plugin_host][translator]") {
  struct Case {
    int status;
    FailureKind kind;
  };
  const Case cases[] = {{400, FailureKind::InvalidRequest}, {401, FailureKind::Auth},
                        {402, FailureKind::Quota},          {403, FailureKind::Permission},
                        {404, FailureKind::ModelNotFound},  {408, FailureKind::Timeout},
                        {413, FailureKind::TooLarge},       {429, FailureKind::RateLimit},
                        {500, FailureKind::Unavailable},    {503, FailureKind::Unavailable},
                        {504, FailureKind::Timeout},        {529, FailureKind::Overloaded},
                        {302, FailureKind::Protocol}};
  PluginBench bench;
  bench.load("call/scripted");
  for (const Case& c : cases) {
    DYNAMIC_SECTION("status " << c.status) {
      Talk talk(bench, "plain", withKeys({"sk-secret-of-the-test"}));
      REQUIRE(talk.next());
      const auto failed = talk.exchange->onFailure(FakeResponse(c.status), "{}");
      CHECK(failed.kind == c.kind);
      CHECK(failed.httpStatus == c.status);
      CHECK_FALSE(failed.retryAfter);
    }
  }
  SECTION("the plugin knows better, and its text is scrubbed") {
    Talk talk(bench, "quota", withKeys({"sk-secret-of-the-test"}));
    REQUIRE(talk.next());
    const auto failed = talk.exchange->onFailure(FakeResponse(429, {{"retry-after", "7"}}), "{}");
    CHECK(failed.kind == FailureKind::Quota);
    CHECK(failed.code == "insufficient_quota");
    CHECK(failed.message == "no credit left for key ***");
    CHECK(failed.retryAfter == Millis(7000));
  }
  SECTION("a plugin cannot turn it into success") {
    Talk talk(bench, "calls_it_ok", withKeys({"sk-secret-of-the-test"}));
    REQUIRE(talk.next());
    CHECK(talk.exchange->onFailure(FakeResponse(500), "").kind == FailureKind::Unavailable);
  }
  SECTION("Retry-After as a date") {
    Talk talk(bench, "plain", withKeys({"sk-secret-of-the-test"}));
    REQUIRE(talk.next());
    // The fake clock stands at 2026-11-25T00:00:00Z.
    const FakeResponse response(503, {{"retry-after", "Wed, 25 Nov 2026 00:00:30 GMT"}});
    CHECK(talk.exchange->onFailure(response, "").retryAfter == Millis(30'000));
  }
}

TEST_CASE("an answer that ends without a finish reason is no answer", "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  Talk talk(bench, "plain", withKeys({"sk-secret-of-the-test"}));
  REQUIRE(talk.next());
  CollectingSink sink;
  REQUIRE(talk.exchange->onFrame(frameOf("", true), sink));
  const auto step = talk.next();
  REQUIRE_FALSE(step);
  CHECK(step.error().kind == FailureKind::Protocol);
}

TEST_CASE("an error that the upstream reports in the body is the attempt's",
          "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  Talk talk(bench, "error_in_body", withKeys({"sk-secret-of-the-test"}));
  REQUIRE(talk.next());
  CollectingSink sink;
  const auto status = talk.exchange->onFrame(frameOf("x"), sink);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == FailureKind::RateLimit);
  CHECK(status.error().message == "the upstream says: slow down");
}

TEST_CASE("a sink that wants no more cancels the exchange", "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  Talk talk(bench, "plain", withKeys({"sk-secret-of-the-test"}));
  REQUIRE(talk.next());
  CollectingSink sink;
  sink.left = 1;
  const auto status = talk.exchange->onFrame(frameOf("x"), sink);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == FailureKind::Cancelled);
  CHECK(sink.types.size() == 1);
}

TEST_CASE("a translator may ask to be polled", "[plugin_host][translator]") {
  PluginBench bench;
  bench.load("call/scripted");
  Talk talk(bench, "wait", withKeys({"sk-secret-of-the-test"}));
  const auto step = talk.next();
  REQUIRE(step);
  CHECK(*step == ExchangeStep::Wait);
  CHECK(talk.wait == Millis(250));
}

TEST_CASE("settings are checked before the plugin sees them", "[plugin_host][settings]") {
  PluginBench bench;
  bench.load("call/scripted");
  const auto refusal = [&](const std::string& settings) {
    const auto made = bench.host.makeProvider("p", "scripted", settings, {});
    return made ? std::string() : made.error().message;
  };
  CHECK(refusal(R"({"mode":"echo","level":3,"unit":"ms"})").empty());
  CHECK_THAT(refusal("{}"), Catch::Contains("`mode` is missing"));
  CHECK_THAT(refusal(R"({"mode":1})"), Catch::Contains("`mode` is integer, must be string"));
  CHECK_THAT(refusal(R"({"mode":"echo","levle":3})"),
             Catch::Contains("`levle` is not a setting; did you mean level"));
  CHECK_THAT(refusal(R"({"mode":"echo","level":10})"),
             Catch::Contains("`level` must be at most 9"));
  CHECK_THAT(refusal(R"({"mode":"echo","unit":"h"})"),
             Catch::Contains("`unit` must be one of ms, s"));
  CHECK_THAT(refusal(R"({"mode":"echo","base_url":"ftp://x"})"),
             Catch::Contains("`base_url` is not"));
  CHECK_THAT(refusal("[]"), Catch::Contains("not a JSON object"));
  CHECK_THAT(refusal(R"({"mode":"refuse_settings"})"), Catch::Contains("not to my taste"));
  CHECK_THAT(refusal(R"({"mode":"fail_self_test"})"),
             Catch::Contains("self-test failed: two and two"));
}
