// A server that changes while it serves: files edited under it, plugins swapped.

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "core/app/commands/client.h"
#include "core/app/configuration_watch.h"
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

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Reply answer(const std::string& text) {
  return Reply().json(200, R"({"id":"c1","object":"chat.completion","created":1,"model":"m",)"
                           R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
                               text +
                               R"("},"finish_reason":"stop"}],)"
                               R"("usage":{"prompt_tokens":10,"completion_tokens":20}})");
}

std::string provider(const std::string& name, const FakeUpstream& upstream) {
  return "  - {name: " + name + ", type: openai_compatible, base_url: \"" + upstream.url("/v1") +
         "\", api_key: sk-upstream-7f3a9c06}\n";
}
std::string model(const std::string& name, const std::string& provider,
                  const std::string& price = "1") {
  return "  " + name + ": {tier: 0, provider: " + provider + ", model: " + name +
         ", price_per_million: {input: " + price + ", output: 2}}\n";
}

/// A server and the folder that it was read from.
struct Live {
  ConfigDirectory directory;
  std::optional<Server> server;

  void pagoda(const std::string& text) const {
    directory.pagoda(
        "server: {port: 0, threads: 1, watch_configuration: false}\n"
        "logging: {level: \"off\"}\n" +
        text);
  }
  void start() {
    std::vector<Flag> flags{
        {"storage.data_dir", directory.path() + "/data", "--data-dir"},
        {"plugins.directories",
         std::string(PAGODA_BINARY_DIR) + "/plugins," + directory.path() + "/plugins", "--set"},
        {"discovery.enabled", "false", "--set"}};
    std::filesystem::create_directory(directory.path() + "/plugins");
    server.emplace(directory.load({}, std::move(flags)));
    server->start();
  }
  HttpReply send(const std::string& method, const std::string& path,
                 const std::string& body = {}) const {
    return ask({server->url(), {}}, method, path, body);
  }
  HttpReply reload() const { return send("POST", "/admin/reload"); }
  HttpReply generate(const std::string& more = {}) const {
    return send("POST", "/generate", R"({"prompt":"hi")" + more + "}");
  }
};

