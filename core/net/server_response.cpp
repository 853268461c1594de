#include "core/net/server_response.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "core/net/request_rules.h"
#include "core/net/server_body.h"

namespace pagoda::net {
namespace {

// A body up to this size is copied behind its head: one buffer, one system call, one TLS record.
constexpr std::size_t kCopiedBody = 16 * 1024;
constexpr std::size_t kLargeBuffer = 64 * 1024;

void appendNumber(std::string& out, std::size_t value, int base = 10) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value, base).ptr;
  out.append(text, end);
}

/// Fields that the writer sets itself.
bool isOurs(std::string_view name) noexcept {
  return equalsIgnoreCase(name, "content-length") || equalsIgnoreCase(name, "transfer-encoding") ||
         equalsIgnoreCase(name, "connection") || equalsIgnoreCase(name, "date");
}

/// A value that could end its line would let its author write the rest of the answer.
bool isSafe(std::string_view name, std::string_view value) noexcept {
  return isToken(name) && std::ranges::all_of(value, [](char c) {
           return isFieldByte(static_cast<unsigned char>(c));
         });
}

bool hasNoBody(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

ServerResponse::ServerResponse(Stream& stream, OutBuffer& out, DateCache& dates,
                               const ServerLimits& limits, Request request, const ServerBody* body)
    : stream_(stream), out_(out), dates_(dates), limits_(limits), request_(request), body_(body) {}

void ServerResponse::writeHead(int status, const HeaderList& headers, Framing framing,
                               std::size_t length) {
  std::string& out = out_.bytes;
  framing_ = framing;
  // A body that is not read to its end leaves bytes on the connection that are no request.
  keepAlive_ =
      request_.keepAlive && body_ != nullptr && body_->complete() && framing != Framing::UntilClose;
  out.append("HTTP/1.1 ");
  appendNumber(out, static_cast<std::size_t>(status));
  out.append(" ").append(reasonOf(status)).append("\r\n");
  for (const auto& [name, value] : headers) {
    if (isOurs(name) || !isSafe(name, value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out.append("date: ").append(dates_.at(stream_.loop().clock().unixNow())).append("\r\n");
  if (framing == Framing::Length) {
    out.append("content-length: ");
    appendNumber(out, length);
    out.append("\r\n");
  } else if (framing == Framing::Chunked) {
    out.append("transfer-encoding: chunked\r\n");
  }
  if (!keepAlive_) {
    out.append("connection: close\r\n");
  } else if (request_.http10) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

Task<void> ServerResponse::send(int status, const HeaderList& headers, std::string_view body) {
  assert(state_ == State::Unsent && "one answer for one request");
  state_ = State::Finished;
  const bool none = hasNoBody(status);
  writeHead(status, headers, none ? Framing::None : Framing::Length, body.size());
  std::string_view rest = none || request_.head ? std::string_view{} : body;
  if (rest.size() <= kCopiedBody) {
    out_.bytes.append(rest);
    rest = {};
  }
  if (writeSome(rest)) co_return;
  const Result<void> written = co_await writeAll(rest);
  if (!written) broken_ = true;
}

void ServerResponse::start(int status, const HeaderList& headers) {
  assert(state_ == State::Unsent && "one answer for one request");
  state_ = State::Streaming;
  writeHead(status, headers, request_.http10 ? Framing::UntilClose : Framing::Chunked, 0);
}

void ServerResponse::append(std::string_view bytes) {
  assert(state_ == State::Streaming);
  if (request_.head || broken_) return;
  pending_.append(bytes);
  if (pending_.size() < kLargeBuffer) return;
  frame();
  std::string_view nothing;
  writeSome(nothing);
}

void ServerResponse::frame() {
  if (pending_.empty()) return;
  if (framing_ == Framing::Chunked) {
    appendNumber(out_.bytes, pending_.size(), 16);
    out_.bytes.append("\r\n").append(pending_).append("\r\n");
  } else {
    out_.bytes.append(pending_);
  }
  pending_.clear();
}

/// Writes what goes without waiting, first what is buffered, then `rest`, which it shortens. True:
/// there is nothing left to do, because all is written or the connection is broken.
bool ServerResponse::writeSome(std::string_view& rest) {
  while (!out_.empty() || !rest.empty()) {
    const std::string_view buffered = std::string_view(out_.bytes).substr(out_.sent);
    const IoResult result = stream_.write(buffered, rest);
    if (result.status == IoStatus::WouldBlock) return false;
    if (result.status != IoStatus::Ok) {
      broken_ = true;
      break;
    }
    const std::size_t fromBuffer = std::min(result.bytes, buffered.size());
    out_.sent += fromBuffer;
    rest.remove_prefix(result.bytes - fromBuffer);
    if (out_.empty()) {
      out_.bytes.clear();
      out_.sent = 0;
    }
  }
  return true;
}

Task<Result<void>> ServerResponse::writeAll(std::string_view rest) {
  while (!writeSome(rest)) {
    const TimePoint deadline = stream_.loop().now() + limits_.writeTimeout;
    const WaitStatus wait = co_await stream_.writable(deadline, &clientGone_);
    if (wait == WaitStatus::Ready) continue;
    broken_ = true;
    if (wait == WaitStatus::TimedOut) {
      co_return fail(ErrorCode::DeadlineExceeded, "the client took nothing of the answer");
    }
  }
  if (broken_) co_return fail(ErrorCode::Cancelled, "the client has gone");
  co_return Result<void>{};
}

Task<Result<void>> ServerResponse::flush() {
  if (broken_ || clientGone_.cancelled()) {
    co_return fail(ErrorCode::Cancelled, "the client has gone");
  }
  frame();
  std::string_view nothing;
  if (writeSome(nothing) && !broken_) co_return Result<void>{};
  co_return co_await writeAll(nothing);
}

Task<void> ServerResponse::finish() {
  assert(state_ == State::Streaming);
  frame();
  state_ = State::Finished;
  if (framing_ == Framing::Chunked && !request_.head) out_.bytes.append("0\r\n\r\n");
  std::string_view nothing;
  if (broken_ || writeSome(nothing)) co_return;
  const Result<void> written = co_await writeAll(nothing);
  if (!written) broken_ = true;
}

void ServerResponse::abort() {
  broken_ = true;
  state_ = State::Finished;
  keepAlive_ = false;
  if (framing_ != Framing::Chunked) return;
  frame();
  std::string_view nothing;
  writeSome(nothing);  // what was produced is good; the missing last chunk says that more was due
}

ServerResponse::Ending ServerResponse::ending() const noexcept {
  const bool missingChunkTells = framing_ == Framing::Chunked && out_.empty();
  if (broken_ || state_ != State::Finished) {
    return missingChunkTells ? Ending::Close : Ending::Reset;
  }
  return keepAlive_ ? Ending::KeepAlive : Ending::Close;
}

}  // namespace pagoda::net
