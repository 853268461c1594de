// pagoda/sdk/exchange.hpp - what a provider class is handed, and what it hands back.
#pragma once

#include <cstdint>
#include <string_view>

#include "../provider.h"
#include "core.hpp"
#include "events.hpp"

namespace pagoda::sdk {

/// The HTTP request under construction; the host owns it. Each call throws Failure if the host
/// refuses (a URL outside the permissions, a header of the host's own).
class HttpRequest {
 public:
  explicit HttpRequest(pagoda_http_request* request) noexcept : request_(request) {}
  HttpRequest& post(std::string_view url, pagoda_framing framing) {
    return target("POST", url, framing);
  }
  HttpRequest& target(std::string_view method, std::string_view url, pagoda_framing framing) {
    request_->framing = framing;
    return checked(request_->target(request_, str(method), str(url)));
  }
  HttpRequest& header(std::string_view name, std::string_view value) {
    return checked(request_->header(request_, str(name), str(value)));
  }
  /// A header with a secret in it, which the host puts in as it sends.
  HttpRequest& secretHeader(std::string_view name, std::string_view prefix, std::string_view secret,
                            std::string_view suffix = {}) {
    return checked(
        request_->secret_header(request_, str(name), str(prefix), str(secret), str(suffix)));
  }
  HttpRequest& bearer(std::string_view secret) {
    return secretHeader("authorization", "Bearer ", secret);
  }
  HttpRequest& firstByteTimeout(std::uint32_t ms) noexcept {
    request_->first_byte_timeout_ms = ms;
    return *this;
  }
  HttpRequest& idleTimeout(std::uint32_t ms) noexcept {
    request_->idle_timeout_ms = ms;
    return *this;
  }
  Buffer body() noexcept { return Buffer(request_->body); }

 private:
  HttpRequest& checked(pagoda_status status) {
    if (status < 0) throw Failure(status, "the host refused a part of the HTTP request");
    return *this;
  }
  pagoda_http_request* request_;
};

/// A piece of a 2xx body. Views live until Exchange::data returns.
struct Frame {
  std::string_view event;
  std::string_view data;
  bool last = false;  ///< the body ends here; data may be empty
  pagoda_framing framing = PAGODA_FRAMING_WHOLE;
};

/// One request in flight at a TRANSLATOR. The members may throw; they never overlap, though the
/// thread may differ. Must not block.
class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  /// Fills the one HTTP request of this exchange.
  virtual void request(HttpRequest& http) = 0;
  /// Override for an exchange of several HTTP requests, or one that polls.
  virtual void next(pagoda_step& step) {
    if (sent_) {
      step.kind = PAGODA_STEP_DONE;
      return;
    }
    sent_ = true;
    step.kind = PAGODA_STEP_HTTP;
    HttpRequest http(step.http);
    request(http);
  }
  virtual void head(const pagoda_http_head&) {}
  virtual void data(const Frame& frame, Events& events) = 0;
  /// A status of 300 or above. `error` holds the host's reading; correct it.
  virtual void failed(const pagoda_http_head&, std::string_view /*body*/, pagoda_error&) {}

 private:
  bool sent_ = false;
};

/// Whether invoke() has answered, or call.finish() will follow.
enum class Outcome { Done, Pending };

/// A call of a NATIVE provider. A cheap copy; valid until invoke has returned Done or thrown, or
/// finish() was called.
class Call {
 public:
  explicit Call(const pagoda_call* call) noexcept : call_(call) {}
  std::uint64_t id() const noexcept { return call_->id; }
  const pagoda_attempt& attempt() const noexcept { return *call_->attempt; }
  Events events() const noexcept { return Events(call_->events); }
  bool cancelled() const noexcept { return call_->cancelled(call_) != 0; }
  /// Exactly once after Outcome::Pending, from any thread; the last use of this call.
  void finish() const noexcept { call_->finish(call_, PAGODA_OK, nullptr); }
  void fail(pagoda_status status, std::string_view message) const noexcept {
    auto error = init<pagoda_error>();
    error.retry_after_ms = -1;
    report(&error, status, message);
    call_->finish(call_, status, &error);
  }

 private:
  const pagoda_call* call_;
};

/// Takes the models that a provider knows without asking anyone.
class Models {
 public:
  explicit Models(const pagoda_model_sink* sink) noexcept : sink_(sink) {}
  /// A model with every figure unknown, to be filled and added.
  static pagoda_model named(std::string_view name) noexcept {
    auto model = init<pagoda_model>();
    model.name = model.title = str(name);
    model.context_tokens = model.max_output_tokens = -1;
    model.price_input_uusd_mtok = model.price_output_uusd_mtok = -1;
    model.price_cache_read_uusd_mtok = model.price_cache_write_uusd_mtok = -1;
    return model;
  }
  void add(const pagoda_model& model) {
    const pagoda_status status = sink_->add(sink_, &model);
    if (status < 0) throw Failure(status, "the host refused a model");
  }

 private:
  const pagoda_model_sink* sink_;
};

}  // namespace pagoda::sdk
