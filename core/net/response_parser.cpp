#include "core/net/response_parser.h"

#include <algorithm>
#include <llhttp.h>

namespace pagoda::net {
namespace {

constexpr std::string_view kVersionPrefix = "HTTP/1.";
/// Chunk sizes, extensions and trailers between two pieces of a body.
constexpr std::size_t kMaxOverhead = 16 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

/// llhttp and what its callbacks note down for step().
struct ResponseParser::Llhttp {
  llhttp_t parser;
  ResponseParser* owner = nullptr;
  std::string_view piece;
  bool headComplete = false;
  bool complete = false;

  explicit Llhttp(ResponseParser* o) : owner(o) { reset(); }
  void reset() {
    llhttp_init(&parser, HTTP_RESPONSE, &settings());
    parser.data = this;
    headComplete = complete = false;
    piece = {};
  }
  static Llhttp& of(llhttp_t* p) { return *static_cast<Llhttp*>(p->data); }
  static const llhttp_settings_t& settings();
  bool hasBody() const;
};

bool ResponseParser::Llhttp::hasBody() const {
  const int status = parser.status_code;
  if (owner->kind_ == RequestKind::Head || status / 100 == 1) return false;
  if (owner->kind_ == RequestKind::Connect && status / 100 == 2) return false;
  return status != 204 && status != 304;
}

const llhttp_settings_t& ResponseParser::Llhttp::settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    // Each head is given in one piece, so that a field is reported in one piece as well.
    s.on_header_field = [](llhttp_t* p, const char* at, size_t size) {
      if (of(p).headComplete) return 0;  // a trailer: read for its grammar, then dropped
      auto& headers = of(p).owner->headers_;
      std::string& name = headers.emplace_back().first;
      name.assign(at, size);
      std::transform(name.begin(), name.end(), name.begin(), lower);
      return 0;
    };
    s.on_header_value = [](llhttp_t* p, const char* at, size_t size) {
      if (of(p).headComplete) return 0;
      while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t')) --size;
      of(p).owner->headers_.back().second.assign(at, size);
      return 0;
    };
    s.on_headers_complete = [](llhttp_t* p) {
      Llhttp& self = of(p);
      self.headComplete = true;
      self.owner->keepAlive_ = llhttp_should_keep_alive(p) != 0;
      return self.hasBody() ? 0 : 1;
    };
    s.on_body = [](llhttp_t* p, const char* at, size_t size) {
      if (size == 0) return 0;
      of(p).piece = {at, size};
      return static_cast<int>(HPE_PAUSED);
    };
    s.on_message_complete = [](llhttp_t* p) {
      of(p).complete = true;
      return static_cast<int>(HPE_PAUSED);
    };
    return s;
  }();
  return kSettings;
}

ResponseParser::ResponseParser(const ResponseLimits& limits, RequestKind kind)
    : limits_(limits), kind_(kind), llhttp_(std::make_unique<Llhttp>(this)) {}

ResponseParser::~ResponseParser() = default;

ResponseParser::Step ResponseParser::fail(std::string reason, bool cutOff) {
  state_ = State::Failed;
  error_ = std::move(reason);
  cutOff_ = cutOff;
  return Step::Error;
}

std::string_view ResponseParser::header(std::string_view name) const {
  for (const auto& [key, value] : headers_) {
    if (key == name) return value;
  }
  return {};
}

ResponseParser::Step ResponseParser::step(std::string_view& input, std::string_view& piece) {
  switch (state_) {
    case State::Head:
      return readHead(input);
    case State::Announced:
      state_ = llhttp_->complete ? State::Ended : State::Body;
      return step(input, piece);
    case State::UntilClose:
    case State::Body:
      return readBody(input, piece);
    case State::Ended:
      return Step::End;
    case State::Failed:
      break;
  }
  return Step::Error;
}

ResponseParser::Step ResponseParser::readHead(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t before = partial_.size();
    if (before > 0) partial_.append(input.substr(0, limits_.head + 1));
    const std::string_view head = before > 0 ? std::string_view(partial_) : input;
    if (!scanLines(head)) return Step::Error;

    const std::size_t size = headEnd_ > 0 ? headEnd_ : head.size();
    if (headBytes_ + size > limits_.head) {
      return fail("its head is larger than " + std::to_string(limits_.head) + " bytes");
    }
    if (headEnd_ == 0) {
      if (before == 0) partial_.assign(input);
      input = {};
      return Step::NeedInput;
    }
    input.remove_prefix(headEnd_ - before);
    headBytes_ += headEnd_;
    const Step step = acceptHead(head.substr(0, headEnd_));
    partial_.clear();
    scanned_ = headEnd_ = 0;
    if (step != Step::NeedInput) return step;
  }
  return Step::NeedInput;
}

bool ResponseParser::scanLines(std::string_view head) {
  const std::size_t prefix = std::min(head.size(), kVersionPrefix.size());
  if (head.substr(0, prefix) != kVersionPrefix.substr(0, prefix)) {
    fail("it does not speak HTTP/1.1");
    return false;
  }
  headEnd_ = 0;
  for (;;) {
    const std::size_t end = head.find('\n', scanned_);
    if (end == std::string_view::npos) return true;
    if (!scanLine(head.substr(scanned_, end - scanned_))) return false;
    const bool empty = end == scanned_ + 1;
    scanned_ = end + 1;
    if (empty) {
      headEnd_ = scanned_;
      return true;
    }
  }
}

