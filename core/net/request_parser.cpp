#include "core/net/request_parser.h"

#include <algorithm>
#include <array>
#include <llhttp.h>

#include "core/net/request_rules.h"

namespace pagoda::net {
namespace {

// Fields that frame the message or say who asks: two of them would leave the choice to the reader.
constexpr std::string_view kOnce[] = {"host",   "content-length", "transfer-encoding",
                                      "expect", "authorization",  "content-type"};

bool framesMessage(std::string_view name) noexcept {
  return name == "content-length" || name == "transfer-encoding";
}

}  // namespace

/// Follows llhttp through the fields and holds it to its word: every byte of the head has to be
/// part of a field line as we read it, so nothing that llhttp skips or joins can hide.
struct FieldCollector {
  RequestParser& parser;
  char* next;  ///< where the next field line has to begin
  char* end;   ///< of the last field line, where the empty line begins
  bool complete = false;
  bool agreed = true;

  static FieldCollector& of(llhttp_t* llhttp) {
    return *static_cast<FieldCollector*>(llhttp->data);
  }

  static int onField(llhttp_t* llhttp, const char* at, std::size_t size) {
    return of(llhttp).field(at, size) ? HPE_OK : HPE_USER;
  }
  static int onComplete(llhttp_t* llhttp) {
    of(llhttp).complete = true;
    return HPE_PAUSED;  // the body is not llhttp's
  }

  bool field(const char* at, std::size_t size) {
    agreed = at == next && next + size < end && next[size] == ':';
    if (!agreed) return false;
    char* const name = next;
    const std::string_view rest(name + size + 1, static_cast<std::size_t>(end - name) - size - 1);
    const std::string_view raw = rest.substr(0, rest.find('\r'));
    next = name + size + 1 + raw.size() + 2;
    std::transform(name, name + size, name,
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::string_view lowerName(name, size);
    const std::string_view value = trimBlanks(raw);
    if (framesMessage(lowerName) && raw != value &&
        (raw.size() != value.size() + 1 || raw.front() != ' ')) {
      parser.oddBlanks_ = true;
    }
    agreed = isToken(lowerName);
    parser.head_.request.headers.emplace_back(lowerName, value);
    return agreed;
  }
};

void RequestParser::reset() {
  auto headers = std::move(head_.request.headers);
  headers.clear();
  head_ = RequestHead{};
  head_.request.headers = std::move(headers);  // keeps its memory for the next request
  refusal_ = Refusal{};
  start_ = scanned_ = lineStart_ = targetOffset_ = targetSize_ = methodSize_ = fieldLines_ = 0;
  hasRequestLine_ = oddBlanks_ = false;
}

RequestParser::State RequestParser::refuse(int status, std::string_view why) noexcept {
  refusal_ = {status, why};
  return State::Refused;
}

RequestParser::State RequestParser::parse(char* data, std::size_t size) {
  const State state = scan(data, size);
  if (state == State::More && size - start_ > limits_.maxBytes) {
    return hasRequestLine_ ? refuse(431, "the request header is too large")
                           : refuse(414, "the request line is too long");
  }
  return state;
}

RequestParser::State RequestParser::scan(char* data, std::size_t size) {
  while (scanned_ < size) {
    const auto byte = static_cast<unsigned char>(data[scanned_]);
    if (isFieldByte(byte)) {
      ++scanned_;
      continue;
    }
    if (byte != '\r') return refuse(400, "the request header holds a control byte");
    if (scanned_ + 1 == size) return State::More;
    if (data[scanned_ + 1] != '\n') return refuse(400, "the request header holds a bare CR");
    const std::size_t end = scanned_;
    scanned_ += 2;
    if (end == lineStart_ && hasRequestLine_) {
      if (scanned_ - start_ > limits_.maxBytes) {
        return refuse(431, "the request header is too large");
      }
      if (!fields(data, end)) return State::Refused;
      head_.size = scanned_;
      return State::Complete;
    }
    if (!line(data, end)) return State::Refused;
    lineStart_ = scanned_;
  }
  return State::More;
}

bool RequestParser::line(char* data, std::size_t end) {
  const std::string_view text(data + lineStart_, end - lineStart_);
  if (!hasRequestLine_) {
    if (text.empty()) {  // RFC 9112 2.2: one empty line ahead of a request is to be ignored
      start_ = scanned_;
      return start_ == 2 || refused(400, "the request line is missing");
    }
    hasRequestLine_ = true;
    return requestLine(text);
  }
  // Seen early, so that a long bad head is not collected first.
  if (text.front() == ' ' || text.front() == '\t') {
    return refused(400, "a header field is folded over lines");
  }
  if (!isToken(text.substr(0, text.find(':'))) || text.find(':') == std::string_view::npos) {
    return refused(400, "a header field has no valid name");
  }
  if (++fieldLines_ > limits_.maxFields) return refused(431, "there are too many header fields");
  return true;
}

bool RequestParser::requestLine(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::string_view method = text.substr(0, first);
  if (first == std::string_view::npos || !isToken(method) || method.size() > 32) {
    return refused(400, "the request line has no valid method");
  }
  const std::size_t second = text.find(' ', first + 1);
  if (second == std::string_view::npos) return refused(400, "the request line has no version");
  const std::string_view version = text.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refused(400, "the version has to be HTTP/1.1 or HTTP/1.0");
  }
  methodSize_ = first;
  targetOffset_ = first + 1;
  targetSize_ = second - first - 1;
  if (targetSize_ > limits_.maxTarget) return refused(414, "the request target is too long");
  head_.request.http10 = version == "HTTP/1.0";
  return true;
}

bool RequestParser::target(std::string_view method, std::string_view text) {
  HttpRequest& request = head_.request;
  request.target = text;
  if (text == "*" && method == "OPTIONS") {
    request.path = text;
    return true;
  }
  if (text.empty() || text.front() != '/') return absoluteTarget(text);
  const std::size_t mark = text.find('?');
  request.path = text.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1);
  if (const char* fault = faultOfPath(request.path)) return refused(400, fault);
  if (const char* fault = faultOfQuery(request.query)) return refused(400, fault);
  return true;
}

