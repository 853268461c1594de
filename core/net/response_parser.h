#pragma once
// Reads one HTTP/1.1 response, strictly: llhttp does the grammar; what it lets through and two
// readers could understand differently is refused here (bare CR, folded lines, doubled or combined
// lengths, codings that are not chunked).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pagoda::net {

struct ResponseLimits {
  std::size_t head = 64 * 1024;  ///< bytes of all heads together, interim ones included
  std::size_t headers = 512;     ///< fields of one head
  unsigned interim = 16;         ///< responses 1xx before the final one
};

/// What a response answers: this decides whether a body follows.
enum class RequestKind { Normal, Head, Connect };

class ResponseParser {
 public:
  enum class Step {
    NeedInput,  ///< all of the input is used up
    Head,       ///< the final head is complete: status() and headers() are there
    Body,       ///< `piece` holds bytes of the body, a view into the input
    End,        ///< the response is complete; what is left of the input is not part of it
    Error,      ///< error() says why; the connection is of no more use
  };

  ResponseParser(const ResponseLimits& limits, RequestKind kind);
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;
  ~ResponseParser();

  /// Takes bytes off the front of `input`. Call it until NeedInput or End.
  Step step(std::string_view& input, std::string_view& piece);
  /// The connection ended, `properly` or cut off: End where that is how the body ends, else Error.
  Step finish(bool properly);

  int status() const { return status_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  /// The first header of that name, which is given in lower case; empty if there is none.
  std::string_view header(std::string_view name) const;
  std::optional<std::uint64_t> contentLength() const { return contentLength_; }
  /// After End: the server keeps the connection for another request.
  bool keepAlive() const { return keepAlive_; }
  const std::string& error() const { return error_; }
  /// The error, if there is one, is that the connection ended too early.
  bool cutOff() const { return cutOff_; }

 private:
  enum class State { Head, Announced, Body, UntilClose, Ended, Failed };
  struct Llhttp;

  Step fail(std::string reason, bool cutOff = false);
  Step readHead(std::string_view& input);
  /// Looks at the lines that are there; sets headEnd_ when the empty one is among them.
  bool scanLines(std::string_view head);
  bool scanLine(std::string_view line);
  Step acceptHead(std::string_view head);
  bool parseHead(std::string_view head);
  bool checkFraming();
  Step readBody(std::string_view& input, std::string_view& piece);

  ResponseLimits limits_;
  RequestKind kind_;
  State state_ = State::Head;
  std::unique_ptr<Llhttp> llhttp_;
  std::string partial_;      ///< a head that has not come whole yet
  std::size_t scanned_ = 0;  ///< of the head: lines before this are sound
  std::size_t headEnd_ = 0;
  std::size_t headBytes_ = 0;
  unsigned interims_ = 0;
  std::uint64_t bodyBytes_ = 0;
  std::size_t overhead_ = 0;  ///< bytes between two pieces of the body
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<std::uint64_t> contentLength_;
  bool keepAlive_ = false;
  bool cutOff_ = false;
  std::string error_;
};

}  // namespace pagoda::net
