#include "core/net/exchange.h"

#include <algorithm>
#include <utility>

#include "core/net/event_loop.h"

namespace pagoda::net {
namespace {

constexpr std::size_t kKeptOfFailure = 64 * 1024;
/// Reading on this far keeps the connection; beyond it a new one is cheaper.
constexpr std::size_t kDroppedOfFailure = 256 * 1024;

RequestKind kindOf(const std::string& method) {
  return method == "HEAD" ? RequestKind::Head : RequestKind::Normal;
}

}  // namespace

Exchange::Exchange(EventLoop& loop, ReadBuffers& buffers, UpstreamRequest request,
                   RequestBytes bytes, CancelSource* cancel)
    : loop_(loop),
      buffers_(buffers),
      request_(std::move(request)),
      bytes_(std::move(bytes)),
      cancel_(cancel) {
  // Thousands of exchanges wait at a time, each for seconds: they keep what they still need.
  request_.url = {};
  request_.headers = {};
  if (bytes_.bodyAppended) request_.body = {};
}

Exchange::~Exchange() {
  buffers_.giveBack(std::move(buffer_));
}

Exchange::Failed Exchange::fail(Failed why) {
  if (framer_) why.value().httpStatus = parser_->status();
  error_ = why.value();
  ahead_.reset();
  lease_.drop();
  return why;
}

Exchange::Failed Exchange::failUnusable() {
  return fail(failAttempt(FailureKind::Protocol,
                          "the upstream's answer cannot be used: " + parser_->error()));
}

Exchange::Failed Exchange::connectionEnded(IoStatus how) {
  const std::string verb = how == IoStatus::Closed ? "closed" : "reset";
  if (received_) {
    return fail(
        failAttempt(FailureKind::Unavailable,
                    "the upstream " + verb + " the connection before the end of its answer"));
  }
  gone_ = true;
  lease_.discard();
  return failAttempt(FailureKind::Unavailable,
                     "the upstream " + verb + " the connection without an answer");
}

std::size_t Exchange::requestSize() const {
  return bytes_.text.size() + (bytes_.bodyAppended ? 0 : request_.body.size());
}

IoResult Exchange::writeFrom(std::size_t sent) {
  const std::string_view head = bytes_.text;
  if (bytes_.bodyAppended) return lease_.stream()->write(head.substr(sent));
  const std::string_view body = request_.body;
  if (sent >= head.size()) return lease_.stream()->write(body.substr(sent - head.size()));
  return lease_.stream()->write(head.substr(sent), body);
}

/// Waits until more of the request can be sent, or until something can be read.
Task<tl::expected<void, AttemptFailure>> Exchange::waitForRoom() {
  Stream& stream = *lease_.stream();
  CancelSource stop;
  const CancelRegistration given(cancel_, [&stop] { stop.cancel(); });
  bool heard = false;
  stream.onReadable([&] {
    heard = true;
    stream.onReadable({});
    stop.cancel();
  });
  const TimeLimit limit(loop_.now(), request_.idleTimeout, request_.deadline);
  const WaitStatus wait = co_await stream.writable(limit.at(), &stop);
  stream.onReadable({});
  if (wait == WaitStatus::TimedOut) {
    co_return fail(limit.passed("the upstream did not take the rest of the request"));
  }
  if (wait == WaitStatus::Cancelled && !heard) {
    co_return fail(failAttempt(FailureKind::Cancelled, "cancelled while sending the request"));
  }
  co_return tl::expected<void, AttemptFailure>();
}

/// Leaves sentAll_ false when the upstream stops listening or answers before it has everything,
/// as servers do that refuse a large request.
Task<tl::expected<void, AttemptFailure>> Exchange::sendRest(std::size_t sent) {
  while (sent < requestSize()) {
    // What can be read goes first: after a failed write it could not be read any more.
    if (fill() == IoStatus::Ok) {
      const ResponseParser::Step step = parseHead();
      if (step == ResponseParser::Step::Error) co_return failUnusable();
      if (step == ResponseParser::Step::Head) co_return tl::expected<void, AttemptFailure>();
    }
    const IoResult wrote = writeFrom(sent);
    if (wrote.status == IoStatus::Ok) {
      sent += wrote.bytes;
    } else if (wrote.status != IoStatus::WouldBlock) {
      co_return tl::expected<void, AttemptFailure>();
    } else {
      auto waited = co_await waitForRoom();
      if (!waited) co_return waited;
    }
  }
  sentAll_ = true;
  co_return tl::expected<void, AttemptFailure>();
}

ResponseParser::Step Exchange::parseHead() {
  std::string_view piece;
  const ResponseParser::Step step = parser_->step(input_, piece);
  headRead_ = step == ResponseParser::Step::Head;
  return step;
}

Task<tl::expected<void, AttemptFailure>> Exchange::start() {
  gone_ = received_ = sentAll_ = headRead_ = false;
  parser_.emplace(ResponseLimits{.head = request_.maxHead}, kindOf(request_.method));
  if (cancelled()) co_return fail(failAttempt(FailureKind::Cancelled, "cancelled before sending"));

  const IoResult wrote = writeFrom(0);
  sentAll_ = wrote.status == IoStatus::Ok && wrote.bytes == requestSize();
  if (!sentAll_ && (wrote.status == IoStatus::Ok || wrote.status == IoStatus::WouldBlock)) {
    auto rest = co_await sendRest(wrote.bytes);
    if (!rest) co_return rest;
  }
  co_return co_await readHead();
}

Task<tl::expected<void, AttemptFailure>> Exchange::waitForInput(const TimeLimit& limit,
                                                                std::string_view what) {
  const WaitStatus wait = co_await lease_.stream()->readable(limit.at(), cancel_);
  if (wait == WaitStatus::TimedOut) co_return fail(limit.passed(what));
  if (wait == WaitStatus::Cancelled) {
    co_return fail(failAttempt(FailureKind::Cancelled, "cancelled while waiting for the upstream"));
  }
  co_return tl::expected<void, AttemptFailure>();
}

Task<tl::expected<void, AttemptFailure>> Exchange::readHead() {
  static constexpr std::string_view kNoAnswer = "the upstream did not answer";
  const TimeLimit limit(loop_.now(), request_.firstByteTimeout, request_.deadline);
  while (!headRead_) {
    const IoStatus status = fill();
    if (status == IoStatus::WouldBlock) {
      auto waited = co_await waitForInput(limit, kNoAnswer);
      if (!waited) co_return waited;
      continue;
    }
    if (status != IoStatus::Ok) co_return connectionEnded(status);
    if (limit.at() <= loop_.now()) co_return fail(limit.passed(kNoAnswer));
    if (parseHead() == ResponseParser::Step::Error) co_return failUnusable();
  }
  bytes_ = {};
  request_.body = {};
  chooseFramer();
  co_return tl::expected<void, AttemptFailure>();
}

/// One read into a buffer that is held only while it has content.
IoStatus Exchange::fill() {
  if (framer_) framer_->detach();
  if (!buffer_) buffer_ = buffers_.take();
  const IoResult got = lease_.stream()->read(buffer_.get(), ReadBuffers::kSize);
  if (got.status == IoStatus::Ok) {
    received_ = true;
    input_ = {buffer_.get(), got.bytes};
  } else {
    buffers_.giveBack(std::move(buffer_));
    input_ = {};
  }
  return got.status;
}

void Exchange::chooseFramer() {
  if (status() >= 300) {
    auto framer = std::make_unique<FailureFramer>(kKeptOfFailure);
    failureFramer_ = framer.get();
    framer_ = std::move(framer);
    return;
  }
  const std::optional<std::uint64_t> length = parser_->contentLength();
  const Framing framing =
      framingFor(request_.framing, parser_->header("content-type"), length.has_value());
  const std::size_t hint = length ? static_cast<std::size_t>(*length) : 0;
  framer_ = makeFramer(framing, request_.maxFrame, request_.maxBody, hint);
  if (framing == Framing::Whole && hint > request_.maxBody) {
    fail(failAttempt(FailureKind::TooLarge,
                     "the answer is larger than " + std::to_string(request_.maxBody) + " bytes"));
  }
}

void Exchange::endBody(bool reusable) {
  ended_ = true;
  framer_->finish();
  // Bytes behind the answer are nobody's: the next request must not take them for its own.
  if (reusable && sentAll_ && input_.empty() && parser_->keepAlive()) {
    lease_.giveBack();
  } else {
    lease_.drop();
  }
}

Exchange::Pull Exchange::pull(Frame& frame) {
  for (;;) {
    frame = Frame{};
    const FrameStep cut = framer_->next(frame);
    frame.framing = framer_->framing();
    if (cut == FrameStep::Frame) return Pull::Frame;
    if (cut == FrameStep::Error) {
      fail(failAttempt(framer_->errorKind(),
                       "the upstream's answer cannot be used: " + framer_->error()));
      return Pull::Error;
    }
    if (ended_) return Pull::End;
    if (failureFramer_ != nullptr && failureFramer_->dropped() > kDroppedOfFailure) {
      endBody(false);
      continue;
    }
    std::string_view piece;
    switch (parser_->step(input_, piece)) {
      case ResponseParser::Step::Body:
        framer_->feed(piece);
        break;
      case ResponseParser::Step::End:
        endBody(true);
        break;
      case ResponseParser::Step::Error:
        failUnusable();
        return Pull::Error;
      case ResponseParser::Step::Head:
      case ResponseParser::Step::NeedInput:
        return Pull::NeedInput;
    }
  }
}

/// What follows decides `last` and `more`. A failure waits for its turn: the frame comes first.
void Exchange::lookAhead(Frame& current) {
  Frame following;
  switch (pull(following)) {
    case Pull::Frame:
      ahead_ = following;
      [[fallthrough]];
    case Pull::Error:
      current.more = true;
      break;
    case Pull::End:
      current.last = true;
      break;
    case Pull::NeedInput:
      break;
  }
}

Task<tl::expected<Frame, AttemptFailure>> Exchange::next() {
  Frame current;
  if (error_) co_return Failed(*error_);
  if (cancelled()) co_return fail(failAttempt(FailureKind::Cancelled, "cancelled by the caller"));
  if (ahead_) {
    current = *std::exchange(ahead_, std::nullopt);
    lookAhead(current);
    co_return current;
  }
  for (;;) {
    const Pull pulled = pull(current);
    if (pulled == Pull::Error) co_return Failed(*error_);
    if (pulled == Pull::End) {
      current.last = true;
      co_return current;
    }
    if (pulled == Pull::Frame) {
      lookAhead(current);
      co_return current;
    }
    const TimePoint now = loop_.now();
    const Millis expected =
        std::chrono::ceil<Millis>(std::min(expectedBy_, request_.deadline) - now);
    const TimeLimit limit(now, std::clamp(expected, Millis{0}, request_.idleTimeout),
                          request_.deadline);
    const IoStatus status = fill();
    if (status == IoStatus::WouldBlock) {
      auto waited = co_await waitForInput(limit, "the upstream sent nothing more");
      if (!waited) co_return Failed(std::move(waited).error());
    } else if (status != IoStatus::Ok) {
      const bool properly = status == IoStatus::Closed;
      if (parser_->finish(properly) != ResponseParser::Step::End) co_return connectionEnded(status);
      endBody(false);
    } else if (std::min(expectedBy_, request_.deadline) <= loop_.now()) {
      co_return fail(limit.passed("the upstream's answer did not end"));
    }
  }
}

}  // namespace pagoda::net
