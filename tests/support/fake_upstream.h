#pragma once
// An HTTP upstream in this process on a port of its own, which answers as it is told, faults
// included.
//
//   FakeUpstream upstream([](const FakeRequest& request) {
//     return Reply().json(200, R"({"ok":true})");
//   });
//   client.post(upstream.url("/v1/chat/completions"), ...);

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pagoda::testing {
class TestCertificate;
}

namespace pagoda::test {

struct FakeRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string head;      ///< as received
  int connection = 0;    ///< 1 for the first one that was accepted
  int onConnection = 0;  ///< 1 for the first request of its connection
};

/// What one request is answered with: steps, taken in order. After the last one the connection
/// stays open for the next request, unless a step said otherwise.
class Reply {
 public:
  /// These bytes, in one write.
  Reply& bytes(std::string text);
  /// A head with these header lines ("name: value"), without a length.
  Reply& head(int status, const std::vector<std::string>& lines);
  /// A whole answer with its Content-Length.
  Reply& answer(int status, std::string_view contentType, std::string_view body,
                const std::vector<std::string>& lines = {});
  Reply& json(int status, std::string_view body) {
    return answer(status, "application/json", body);
  }

  /// The head of a chunked event stream; go on with chunk() or event().
  Reply& sseHead();
  Reply& chunk(std::string_view data);
  Reply& event(std::string_view data);  ///< one chunk: "data: ...", blank line
  Reply& lastChunk() { return bytes("0\r\n\r\n"); }
  /// An event stream, chunked, with a chunk (and a write) boundary at each of these positions.
  Reply& sse(std::string_view body, const std::vector<std::size_t>& cuts = {});

  /// One byte at a time, `gap` apart.
  Reply& drip(std::string text, std::chrono::milliseconds gap);
  /// `text` again and again, until the peer goes away or `times` are through.
  Reply& repeat(std::string text, std::size_t times);
  /// Nothing more until the peer goes away.
  Reply& hang();
  /// Nothing more until FakeUpstream::release(), or the peer goes away.
  Reply& hold();
  Reply& close();  ///< FIN; with TLS after a close_notify
  Reply& cut();    ///< FIN; with TLS without a close_notify
  Reply& reset();  ///< RST

 private:
  friend class FakeUpstream;
  enum class Kind { Bytes, Drip, Repeat, Hang, Hold, Close, Cut, Reset };
  struct Step {
    Kind kind;
    std::string text;
    std::chrono::milliseconds gap{0};
    std::size_t times = 1;
  };
  std::vector<Step> steps_;
};

/// Thread-safe. One thread for each connection; all end with the object.
class FakeUpstream {
 public:
  using Handler = std::function<Reply(const FakeRequest&)>;
  /// Listens on 127.0.0.1. `handler` runs on the connections' threads.
  explicit FakeUpstream(Handler handler);
  /// The same reply for every request.
  explicit FakeUpstream(Reply reply);
  /// Speaks TLS with this certificate, which is read here.
  FakeUpstream(Handler handler, const testing::TestCertificate& certificate);
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;
  ~FakeUpstream();

  std::uint16_t port() const;
  std::string url(std::string_view target = "/") const;
  std::vector<FakeRequest> requests() const;
  /// Connections accepted so far, and those open now.
  int connections() const;
  int open() const;
  /// Waits, for at most ten seconds, until that many connections are open.
  bool waitForOpen(int count) const;
  /// Lets one reply that holds, or the next one that will, go on.
  void release();

 private:
  class Wire;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagoda::test
