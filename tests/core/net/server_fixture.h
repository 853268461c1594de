#pragma once
// A real HttpServer on a free port of loopback, with routes that the tests talk to.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/net/http_server.h"
#include "tests/support/raw_client.h"
#include "tests/support/test_loop.h"

namespace pagoda::net {

using Route = std::function<Task<void>(const HttpRequest&, BodyReader&, ResponseWriter&, Runtime&)>;

/// Answers with what it got; counts. A test may replace the route.
class EchoHandler final : public HttpHandler {
 public:
  Route route;
  std::atomic<int> requests{0};
  std::atomic<int> refusals{0};

  Task<void> handle(const HttpRequest& request, BodyReader& body, ResponseWriter& response,
                    Runtime& runtime) override {
    ++requests;
    if (route) {
      co_await route(request, body, response, runtime);
      co_return;
    }
    co_await echo(request, body, response);
  }

  std::pair<HeaderList, std::string> protocolError(int status, std::string_view why) override {
    ++refusals;
    return {{{"content-type", "application/json"}, {"x-request-id", "test"}},
            "{\"error\":{\"status\":" + std::to_string(status) + ",\"message\":\"" +
                std::string(why) + "\"}}"};
  }

  /// "METHOD path body"
  static Task<void> echo(const HttpRequest& request, BodyReader& body, ResponseWriter& response) {
    const std::string line = std::string(request.method) + ' ' + std::string(request.path) + ' ';
    Result<std::string> content = co_await body.readAll(1u << 20);
    const HeaderList headers;
    if (!content) {
      const int status = statusOf(content.error().code);
      const std::string text = "{\"error\":{\"message\":\"" + content.error().message + "\"}}";
      co_await response.send(status, headers, text);
      co_return;
    }
    const std::string text = line + *content;
    co_await response.send(200, headers, text);
  }

  static int statusOf(ErrorCode code) {
    switch (code) {
      case ErrorCode::PayloadTooLarge:
        return 413;
      case ErrorCode::DeadlineExceeded:
        return 408;
      default:
        return 400;
    }
  }
};

struct TestServer {
  explicit TestServer(ServerLimits limits = {}, TlsServerContext* tls = nullptr)
      : server(loop.group(), limits, handler, tls), port(server.listen("127.0.0.1", 0)) {}
  ~TestServer() {
    server.drain(Millis{0});
    loop.stop();
  }

  testing::TestLoop loop;
  EchoHandler handler;
  HttpServer server;
  std::uint16_t port;
};

inline std::string getRequest(std::string_view path, std::string_view extra = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(extra) + "\r\n";
}

inline std::string postRequest(std::string_view path, std::string_view body,
                               std::string_view extra = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(extra) + "\r\n" + std::string(body);
}

}  // namespace pagoda::net