bool RequestParser::absoluteTarget(std::string_view text) {
  constexpr std::string_view kForm = "the request target has to be a path that begins with /";
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return refused(400, kForm);
  const std::string_view name = text.substr(0, scheme);
  if (!equalsIgnoreCase(name, "http") && !equalsIgnoreCase(name, "https")) {
    return refused(400, kForm);
  }
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?#");
  if (!equalsIgnoreCase(rest.substr(0, end), head_.request.header("host")) || end == 0) {
    return refused(400, "the request target names another host than the Host field");
  }
  const std::string_view path = end == std::string_view::npos ? "/" : rest.substr(end);
  const std::string_view whole = head_.request.target;
  const bool fine = path.front() == '/' ? target({}, path) : refused(400, kForm);
  head_.request.target = whole;
  return fine;
}

bool RequestParser::fields(char* data, std::size_t end) {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_header_field = FieldCollector::onField;
    made.on_headers_complete = FieldCollector::onComplete;
    return made;
  }();
  char* const first = data + start_;
  char* const firstField = first + targetOffset_ + targetSize_ + sizeof(" HTTP/1.1\r\n") - 1;
  FieldCollector collector{*this, firstField, data + end};
  head_.request.method = {first, methodSize_};

  llhttp_t llhttp;
  llhttp_init(&llhttp, HTTP_REQUEST, &settings);
  llhttp.data = &collector;
  const llhttp_errno_t outcome = llhttp_execute(&llhttp, first, scanned_ - start_);
  if (outcome == HPE_INVALID_METHOD) return refused(501, "the method is not implemented");
  if (outcome != HPE_PAUSED || !collector.complete || !collector.agreed ||
      collector.next != collector.end) {
    return refused(400, "the request header is malformed");
  }
  return host() && framing() && target(head_.request.method, {first + targetOffset_, targetSize_});
}

bool RequestParser::host() {
  const HttpRequest& request = head_.request;
  for (const std::string_view name : kOnce) {
    if (request.count(name) > 1) return refused(400, "a header field is there twice");
  }
  if (request.count("host") == 0) {
    return request.http10 || refused(400, "the Host field is missing");
  }
  return isHost(request.header("host")) || refused(400, "the Host field is malformed");
}

bool RequestParser::framing() {
  const HttpRequest& request = head_.request;
  const bool sized = request.count("content-length") != 0;
  const bool encoded = request.count("transfer-encoding") != 0;
  if (oddBlanks_) return refused(400, "the length of the body is not given clearly");
  if (sized && encoded) {
    return refused(400, "Content-Length and Transfer-Encoding exclude each other");
  }
  if (sized) {
    const auto length = parseContentLength(request.header("content-length"));
    if (!length) return refused(400, "Content-Length is not a number");
    head_.contentLength = *length;
    head_.body = *length == 0 ? BodyKind::None : BodyKind::Sized;
  }
  if (encoded) {
    if (request.http10) return refused(400, "HTTP/1.0 has no Transfer-Encoding");
    if (!equalsIgnoreCase(request.header("transfer-encoding"), "chunked")) {
      return refused(400, "Transfer-Encoding has to be chunked");
    }
    head_.body = BodyKind::Chunked;
  }
  head_.keepAlive = !request.http10;
  for (const auto& [name, value] : request.headers) {
    if (name != "connection") continue;
    if (request.http10 && listHas(value, "keep-alive")) head_.keepAlive = true;
    if (listHas(value, "close")) {
      head_.keepAlive = false;
      break;
    }
  }
  if (request.count("expect") != 0 && !request.http10) {
    if (!equalsIgnoreCase(request.header("expect"), "100-continue")) {
      return refused(417, "the expectation cannot be met");
    }
    head_.expectsContinue = head_.body != BodyKind::None;
  }
  return true;
}

}  // namespace pagoda::net
