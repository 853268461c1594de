#pragma once
// A client that sends exactly the bytes it is given and shows exactly what came back.

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace pagoda::testing {

struct RawResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  bool complete = false;
  std::string chunks;  ///< the body as it was framed, if it was chunked

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

/// Blocking, for loopback. Nothing here waits longer than `kPatience`, which no passing test needs.
class RawClient {
 public:
  static constexpr int kPatience = 10;  // seconds

  explicit RawClient(std::uint16_t port, int receiveBuffer = 0) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receiveBuffer != 0) {
      ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    }
    const timeval patience{kPatience, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(descriptor_);
      throw std::runtime_error("cannot connect to the server under test");
    }
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  /// False: the server has closed, or took nothing more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void endSending() { ::shutdown(descriptor_, SHUT_WR); }

  /// Closes with RST.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

  /// Reads until the server closes. See closed() and reset().
  const std::string& readToEnd() {
    while (receive()) {
    }
    return received_;
  }

  /// Reads until `text` has been received, and returns whether it was.
  bool readUntil(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      if (!receive()) return false;
    }
    return true;
  }

  /// Reads the next whole response; incomplete if the server closed before its end.
  RawResponse readResponse(bool head = false) {
    for (;;) {
      std::size_t used = 0;
      RawResponse response = parse(received_, head, closed_, used);
      if (response.complete) {
        received_.erase(0, used);
        return response;
      }
      if (!receive()) return parse(received_, head, true, used);
    }
  }

  /// All responses of a connection that the server closes.
  std::vector<RawResponse> readResponses(bool head = false) {
    readToEnd();
    std::vector<RawResponse> responses;
    while (!received_.empty()) {
      std::size_t used = 0;
      responses.push_back(parse(received_, head, true, used));
      if (!responses.back().complete) break;
      received_.erase(0, used);
    }
    return responses;
  }

  /// The server ended the connection, properly or by a reset.
  bool closed() const { return closed_; }
  bool wasReset() const { return reset_; }
  /// What was received and not yet taken as a response.
  const std::string& received() const { return received_; }

  bool receive() {
    char buffer[64 * 1024];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (got > 0) {
      received_.append(buffer, static_cast<std::size_t>(got));
      return true;
    }
    closed_ = got == 0 || errno == ECONNRESET;
    reset_ = got < 0 && errno == ECONNRESET;
    return false;
  }

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
  }

  static RawResponse parse(const std::string& bytes, bool head, bool ended, std::size_t& used) {
    RawResponse response;
    const std::size_t headEnd = bytes.find("\r\n\r\n");
    if (headEnd == std::string::npos || bytes.size() < 12) return response;
    response.status = std::atoi(bytes.c_str() + 9);
    std::size_t at = bytes.find("\r\n") + 2;
    while (at < headEnd + 2) {
      const std::size_t end = bytes.find("\r\n", at);
      const std::string line = bytes.substr(at, end - at);
      const std::size_t colon = line.find(": ");
      response.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
      at = end + 2;
    }
    used = headEnd + 4;
    const bool empty = head || response.status < 200 || response.status == 204;
    if (empty) {
      response.complete = true;
    } else if (response.header("transfer-encoding") == "chunked") {
      response.complete = unchunk(bytes, used, response);
    } else if (!response.header("content-length").empty()) {
      const std::size_t length = std::stoul(response.header("content-length"));
      response.body = bytes.substr(used, length);
      response.complete = response.body.size() == length;
      used += response.body.size();
    } else {
      response.body = bytes.substr(used);
      response.complete = ended;
      used = bytes.size();
    }
    return response;
  }

  static bool unchunk(const std::string& bytes, std::size_t& used, RawResponse& response) {
    const std::size_t start = used;
    for (;;) {
      const std::size_t line = bytes.find("\r\n", used);
      if (line == std::string::npos) return false;
      const std::size_t size = std::stoul(bytes.substr(used, line - used), nullptr, 16);
      if (bytes.size() < line + 2 + size + 2) return false;
      response.body.append(bytes, line + 2, size);
      used = line + 2 + size + 2;
      response.chunks = bytes.substr(start, used - start);
      if (size == 0) return true;
    }
  }

  int descriptor_ = -1;
  std::string received_;
  bool closed_ = false;
  bool reset_ = false;
};

}  // namespace pagoda::testing
