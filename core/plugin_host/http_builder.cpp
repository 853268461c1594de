#include "core/plugin_host/http_builder.h"

#include <algorithm>
#include <array>

#include "core/plugin_host/secret_book.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"
#include "core/plugin_host/url_rules.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestValue = 16'384;
constexpr std::size_t kSmallestBody = 512;

// The host's own, hop-by-hop, or able to make two ends disagree on where a message ends.
constexpr std::array<std::string_view, 18> kHostsOwn = {"host",
                                                        "content-length",
                                                        "connection",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "te",
                                                        "trailer",
                                                        "upgrade",
                                                        "expect",
                                                        "transfer-encoding",
                                                        "accept-encoding",
                                                        "forwarded",
                                                        "traceparent",
                                                        "tracestate",
                                                        "baggage",
                                                        "proxy-connection",
                                                        "via"};

bool isToken(std::string_view text, std::size_t longest) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool isValue(std::string_view text) {
  return text.size() <= kLongestValue && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
         });
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

Framing framingOf(pagoda_framing framing) {
  switch (framing) {
    case PAGODA_FRAMING_SSE:
      return Framing::Sse;
    case PAGODA_FRAMING_LINES:
      return Framing::Lines;
    case PAGODA_FRAMING_RAW:
      return Framing::Raw;
    case PAGODA_FRAMING_AWS:
      return Framing::AwsEventStream;
    case PAGODA_FRAMING_ARRAY:
      return Framing::JsonArray;
    default:
      return Framing::Whole;
  }
}

}  // namespace

/// The functions that the plugin calls; they let no exception out.
struct HttpBuilder::Calls {
  static HttpBuilder& of(pagoda_http_request* request) {
    return *static_cast<HttpBuilder*>(request->impl);
  }

  template <class F>
  static pagoda_status kept(F&& work) noexcept {
    try {
      return work();
    } catch (...) {
      return PAGODA_E_NO_MEMORY;
    }
  }

  static pagoda_status PAGODA_CALL target(pagoda_http_request* request, pagoda_str method,
                                          pagoda_str url) noexcept {
    return kept([&] {
      HttpBuilder& self = of(request);
      if (!isToken(viewOf(method), 16))
        return self.reject(PAGODA_E_INVALID_REQUEST, "the plugin named no HTTP method");
      if (std::string why = self.rules_.urls.refusal(viewOf(url)); !why.empty())
        return self.reject(PAGODA_E_PERMISSION, std::move(why));
      self.out_.method = viewOf(method);
      self.out_.url = viewOf(url);
      return static_cast<pagoda_status>(PAGODA_OK);
    });
  }

  static pagoda_status PAGODA_CALL header(pagoda_http_request* request, pagoda_str name,
                                          pagoda_str value) noexcept {
    return kept([&] {
      HttpBuilder& self = of(request);
      const pagoda_status status = self.checkHeader(viewOf(name), viewOf(value));
      if (status == PAGODA_OK) self.out_.headers.emplace_back(viewOf(name), viewOf(value));
      return status;
    });
  }

  static pagoda_status PAGODA_CALL secretHeader(pagoda_http_request* request, pagoda_str name,
                                                pagoda_str prefix, pagoda_str secret,
                                                pagoda_str suffix) noexcept {
    return kept([&] {
      HttpBuilder& self = of(request);
      if (const pagoda_status status = self.checkHeader(viewOf(name), viewOf(prefix)); status < 0)
        return status;
      if (!isValue(viewOf(suffix)))
        return self.reject(PAGODA_E_INVALID_REQUEST,
                           "the plugin put control characters into a header");
      if (!std::ranges::count(self.rules_.secretNames, viewOf(secret)))
        return self.reject(PAGODA_E_CONFIG, "the plugin's manifest does not name the secret " +
                                                cleanLine(viewOf(secret), 64));
      self.secretHeaders_.push_back({std::string(viewOf(name)), std::string(viewOf(prefix)),
                                     std::string(viewOf(secret)), std::string(viewOf(suffix))});
      return static_cast<pagoda_status>(PAGODA_OK);
    });
  }

  static std::int32_t PAGODA_CALL grow(pagoda_buf* buffer, std::size_t need) noexcept {
    auto& body = *static_cast<Body*>(buffer);
    std::string& storage = *body.storage;
    const auto used =
        static_cast<std::size_t>(body.pos - reinterpret_cast<std::uint8_t*>(storage.data()));
    if (used > storage.size()) return PAGODA_E_BAD_STATE;
    if (storage.size() - used >= need) return PAGODA_OK;
    if (need > body.limit - used) {
      body.full = true;
      return PAGODA_E_TOO_LARGE;
    }
    return kept([&] {
      storage.resize(std::min(body.limit, std::max(storage.size() * 2, used + need)));
      auto* data = reinterpret_cast<std::uint8_t*>(storage.data());
      body.pos = data + used;
      body.end = data + storage.size();
      return static_cast<pagoda_status>(PAGODA_OK);
    });
  }
};

