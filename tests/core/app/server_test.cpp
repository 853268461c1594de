// The whole server, built by the wiring, between a fake upstream and the command line's own client.

#include <filesystem>
#include <sstream>

#include <Poco/Net/ServerSocket.h>
#include <catch2/catch.hpp>

#include "core/app/commands/client.h"
#include "core/app/wiring.h"
#include "tests/core/app/config_fixture.h"
#include "tests/support/fake_upstream.h"

using namespace pagoda;
using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;
using pagoda::test::FakeRequest;
using pagoda::test::FakeUpstream;
using pagoda::test::Reply;

namespace {

constexpr const char* kAnswer =
    R"({"id":"c1","object":"chat.completion","created":1,"model":"test-model","choices":[{"index":0,)"
    R"("message":{"role":"assistant","content":"hello from upstream"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}})";
constexpr const char* kKey = "sk-upstream-7f3a9c06";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A configuration for a server of the test's own: small, quiet, on a free port.
struct House {
  ConfigDirectory directory;

  explicit House(const std::string& pagoda = {}, const std::string& models = {}) {
    directory.pagoda("server: {port: 0, threads: 1}\nlogging: {level: \"off\"}\n" + pagoda);
    if (!models.empty()) directory.models(models);
  }
  static House before(const FakeUpstream& upstream, const std::string& more = {}) {
    return House("providers:\n  - {name: upstream, type: openai_compatible, base_url: \"" +
                 upstream.url("/v1") + "\", api_key: " + kKey + "}\n" + more);
  }
  Configuration load(std::vector<Flag> flags = {}) const {
    return directory.loadServer({}, std::move(flags));
  }
};

Reply answerAll(const FakeRequest&) {
  return Reply().json(200, kAnswer);
}

ExitCode codeOf(const House& house, std::vector<Flag> flags, std::string& line) {
  try {
    Server server(house.load(std::move(flags)));
    return ExitCode::Ok;
  } catch (const ConfigError& error) {
    line = error.what();
    return ExitCode::Configuration;
  } catch (const StartError& error) {
    line = error.what();
    return error.code();
  }
}

}  // namespace

TEST_CASE("the wired server answers through an upstream and accounts for it", "[app][server]") {
  const FakeUpstream upstream(answerAll);
  const House house = House::before(upstream);
  Server server(house.load());
  server.start();
  const ServerAddress address{server.url(), {}};
  const std::string body = askOrFail(address, "POST", "/generate", R"({"prompt":"hi"})");
  CHECK(has(body, R"("response":"hello from upstream")"));
  CHECK(has(body, R"("model_used":"test-model")"));
  CHECK(has(body, R"("cost_usd":0.00005)"));
  CHECK(has(askOrFail(address, "GET", "/metrics"), R"("0":1)"));
  REQUIRE(upstream.requests().size() == 1);
  CHECK(upstream.requests()[0].headers.at("authorization") == std::string("Bearer ") + kKey);
  CHECK(server.drain(Millis{5000}));
}

TEST_CASE("what was spent is known to the next start", "[app][server]") {
  const FakeUpstream upstream(answerAll);
  const House house = House::before(upstream);
  for (int start = 0; start < 2; ++start) {
    Server server(house.load());
    server.start();
    askOrFail({server.url(), {}}, "POST", "/generate", R"({"prompt":"hi"})");
    const std::string metrics = askOrFail({server.url(), {}}, "GET", "/metrics");
    CHECK(has(metrics, start == 0 ? R"("0":1)" : R"("0":2)"));
    CHECK(server.drain(Millis{5000}));
  }
}

TEST_CASE("/info says where settings came from and shows no secret", "[app][server]") {
  const FakeUpstream upstream(answerAll);
  const House house = House::before(upstream);
  Server server(house.load());
  server.start();
  const std::string info = askOrFail({server.url(), {}}, "GET", "/info");
  CHECK(has(info, R"({"path":"server.port","value":"0","source":")" + house.directory.path() +
                      "/pagoda.yaml:1\"}"));
  CHECK(has(info, R"("path":"storage.data_dir","value":")"));
  CHECK(has(info, R"("source":"flag --data-dir")"));
  CHECK(has(info, R"("api_key":"***")"));
  CHECK_FALSE(has(info, kKey));
}

