#include "core/app/discovery.h"

#include <thread>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <catch2/catch.hpp>

#include "tests/core/app/config_fixture.h"

using namespace pagoda;
using namespace pagoda::app;

namespace {

/// Answers one request with `reply` and closes; empty: never answers.
class OneAnswer {
 public:
  explicit OneAnswer(std::string reply)
      : socket_(Poco::Net::SocketAddress("127.0.0.1", 0)), port_(socket_.address().port()) {
    thread_ = std::thread([this, reply = std::move(reply)] {
      // The first connection only asks whether the port is open.
      Poco::Net::StreamSocket probe = socket_.acceptConnection();
      Poco::Net::StreamSocket client = socket_.acceptConnection();
      char block[4096];
      client.receiveBytes(block, sizeof block);
      if (!reply.empty()) {
        client.sendBytes(reply.data(), static_cast<int>(reply.size()));
      } else {
        client.receiveBytes(block, sizeof block);  // until the other side gives up
      }
    });
  }
  ~OneAnswer() { thread_.join(); }
  std::uint16_t port() const { return port_; }

 private:
  Poco::Net::ServerSocket socket_;
  std::uint16_t port_;
  std::thread thread_;
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("model ids are read from a model server's list, and from nothing else",
          "[app][discovery]") {
  using Ids = std::vector<std::string>;
  CHECK(modelIdsOf(R"({"object":"list","data":[{"id":"llama3.2:3b"},{"id":"qwen2.5-coder"}]})") ==
        Ids{"llama3.2:3b", "qwen2.5-coder"});
  CHECK(modelIdsOf("<html>a web page</html>").empty());
  CHECK(modelIdsOf(R"({"data":[{"name":"x"}]})").empty());
  CHECK(modelIdsOf(R"({"data":[{"id":"auto","tier":1}]})").empty());
  CHECK(modelIdsOf("").empty());
}

TEST_CASE("servers at their ports are found; closed and silent ports cost no more than the limit",
          "[app][discovery]") {
  const OneAnswer server(ok(R"({"data":[{"id":"llama3.2:3b"}]})"));
  const OneAnswer silent("");
  const OneAnswer other("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  const auto found = findModelServers({{"ollama", server.port()},
                                       {"closed", 1},
                                       {"silent", silent.port()},
                                       {"other", other.port()}},
                                      Millis{200});
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "ollama");
  CHECK(found[0].models == std::vector<std::string>{"llama3.2:3b"});
  CHECK(found[0].baseUrl == "http://127.0.0.1:" + std::to_string(server.port()) + "/v1");
}

TEST_CASE("found models join their tiers at no price, without hiding configured ones",
          "[app][discovery]") {
  Configuration configuration = loadConfiguration({{}, {}, {}});
  REQUIRE(wantsDiscovery(configuration));
  addFoundServers(
      {{"ollama", "http://127.0.0.1:11434/v1", {"qwen2.5-coder", "llama3.2:3b", "org/name"}}},
      configuration);
  CHECK(configuration.catalogue.find("qwen2.5-coder")->tier == 0);
  CHECK(configuration.catalogue.find("llama3.2:3b")->tier == 1);
  CHECK(configuration.catalogue.find("org-name")->upstreamId == "org/name");
  CHECK(configuration.catalogue.find("llama3.2:3b")->price.output == Money{});
  CHECK(configuration.settings.providers.back().settingsJson ==
        R"({"base_url":"http://127.0.0.1:11434/v1"})");
  CHECK_FALSE(wantsDiscovery(configuration));
}

TEST_CASE("a provider with a key, or the option, turns discovery off", "[app][discovery]") {
  CHECK_FALSE(wantsDiscovery(loadConfiguration({{}, {{"OPENAI_API_KEY", "sk"}}, {}})));
  CHECK_FALSE(
      wantsDiscovery(loadConfiguration({{}, {{"PAGODA_DISCOVERY__ENABLED", "false"}}, {}})));
}
