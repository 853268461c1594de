#pragma once
// A connection without a socket: a request made of strings, a body that knows whether it was read,
// and a writer that keeps the answer.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/domain/http_server.h"

namespace pagoda::testing {

/// Owns the strings that an HttpRequest points to.
class FakeRequest {
 public:
  FakeRequest(std::string method, std::string target) {
    request_.method = keep(std::move(method));
    request_.target = keep(std::move(target));
    const std::size_t mark = request_.target.find('?');
    request_.path = request_.target.substr(0, mark);
    if (mark != std::string_view::npos) request_.query = request_.target.substr(mark + 1);
    request_.peer = "127.0.0.1";
    with("host", "localhost:8080");
  }
  FakeRequest(const FakeRequest&) = delete;
  FakeRequest& operator=(const FakeRequest&) = delete;

  FakeRequest& with(std::string name, std::string value) {
    const std::string_view kept = keep(std::move(name));
    request_.headers.emplace_back(kept, keep(std::move(value)));
    return *this;
  }
  FakeRequest& at(TimePoint received) {
    request_.received = received;
    return *this;
  }
  const HttpRequest& get() const { return request_; }

 private:
  std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }

  std::deque<std::string> strings_;  // a deque: its elements stay where they are
  HttpRequest request_;
};

class FakeBody final : public BodyReader {
 public:
  explicit FakeBody(std::string bytes) : bytes_(std::move(bytes)) {}
  Task<Result<std::string>> readAll(std::size_t limit) override {
    wasRead = true;
    if (failure) co_return tl::unexpected<Error>(*failure);
    if (bytes_.size() > limit) co_return fail(ErrorCode::PayloadTooLarge, "the body is too large");
    co_return std::move(bytes_);
  }
  bool wasRead = false;
  std::optional<Error> failure;

 private:
  std::string bytes_;
};

class FakeResponse final : public ResponseWriter {
 public:
  Task<void> send(int code, const HeaderList& list, std::string_view bytes) override {
    status = code;
    headers = list;
    body = bytes;
    ++answers;
    co_return;
  }
  void start(int code, const HeaderList& list) override {
    status = code;
    headers = list;
    streaming = true;
    ++answers;
  }
  void append(std::string_view bytes) override { pending_ += bytes; }
  Task<Result<void>> flush() override {
    flushes += 1;
    body += std::exchange(pending_, {});
    if (leaveAfterFlushes && flushes >= *leaveAfterFlushes) gone_.cancel();
    if (gone_.cancelled()) co_return fail(ErrorCode::Cancelled, "the client went away");
    co_return Result<void>{};
  }
  Task<void> finish() override {
    body += std::exchange(pending_, {});
    finished = true;
    co_return;
  }
  void abort() override { aborted = true; }
  bool started() const override { return streaming; }
  CancelSource& clientGone() override { return gone_; }

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
  bool has(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return true;
    return false;
  }

  int status = 0;
  HeaderList headers;
  std::string body;
  int answers = 0;
  int flushes = 0;
  bool streaming = false;
  bool finished = false;
  bool aborted = false;
  std::optional<int> leaveAfterFlushes;  ///< the client goes away during that flush

 private:
  std::string pending_;
  CancelSource gone_;
};

}  // namespace pagoda::testing