void installSwap(const Live& live, int major) {
  const std::string name = "swap_v" + std::to_string(major) + ".so";
  const std::filesystem::path target = live.directory.path() + "/plugins/" + name;
  std::filesystem::copy_file(std::string(PAGODA_BINARY_DIR) + "/tests/bad_plugins/swap/" + name,
                             target);
  std::filesystem::permissions(
      target, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

/// Opens once, for all.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace

TEST_CASE("a reload serves by the new files, and money lives on", "[app][reload]") {
  const FakeUpstream first([](const FakeRequest&) { return answer("from the first"); });
  const FakeUpstream second([](const FakeRequest&) { return answer("from the second"); });
  Live live;
  live.pagoda("providers:\n" + provider("one", first));
  live.directory.models("models:\n" + model("old-model", "one"));
  live.start();
  CHECK(has(live.generate().body, "from the first"));

  live.pagoda("providers:\n" + provider("two", second) + "upstream: {max_attempts: 2}\n");
  live.directory.models("models:\n" + model("new-model", "two", "3") +
                        "cost_management: {monthly_budget_usd: 55}\n");
  const HttpReply reply = live.reload();
  REQUIRE(reply.status == 200);
  CHECK(has(reply.body, R"("applied":true)"));
  for (const char* change :
       {"upstream.max_attempts: 4 -> 2", "cost_management.monthly_budget_usd: 70 -> 55",
        "provider one: removed", "provider two: added", "model old-model: removed",
        "model new-model: added"})
    CHECK(has(reply.body, std::string("\"") + change + "\""));
  CHECK_THAT(live.generate().body, Catch::Contains("from the second"));
  CHECK(live.generate(R"(,"model":"old-model")").status == 404);
  const std::string metrics = live.send("GET", "/metrics").body;
  CHECK(has(metrics, R"("limit_usd":55)"));
  // Twice 10 and 20 tokens: at the first price 0.00005, at the second 0.00007.
  CHECK(has(metrics, R"("spent_usd":0.00012)"));
  CHECK(has(live.send("GET", "/metrics/prometheus").body,
            R"(pagoda_reloads_total{result="applied"} 1)"));
}

TEST_CASE("a broken file changes nothing and is named with line and column", "[app][reload]") {
  const FakeUpstream upstream([](const FakeRequest&) { return answer("still here"); });
  Live live;
  const std::string providers = "providers:\n" + provider("one", upstream);
  live.pagoda(providers);
  const std::string models = "models:\n" + model("test-model", "one");
  live.directory.models(models);
  live.start();
  struct Broken {
    const char* what;
    std::string pagoda, models, line, column;
  };
  const std::string head = "server: {port: 0, threads: 1, watch_configuration: false}\n";
  const Broken table[] = {
      {"negative timeout", head + providers + "upstream: {connect_timeout_ms: -1}\n", models, "4",
       "32"},
      {"port", "server: {port: 99999}\n" + providers, models, "1", "16"},
      {"unknown provider", head + providers, "models:\n" + model("test-model", "none"), "2", "35"},
      {"duplicate key", head + providers + "upstream: {}\nupstream: {}\n", models, "5", "1"},
      {"typo", head + providers + "upstraem: {}\n", models, "4", "1"},
      {"not YAML", head + "providers: [\n", models, "", ""},
      {"unknown strategy", head + providers + "strategy: {type: teired}\n", models, "", ""},
      {"empty file", "", models, "", ""}};
  for (const Broken& broken : table) {
    INFO(broken.what);
    live.directory.pagoda(broken.pagoda);
    // A change that is good by itself must not be applied by half.
    live.directory.models(broken.models + "cost_management: {monthly_budget_usd: 1}\n");
    const HttpReply reply = live.reload();
    CHECK(reply.status == 422);
    CHECK(has(reply.body, R"("applied":false)"));
    CHECK(has(reply.body, R"("error":{"message":"the configuration was not reloaded: )"));
    if (!broken.line.empty())
      CHECK_THAT(reply.body, Catch::Contains(R"("line":)" + broken.line + R"(,"column":)" +
                                             broken.column + ","));
    const std::string info = live.send("GET", "/info").body;
    CHECK(has(info, R"("last_reload":{"applied":false)"));
    CHECK(has(info, R"("configuration_epoch":1)"));
    CHECK(has(info, R"("monthly_budget_usd":70)"));
    CHECK(has(live.generate().body, "still here"));
  }
  CHECK(has(live.send("GET", "/metrics/prometheus").body,
            R"(pagoda_reloads_total{result="refused"} 8)"));
  live.pagoda(providers);
  live.directory.models(models);
  CHECK(live.reload().status == 200);
}

TEST_CASE("files that cannot be read are refused by a reload", "[app][reload]") {
  const FakeUpstream upstream([](const FakeRequest&) { return answer("still here"); });
  Live live;
  live.pagoda("providers:\n" + provider("one", upstream));
  live.directory.models("models:\n" + model("test-model", "one"));
  live.start();
  const std::filesystem::path file = live.directory.path() + "/models.yaml";
  SECTION("missing") {
    std::filesystem::remove(file);
  }
  SECTION("a folder") {
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
  }
  SECTION("a FIFO") {
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }
  SECTION("1 GiB") {
    std::filesystem::resize_file(file, std::uintmax_t{1} << 30);
  }
  const HttpReply reply = live.reload();
  CHECK(reply.status == 422);
  CHECK(has(reply.body, file.string()));
  CHECK(has(live.generate().body, "still here"));
}

TEST_CASE("what needs a restart is named and stays as it was", "[app][reload]") {
  const FakeUpstream upstream([](const FakeRequest&) { return answer("here"); });
  Live live;
  const std::string providers = "providers:\n" + provider("one", upstream);
  live.pagoda(providers);
  live.directory.models("models:\n" + model("test-model", "one"));
  live.start();
  live.directory.pagoda(
      "server: {port: 4999, threads: 7, watch_configuration: false}\nlogging: {level: \"off\"}\n" +
      providers + "upstream: {max_attempts: 3}\n");
  const HttpReply reply = live.reload();
  REQUIRE(reply.status == 200);
  CHECK(has(reply.body, R"("changes":["upstream.max_attempts: 4 -> 3"])"));
  CHECK(has(reply.body, R"("needs_restart":["server.port: 0 -> 4999","server.threads: 1 -> 7"])"));
  const std::string info = live.send("GET", "/info").body;
  CHECK(has(info, R"({"path":"server.port","value":"0")"));
  CHECK(has(info, R"({"path":"upstream.max_attempts","value":"3")"));
}

TEST_CASE("requests in flight finish with the provider that a reload removes", "[app][reload]") {
  Gate arrived;
  Gate release;
  const FakeUpstream removed([&](const FakeRequest&) {
    arrived.open();
    release.wait();
    return answer("from the removed one");
  });
  const FakeUpstream kept([](const FakeRequest&) { return answer("from the kept one"); });
  Live live;
  live.pagoda("providers:\n" + provider("removed", removed));
  live.directory.models("models:\n" + model("old-model", "removed"));
  live.start();
  HttpReply late;
  std::thread client([&] { late = live.generate(); });
  arrived.wait();
  live.pagoda("providers:\n" + provider("kept", kept));
  live.directory.models("models:\n" + model("new-model", "kept"));
  CHECK(live.reload().status == 200);
  CHECK_THAT(live.generate().body, Catch::Contains("from the kept one"));
  CHECK(live.generate(R"(,"model":"old-model")").status == 404);
  release.open();
  client.join();
  CHECK(late.status == 200);
  CHECK(has(late.body, "from the removed one"));
  CHECK(has(live.send("GET", "/metrics").body, R"("held_usd":0,)"));
}

TEST_CASE("plugins are loaded, swapped, rolled back and retired while they serve",
          "[app][reload]") {
  Live live;
  live.pagoda("providers: [{name: swap, type: swap}]\n");
  live.directory.models("models:\n  m: {tier: 0, provider: swap, model: m, local: true}\n");
  std::filesystem::create_directory(live.directory.path() + "/plugins");
  installSwap(live, 1);
  live.start();
  CHECK(has(live.generate().body, R"("response":"1.0.0:1")"));
  for (const int later : {2, 3}) {
    installSwap(live, later);
    const std::string file = R"({"file":"swap_v)" + std::to_string(later) + R"(.so"})";
    REQUIRE(live.send("POST", "/admin/plugins/load", file).status == 200);
  }
  CHECK(has(live.generate().body, R"("response":"1.0.0:2")"));

  const std::string two = R"({"id":"test.swap","version":"2.0.0"})";
  CHECK(live.send("POST", "/admin/plugins/swap", two).status == 200);
  CHECK(has(live.generate().body, R"("response":"2.0.0:1")"));
  // What fails its self-test never serves.
  const HttpReply broken =
      live.send("POST", "/admin/plugins/swap", R"({"id":"test.swap","version":"3.0.0"})");
  CHECK(broken.status == 422);
  CHECK(has(broken.body, "its self-test failed"));
  CHECK(has(live.generate().body, R"("response":"2.0.0:2")"));
  CHECK(live.send("POST", "/admin/plugins/retire", two).status == 409);

  CHECK(live.send("POST", "/admin/plugins/rollback", R"({"id":"test.swap"})").status == 200);
  CHECK(has(live.generate().body, R"("response":"1.0.0:3")"));
  CHECK(live.reload().status == 200);
  CHECK(has(live.generate().body, R"("response":"1.0.0:4")"));
  CHECK(live.send("POST", "/admin/plugins/retire", two).status == 200);
  CHECK_FALSE(has(live.send("GET", "/admin/plugins").body, "2.0.0"));

  CHECK(live.send("POST", "/admin/plugins/load", R"({"file":"none.so"})").status == 404);
  CHECK(live.send("POST", "/admin/plugins/swap", R"({"id":"test.swap"})").status == 400);
  CHECK(live.send("POST", "/admin/plugins/paint", "{}").status == 404);
}

TEST_CASE("a watched folder is read again when it has been still", "[app][reload]") {
  const ConfigDirectory directory;
  std::mutex mutex;
  std::condition_variable called;
  std::vector<std::string> causes;
  Log log(2, LogLevel::Off, LogFormat::Text);
  ConfigurationWatch watch(directory.path(), Millis{20},
                           {[&](const std::string& cause) {
                              const std::scoped_lock lock(mutex);
                              causes.push_back(cause);
                              called.notify_all();
                            },
                            [] { return std::size_t{0}; }},
                           log);
  const auto waitFor = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    called.wait(lock, [&] { return causes.size() >= count; });
  };
  directory.write("notes.txt", "not ours");
  watch.request("SIGHUP");
  waitFor(1);
  directory.write("models.yaml.new", "models: {}\n");
  std::filesystem::rename(directory.path() + "/models.yaml.new", directory.path() + "/models.yaml");
  waitFor(2);
  directory.pagoda("providers: []\n");
  waitFor(3);
  CHECK(causes == std::vector<std::string>{"SIGHUP", "watch", "watch"});
}
