#pragma once
// Bytes to a request head: llhttp parses, our rules are stricter. Refuses as soon as a byte shows
// that no valid head can come of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/domain/http_server.h"

namespace pagoda::net {

struct HeadLimits {
  std::size_t maxBytes = 32 * 1024;
  std::size_t maxTarget = 8 * 1024;
  std::size_t maxFields = 100;
};

enum class BodyKind { None, Sized, Chunked };

struct RequestHead {
  HttpRequest request;   ///< views into the parsed buffer; `peer` and `received` are the caller's
  std::size_t size = 0;  ///< bytes of the buffer that the head took
  BodyKind body = BodyKind::None;
  std::uint64_t contentLength = 0;  ///< of a sized body
  bool keepAlive = true;            ///< what the client wants
  bool expectsContinue = false;
};

/// Why a request is not served, with the HTTP status that says so.
struct Refusal {
  int status = 0;
  std::string_view why;  ///< a literal
};

/// One request at a time: parse() until it is not More, then reset().
class RequestParser {
 public:
  enum class State { More, Complete, Refused };

  explicit RequestParser(const HeadLimits& limits) : limits_(limits) {}

  /// `data` is all that came of this request up to now: what was passed before, and more behind it.
  /// Field names are put into lower case in place.
  State parse(char* data, std::size_t size);
  RequestHead& head() noexcept { return head_; }
  const Refusal& refusal() const noexcept { return refusal_; }
  /// Whether more than an empty line has been seen.
  bool begun() const noexcept { return scanned_ > start_; }
  void reset();

 private:
  friend struct FieldCollector;
  State scan(char* data, std::size_t size);
  bool line(char* data, std::size_t end);
  bool requestLine(std::string_view text);
  bool target(std::string_view method, std::string_view text);
  bool absoluteTarget(std::string_view text);
  bool fields(char* data, std::size_t end);
  bool framing();
  bool host();
  State refuse(int status, std::string_view why) noexcept;
  bool refused(int status, std::string_view why) noexcept {
    refuse(status, why);
    return false;
  }

  const HeadLimits limits_;
  RequestHead head_;
  Refusal refusal_;
  std::size_t start_ = 0;    // of the request line
  std::size_t scanned_ = 0;  // bytes that need no second look
  std::size_t lineStart_ = 0;
  std::size_t targetOffset_ = 0;  // of the target; views are made when the buffer no longer moves
  std::size_t targetSize_ = 0;
  std::size_t methodSize_ = 0;
  std::size_t fieldLines_ = 0;
  bool hasRequestLine_ = false;
  bool oddBlanks_ = false;  // around the value of a field that frames the message
};

}  // namespace pagoda::net
