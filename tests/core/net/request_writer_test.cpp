#include "core/net/request_writer.h"

#include <catch2/catch.hpp>

using namespace pagoda;
using namespace pagoda::net;

namespace {

std::string written(const UpstreamRequest& request, bool proxied = false,
                    const Secret& authorization = Secret()) {
  const auto bytes = writeRequest(request, *parseUrl(request.url), proxied, authorization);
  REQUIRE(bytes);
  return bytes->text;
}

}  // namespace

TEST_CASE("a request is one buffer of head and body", "[net][request]") {
  UpstreamRequest request;
  request.url = "http://host:8080/v1/x?y=1";
  request.headers = {{"content-type", "application/json"}, {"authorization", "Bearer k"}};
  request.body = "{}";
  CHECK(written(request) ==
        "POST /v1/x?y=1 HTTP/1.1\r\nhost: host:8080\r\nuser-agent: pagoda/1.0\r\n"
        "accept-encoding: identity\r\ncontent-type: application/json\r\nauthorization: Bearer k\r\n"
        "content-length: 2\r\n\r\n{}");
}

TEST_CASE("a request without a body has a length only where one is expected", "[net][request]") {
  UpstreamRequest request;
  request.url = "http://host/";
  CHECK(written(request).find("content-length: 0\r\n") != std::string::npos);
  request.method = "GET";
  CHECK(written(request).find("content-length") == std::string::npos);
}

TEST_CASE("headers of the connection are the client's", "[net][request]") {
  UpstreamRequest request;
  request.url = "http://host/";
  request.headers = {{"Host", "evil"},
                     {"Content-Length", "99"},
                     {"Transfer-Encoding", "chunked"},
                     {"Connection", "close"},
                     {"Accept-Encoding", "gzip"},
                     {"User-Agent", "x"},
                     {"Expect", "100-continue"},
                     {"x-kept", "1"}};
  const std::string text = written(request);
  for (const char* gone :
       {"evil", "99", "chunked", "close", "gzip", "User-Agent", "100-continue"}) {
    CHECK(text.find(gone) == std::string::npos);
  }
  CHECK(text.find("x-kept: 1\r\n") != std::string::npos);
}

TEST_CASE("bytes that would break the head are refused and not shown", "[net][request]") {
  const std::pair<std::string, std::string> headers[] = {{"x-a", "secret\r\nx-evil: 1"},
                                                         {"x-a", "secret\n"},
                                                         {"x-a", "secret\r"},
                                                         {"x-a", std::string("secret\0", 7)},
                                                         {"x-a", "secret\x7f"},
                                                         {"x a", "secret"},
                                                         {"x-a:", "secret"},
                                                         {"", "secret"},
                                                         {"x\r\ny", "secret"},
                                                         {"host\r\nx", "secret"}};
  for (const auto& header : headers) {
    UpstreamRequest request;
    request.url = "http://host/";
    request.headers = {header};
    const auto bytes = writeRequest(request, *parseUrl(request.url), false, Secret());
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().kind == FailureKind::Internal);
    CHECK(bytes.error().message.find("secret") == std::string::npos);
  }
  for (const char* method : {"", "PO ST", "GET\r\n", "CONNECT"}) {
    UpstreamRequest request;
    request.url = "http://host/";
    request.method = method;
    CHECK_FALSE(writeRequest(request, *parseUrl(request.url), false, Secret()));
  }
}

TEST_CASE("a large body stays out of the buffer", "[net][request]") {
  UpstreamRequest request;
  request.url = "http://host/";
  request.body = std::string(1 << 20, 'x');
  const auto bytes = writeRequest(request, *parseUrl(request.url), false, Secret());
  REQUIRE(bytes);
  CHECK_FALSE(bytes->bodyAppended);
  CHECK(bytes->text.size() < 1000);
  CHECK(bytes->text.find("content-length: 1048576\r\n") != std::string::npos);
}

TEST_CASE("a proxy gets the absolute address, or a CONNECT", "[net][request]") {
  UpstreamRequest request;
  request.url = "http://host:81/a";
  const std::string text = written(request, true, Secret("Basic abc"));
  CHECK(text.rfind("POST http://host:81/a HTTP/1.1\r\nhost: host:81\r\n", 0) == 0);
  CHECK(text.find("proxy-authorization: Basic abc\r\n") != std::string::npos);
  CHECK(writeConnect(*parseUrl("https://host/x"), Secret()) ==
        "CONNECT host:443 HTTP/1.1\r\nhost: host:443\r\nuser-agent: pagoda/1.0\r\n\r\n");
}