/// `line` lacks its LF.
bool ResponseParser::scanLine(std::string_view line) {
  const std::size_t cr = line.find('\r');
  if (cr == std::string_view::npos || cr + 1 != line.size()) {
    fail("a line of its head has a bare CR or LF");
    return false;
  }
  if (line.find('\0') != std::string_view::npos) {
    fail("its head has a NUL byte");
    return false;
  }
  if (scanned_ == 0 || line.size() == 1) return true;
  const std::size_t colon = line.find(':');
  if (line[0] == ' ' || line[0] == '\t' || colon == std::string_view::npos || colon == 0 ||
      line[colon - 1] == ' ' || line[colon - 1] == '\t') {
    fail("a header of its head is malformed or folded");
    return false;
  }
  return true;
}

ResponseParser::Step ResponseParser::acceptHead(std::string_view head) {
  llhttp_->reset();
  headers_.clear();
  contentLength_.reset();
  if (!parseHead(head) || !checkFraming()) return Step::Error;
  if (status_ == 101) return fail("it switches protocols, which was not asked for");
  if (status_ / 100 == 1) {
    if (++interims_ > limits_.interim) return fail("it sends interim answers without end");
    return Step::NeedInput;
  }
  state_ = State::Announced;
  const bool untilClose = llhttp_->hasBody() && !llhttp_->complete && !contentLength_ &&
                          (llhttp_->parser.flags & F_CHUNKED) == 0;
  if (untilClose) {
    state_ = State::UntilClose;
    keepAlive_ = false;
  }
  return Step::Head;
}

bool ResponseParser::parseHead(std::string_view head) {
  llhttp_t& parser = llhttp_->parser;
  const llhttp_errno_t result = llhttp_execute(&parser, head.data(), head.size());
  const bool paused = result == HPE_PAUSED && llhttp_->complete;
  if ((result != HPE_OK && !paused) || !llhttp_->headComplete) {
    const char* reason = llhttp_get_error_reason(&parser);
    fail("its head is malformed" + (reason && *reason ? ": " + std::string(reason) : ""));
    return false;
  }
  if (headers_.size() > limits_.headers) {
    fail("its head has more than " + std::to_string(limits_.headers) + " headers");
    return false;
  }
  status_ = parser.status_code;
  if (status_ < 100 || parser.http_major != 1 || parser.http_minor > 1) {
    fail("its status line is malformed");
    return false;
  }
  return true;
}

/// The rules that decide where the body ends, of RFC 9112 section 6, without its allowances.
bool ResponseParser::checkFraming() {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (const auto& [name, value] : headers_) {
    if (name == "content-length") {
      ++lengths;
      contentLength_ = llhttp_->parser.content_length;
      const bool digits = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
      if (!digits) return fail("its content-length is not a number"), false;
      if (!llhttp_->hasBody()) contentLength_ = 0;
    } else if (name == "transfer-encoding") {
      ++codings;
      if (!equalsIgnoringCase(value, "chunked") || llhttp_->parser.http_minor == 0) {
        return fail("its transfer-encoding is not plain chunked"), false;
      }
    } else if (name == "content-encoding" && !value.empty() &&
               !equalsIgnoringCase(value, "identity")) {
      return fail("its body is compressed, which was not asked for"), false;
    }
  }
  if (lengths > 1 || codings > 1) return fail("it gives more than one length"), false;
  if (lengths + codings > 1) return fail("it gives a length and is chunked"), false;
  if (lengths + codings > 0 && status_ / 100 == 1) {
    return fail("an interim answer has a body"), false;
  }
  return true;
}

ResponseParser::Step ResponseParser::readBody(std::string_view& input, std::string_view& piece) {
  llhttp_t& parser = llhttp_->parser;
  if (input.empty()) return Step::NeedInput;
  llhttp_->piece = {};
  const llhttp_errno_t result = llhttp_execute(&parser, input.data(), input.size());
  std::size_t used = input.size();
  if (result == HPE_PAUSED) {
    used = static_cast<std::size_t>(llhttp_get_error_pos(&parser) - input.data());
    llhttp_resume(&parser);
  } else if (result != HPE_OK) {
    return fail("its chunked body is malformed");
  }
  input.remove_prefix(used);
  overhead_ = llhttp_->piece.empty() ? overhead_ + used : 0;
  if (overhead_ > kMaxOverhead) return fail("its chunked body holds too little body");
  if (!llhttp_->piece.empty()) {
    piece = llhttp_->piece;
    // llhttp tells of the end only when it is called again, which takes a byte of something else.
    bodyBytes_ += piece.size();
    if (contentLength_ && bodyBytes_ == *contentLength_) state_ = State::Ended;
    return Step::Body;
  }
  if (!llhttp_->complete) return Step::NeedInput;
  state_ = State::Ended;
  return Step::End;
}

ResponseParser::Step ResponseParser::finish(bool properly) {
  if (state_ == State::Ended || (state_ == State::Announced && llhttp_->complete)) {
    state_ = State::Ended;
    return Step::End;
  }
  if (state_ == State::Failed) return Step::Error;
  if (state_ == State::UntilClose && properly) {
    state_ = State::Ended;
    return Step::End;
  }
  return fail("it closed the connection before the end of its answer", true);
}

}  // namespace pagoda::net