TEST_CASE("without any provider the local skills answer", "[app][server]") {
  const House house(
      "providers: [{name: local, type: local}]\n",
      "models:\n  local_skills: {tier: 1, provider: local, model: skills, local: true}\n");
  Server server(house.load());
  server.start();
  const std::string body =
      askOrFail({server.url(), {}}, "POST", "/generate", R"({"prompt":"What is 15% of 80?"})");
  CHECK(has(body, "12"));
  CHECK(has(body, R"("model_used":"local_skills")"));
}

TEST_CASE("a server never opens itself to others without authentication", "[app][server]") {
  const FakeUpstream upstream(answerAll);
  const House house = House::before(upstream);
  std::string line;
  CHECK(codeOf(house, {{"server.host", "0.0.0.0", "--host"}}, line) == ExitCode::Configuration);
  CHECK(has(line, "refusing to listen on 0.0.0.0 without authentication"));
  CHECK(codeOf(house, {{"server.host", "0.0.0.0", "--host"}, {"security.auth", "none", "--set"}},
               line) == ExitCode::Ok);

  Server server(house.load({{"security.auth", "api_key", "--set"}}));
  server.start();
  CHECK(server.authRequired());
  CHECK(ask({server.url(), {}}, "POST", "/generate", R"({"prompt":"hi"})").status == 401);
  CHECK(upstream.requests().empty());
}

TEST_CASE("what keeps a server from starting has its line and its exit code", "[app][server]") {
  const FakeUpstream upstream(answerAll);
  std::string line;
  SECTION("port in use") {
    const Poco::Net::ServerSocket taken(Poco::Net::SocketAddress("127.0.0.1", 0));
    const std::string port = std::to_string(taken.address().port());
    CHECK(codeOf(House::before(upstream), {{"server.port", port, "--port"}}, line) ==
          ExitCode::PortInUse);
    CHECK(has(line, "127.0.0.1:" + port));
  }
  SECTION("another server on the same data") {
    const House house = House::before(upstream);
    const Server first(house.load());
    CHECK(codeOf(house, {}, line) == ExitCode::Storage);
    CHECK(has(line, "in use by another server"));
  }
  SECTION("unknown strategy") {
    CHECK(codeOf(House::before(upstream), {{"strategy.type", "tierd", "--set"}}, line) ==
          ExitCode::Plugin);
    CHECK(has(line, "tierd"));
  }
  SECTION("unknown provider type") {
    CHECK(codeOf(House("providers: [{name: upstream, type: openai_compatibel}]\n"), {}, line) ==
          ExitCode::Plugin);
    CHECK(has(line, "openai_compatibel"));
  }
  SECTION("a setting that the plugin does not know") {
    const House house(
        "providers:\n  - {name: upstream, type: openai_compatible, base_url: \"http://h/v1\", "
        "qurk: 1}\n");
    CHECK(codeOf(house, {}, line) == ExitCode::Configuration);
    CHECK(has(line, "pagoda.yaml:4:12: "));
    CHECK(has(line, "qurk"));
  }
  SECTION("a plugin folder that is none") {
    const House house = House::before(upstream);
    Configuration configuration = house.load();
    configuration.settings.plugins.directories = {"/no/such/folder"};
    try {
      const Server server(std::move(configuration));
      FAIL("it started");
    } catch (const StartError& error) {
      CHECK(error.code() == ExitCode::Plugin);
      CHECK(std::string(error.what()) ==
            "plugins.directories: '/no/such/folder' is not a directory");
    }
  }
  SECTION("a certificate that is not there") {
    CHECK(codeOf(
              House::before(upstream),
              {{"server.tls.cert", "/no/c.pem", "--set"}, {"server.tls.key", "/no/k.pem", "--set"}},
              line) == ExitCode::Configuration);
    CHECK(has(line, "/no/c.pem"));
  }
}

TEST_CASE("hosts of this machine are told from others", "[app][server]") {
  for (const char* host : {"127.0.0.1", "127.8.8.8", "localhost", "::1"}) CHECK(isLoopback(host));
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "example.com"})
    CHECK_FALSE(isLoopback(host));
}