HttpBuilder::HttpBuilder(const SendRules& rules, UpstreamRequest& out, std::size_t expectedBody)
    : rules_(rules), out_(out) {
  out_.headers.clear();
  out_.body.resize(std::min(rules.bodyLimit, std::max(kSmallestBody, expectedBody)));
  body_.storage = &out_.body;
  body_.limit = rules.bodyLimit;
  body_.pos = reinterpret_cast<std::uint8_t*>(out_.body.data());
  body_.end = body_.pos + out_.body.size();
  body_.grow = Calls::grow;
  request_.struct_size = sizeof request_;
  request_.impl = this;
  request_.body = &body_;
  request_.target = Calls::target;
  request_.header = Calls::header;
  request_.secret_header = Calls::secretHeader;
}

pagoda_status HttpBuilder::reject(pagoda_status status, std::string message) {
  if (mistake_.empty()) {
    mistake_ = std::move(message);
    // The request's caller can do nothing about a plugin that sends to the wrong place.
    mistakeKind_ = status == PAGODA_E_INVALID_REQUEST ? FailureKind::Internal : FailureKind::Config;
  }
  return status;
}

pagoda_status HttpBuilder::checkHeader(std::string_view name, std::string_view value) {
  if (!isToken(name, kLongestName))
    return reject(PAGODA_E_INVALID_REQUEST, "the plugin named a header that is none");
  if (!isValue(value))
    return reject(PAGODA_E_INVALID_REQUEST, "the plugin put control characters into a header");
  if (std::ranges::count(kHostsOwn, lowered(name)))
    return reject(PAGODA_E_INVALID_REQUEST,
                  "the plugin set the header " + lowered(name) + ", which is the host's");
  if (out_.headers.size() + secretHeaders_.size() >= kMostHeaders)
    return reject(PAGODA_E_INVALID_REQUEST, "the plugin set too many headers");
  return PAGODA_OK;
}

std::optional<AttemptFailure> HttpBuilder::mistake() const {
  if (!mistake_.empty()) return failure(mistakeKind_, mistake_);
  if (body_.full)
    return failure(FailureKind::TooLarge,
                   "the request is larger than " + std::to_string(body_.limit) + " bytes");
  return std::nullopt;
}

std::optional<AttemptFailure> HttpBuilder::takeBody() {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(out_.body.data());
  if (body_.pos < begin || body_.pos > begin + out_.body.size())
    return failure(FailureKind::Internal, "the plugin wrote past its buffer");
  out_.body.resize(static_cast<std::size_t>(body_.pos - begin));
  return std::nullopt;
}

std::optional<AttemptFailure> HttpBuilder::addSecrets(std::vector<UsedSecret>& used) {
  used.clear();
  for (SecretHeader& header : secretHeaders_) {
    std::size_t ordinal = 0;
    const Secret* secret = rules_.secrets.current(header.secret, ordinal);
    // A server on this machine seldom wants a key; if it does, it says so.
    if (secret == nullptr) {
      const auto url = readUrl(out_.url);
      if (url && isLoopback(url->host)) continue;
      return failure(FailureKind::Auth, std::string(rules_.missingSecret));
    }
    if (secret->empty()) continue;
    if (!isValue(secret->reveal()))
      return failure(FailureKind::Config,
                     "the secret " + header.secret + " holds control characters");
    std::string value = std::move(header.prefix);
    value.append(secret->reveal()).append(header.suffix);
    out_.headers.emplace_back(std::move(header.name), std::move(value));
    used.push_back({std::move(header.secret), ordinal});
  }
  return std::nullopt;
}

std::optional<AttemptFailure> HttpBuilder::finish(std::vector<UsedSecret>& used) {
  if (auto refused = mistake()) return refused;
  if (auto failed = takeBody()) return failed;
  if (out_.url.empty())
    return failure(FailureKind::Internal, "the plugin named no target for its request");
  out_.framing = framingOf(request_.framing);
  if (request_.first_byte_timeout_ms != 0)
    out_.firstByteTimeout = Millis(request_.first_byte_timeout_ms);
  if (request_.idle_timeout_ms != 0) out_.idleTimeout = Millis(request_.idle_timeout_ms);
  return addSecrets(used);
}

}  // namespace pagoda::plugin_host
