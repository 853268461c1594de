#pragma once
// What comes from an upstream: frames, and an answer of which only the head matters.

#include <string>
#include <utility>
#include <vector>

#include "core/domain/http_client.h"

namespace pagoda::testing {

inline Frame frameOf(std::string_view data, bool last = false) {
  Frame frame;
  frame.data = data;
  frame.framing = Framing::Sse;
  frame.last = last;
  return frame;
}

class FakeResponse final : public UpstreamResponse {
 public:
  explicit FakeResponse(int status, std::vector<std::pair<std::string, std::string>> headers = {})
      : status_(status), headers_(std::move(headers)) {}
  int status() const override { return status_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const override {
    return headers_;
  }
  Task<tl::expected<Frame, AttemptFailure>> next() override {
    co_return tl::expected<Frame, AttemptFailure>(frameOf("", true));
  }

 private:
  int status_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace pagoda::testing
