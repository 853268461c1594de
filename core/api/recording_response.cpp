#include "core/api/recording_response.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestRecorded = 32u << 20;

// A repeated request has an id, a page and a time of its own, and costs nothing.
constexpr std::array<std::string_view, 6> kOfOneDelivery{
    "x-request-id", "server-timing",     "access-control-allow-origin",
    "vary",         "x-pagoda-cost-usd", "x-content-type-options"};

}  // namespace

Task<void> RecordingResponse::send(int status, const HeaderList& headers, std::string_view body) {
  state_ = State::Whole;
  status_ = status;
  headers_ = headers;
  body_ = body;
  overLimit_ = body_.size() > kLongestRecorded;
  finished_ = true;
  co_return;
}

void RecordingResponse::start(int status, const HeaderList& headers) {
  state_ = State::Streaming;
  status_ = status;
  headers_ = headers;
  client_.start(status, headers);
}

void RecordingResponse::append(std::string_view bytes) {
  if (!clientLeft()) unsent_.append(bytes);
  if (overLimit_) return;
  overLimit_ = body_.size() + bytes.size() > kLongestRecorded;
  if (overLimit_) {
    body_ = std::string();
  } else {
    body_.append(bytes);
  }
}

Task<Result<void>> RecordingResponse::flush() {
  if (!clientLeft()) {
    client_.append(std::exchange(unsent_, {}));
    const Result<void> taken = co_await client_.flush();
    if (!taken) left_ = true;
  }
  co_return Result<void>{};
}

Task<void> RecordingResponse::finish() {
  finished_ = true;
  co_return;
}

StoredAnswer RecordingResponse::recorded(RequestId request) const {
  StoredAnswer answer;
  answer.request = request;
  answer.status = status_;
  for (const auto& header : headers_)
    if (std::ranges::find(kOfOneDelivery, header.first) == kOfOneDelivery.end())
      answer.headers.push_back(header);
  answer.body = body_;
  return answer;
}

Task<void> RecordingResponse::release() {
  if (state_ == State::Whole) {
    co_await client_.send(status_, headers_, body_);
  } else if (state_ == State::Streaming) {
    if (aborted_ || !finished_ || clientLeft()) {
      client_.abort();
      co_return;
    }
    client_.append(std::exchange(unsent_, {}));
    co_await client_.finish();
  }
}

}  // namespace pagoda::api
