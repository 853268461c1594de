#include "core/net/server_body.h"

#include <algorithm>

#include "core/net/chunked_decoder.h"

namespace pagoda::net {
namespace {

// A declared length is a promise; memory is set aside as it is kept.
constexpr std::size_t kReservedAhead = 64 * 1024;

tl::unexpected<Error> tooLarge(std::size_t limit) {
  return fail(ErrorCode::PayloadTooLarge,
              "the body is larger than " + std::to_string(limit) + " bytes");
}

}  // namespace

ServerBody::ServerBody(Stream& stream, std::string& inbox, const ServerLimits& limits,
                       const RequestHead& head)
    : stream_(stream),
      inbox_(inbox),
      limits_(limits),
      kind_(head.body),
      length_(head.contentLength),
      expectsContinue_(head.expectsContinue),
      complete_(head.body == BodyKind::None) {}

Task<Result<std::string>> ServerBody::readAll(std::size_t limit) {
  limit = std::min(limit, limits_.maxBodyBytes);
  if (kind_ == BodyKind::None) co_return std::string{};
  if (begun_) co_return fail(ErrorCode::Internal, "the body has been read already");
  begun_ = true;
  if (kind_ == BodyKind::Sized && length_ > limit) co_return tooLarge(limit);
  if (expectsContinue_ && inbox_.empty() && !sendContinue()) {
    co_return fail(ErrorCode::Cancelled, "the client has gone");
  }
  if (kind_ == BodyKind::Sized) co_return co_await readSized();
  co_return co_await readChunked(limit);
}

bool ServerBody::sendContinue() {
  // 25 bytes at the start of an answer always fit into the kernel's buffer.
  return stream_.write("HTTP/1.1 100 Continue\r\n\r\n").status == IoStatus::Ok;
}

Task<Result<std::string_view>> ServerBody::receive(TimePoint deadline) {
  for (;;) {
    const std::span<char> scratch = stream_.loop().scratch();
    const IoResult result = stream_.read(scratch.data(), scratch.size());
    if (result.status == IoStatus::Ok) co_return std::string_view(scratch.data(), result.bytes);
    if (result.status == IoStatus::Closed) {
      co_return fail(ErrorCode::InvalidRequest, "the body ends before its declared end");
    }
    if (result.status == IoStatus::Failed) {
      co_return fail(ErrorCode::Cancelled, "the client has gone");
    }
    const WaitStatus wait = co_await stream_.readable(deadline, cancel_);
    if (wait == WaitStatus::TimedOut) {
      co_return fail(ErrorCode::DeadlineExceeded, "the body took too long to arrive");
    }
    if (wait == WaitStatus::Cancelled) {
      co_return fail(ErrorCode::Cancelled, "the client has gone");
    }
  }
}

Task<Result<std::string>> ServerBody::readSized() {
  const TimePoint deadline = stream_.loop().now() + limits_.bodyTimeout;
  const auto length = static_cast<std::size_t>(length_);
  std::string body;
  if (inbox_.size() <= length) {
    body = std::exchange(inbox_, {});
  } else {
    body.assign(inbox_, 0, length);
    inbox_.erase(0, length);
  }
  if (body.size() < length) body.reserve(std::min(length, body.size() + kReservedAhead));
  while (body.size() < length) {
    const Result<std::string_view> received = co_await receive(deadline);
    if (!received) co_return fail(received.error());
    const std::string_view bytes = *received;
    const std::size_t take = std::min(bytes.size(), length - body.size());
    body.append(bytes.substr(0, take));
    inbox_.append(bytes.substr(take));
  }
  complete_ = true;
  co_return std::move(body);
}

Task<Result<std::string>> ServerBody::readChunked(std::size_t limit) {
  const TimePoint deadline = stream_.loop().now() + limits_.bodyTimeout;
  ChunkedDecoder decoder(limit);
  std::string body;
  const std::string first = std::exchange(inbox_, {});
  std::string_view bytes = first;
  for (;;) {
    switch (decoder.decode(bytes, body)) {
      case ChunkedDecoder::State::Done:
        inbox_.assign(bytes);
        complete_ = true;
        co_return std::move(body);
      case ChunkedDecoder::State::Malformed:
        co_return fail(ErrorCode::InvalidRequest, "the body's chunked coding is malformed");
      case ChunkedDecoder::State::TooLarge:
        co_return tooLarge(limit);
      case ChunkedDecoder::State::More:
        break;
    }
    const Result<std::string_view> received = co_await receive(deadline);
    if (!received) co_return fail(received.error());
    bytes = *received;
  }
}

}  // namespace pagoda::net
