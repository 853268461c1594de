#include "core/net/aws_framer.h"

#include <algorithm>
#include <utility>

#include <Poco/Checksum.h>

namespace pagoda::net {
namespace {

constexpr std::size_t kPrelude = 12;  // total length, headers' length, checksum of both
constexpr std::size_t kOverhead = 16;

std::uint32_t readBig32(std::string_view text) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

std::size_t readBig16(std::string_view text) {
  return static_cast<std::size_t>(static_cast<unsigned char>(text[0]) << 8 |
                                  static_cast<unsigned char>(text[1]));
}

std::uint32_t crc32(std::string_view text) {
  Poco::Checksum sum(Poco::Checksum::TYPE_CRC32);
  sum.update(text.data(), static_cast<unsigned>(text.size()));
  return sum.checksum();
}

/// Takes `size` bytes off the front; false when there are fewer.
bool take(std::string_view& text, std::size_t size, std::string_view& part) {
  if (text.size() < size) return false;
  part = text.substr(0, size);
  text.remove_prefix(size);
  return true;
}

/// Reads one header; only strings (type 7) have their value kept.
bool takeHeader(std::string_view& text, std::string_view& name, std::string_view& value) {
  constexpr std::size_t kSizes[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
  std::string_view part;
  if (!take(text, 1, part)) return false;
  if (!take(text, static_cast<unsigned char>(part[0]), name) || !take(text, 1, part)) return false;
  const auto type = static_cast<unsigned char>(part[0]);
  if (type >= std::size(kSizes)) return false;
  std::size_t size = kSizes[type];
  if (type == 6 || type == 7) {
    if (!take(text, 2, part)) return false;
    size = readBig16(part);
  }
  if (!take(text, size, part)) return false;
  value = type == 7 ? part : std::string_view{};
  return true;
}

}  // namespace

void AwsFramer::detach() {
  if (!input_.empty()) {
    if (std::exchange(spent_, false)) messages_[current_].clear();
    messages_[current_].append(input_);
  }
  input_ = {};
}

std::size_t AwsFramer::messageSize(std::string_view prelude) const {
  const std::size_t total = readBig32(prelude);
  const std::size_t headers = readBig32(prelude.substr(4));
  const bool sound = total >= kOverhead && headers <= total - kOverhead &&
                     crc32(prelude.substr(0, 8)) == readBig32(prelude.substr(8));
  return sound ? total : 0;
}

FrameStep AwsFramer::readMessage(std::string_view message, Frame& frame) {
  const std::size_t body = message.size() - 4;
  if (crc32(message.substr(0, body)) != readBig32(message.substr(body))) {
    return fail(FailureKind::Protocol, "a message of the event stream has a wrong checksum");
  }
  const std::size_t headerSize = readBig32(message.substr(4));
  std::string_view headers = message.substr(kPrelude, headerSize);
  frame.data = message.substr(kPrelude + headerSize, body - kPrelude - headerSize);
  frame.event = {};
  while (!headers.empty()) {
    std::string_view name;
    std::string_view value;
    if (!takeHeader(headers, name, value)) {
      return fail(FailureKind::Protocol, "a message of the event stream has a malformed header");
    }
    if (name == ":event-type" || name == ":exception-type" || name == ":error-code") {
      frame.event = value;
    }
  }
  return FrameStep::Frame;
}

/// Goes on with the message that an earlier piece began.
FrameStep AwsFramer::fillUp(Frame& frame) {
  std::string& kept = messages_[current_];
  std::size_t wanted = kPrelude;
  while (kept.size() < wanted || wanted == kPrelude) {
    if (kept.size() >= kPrelude) {
      const std::size_t size = messageSize(kept);
      if (size == 0) return fail(FailureKind::Protocol, "the event stream is malformed");
      if (size > maxFrame_) return failTooLarge(maxFrame_);
      wanted = size;
    }
    const std::size_t part = std::min(wanted - std::min(wanted, kept.size()), input_.size());
    kept.append(input_.substr(0, part));
    input_.remove_prefix(part);
    if (kept.size() < wanted && input_.empty()) return FrameStep::NeedInput;
  }
  const FrameStep step = readMessage(kept, frame);
  current_ ^= 1;
  spent_ = true;
  return step;
}

FrameStep AwsFramer::next(Frame& frame) {
  if (std::exchange(spent_, false)) messages_[current_].clear();
  FrameStep step = FrameStep::NeedInput;
  if (!messages_[current_].empty()) {
    step = fillUp(frame);
  } else if (input_.size() >= kPrelude) {
    const std::size_t size = messageSize(input_);
    if (size == 0) return fail(FailureKind::Protocol, "the event stream is malformed");
    if (size > maxFrame_) return failTooLarge(maxFrame_);
    if (size <= input_.size()) {
      step = readMessage(input_.substr(0, size), frame);
      input_.remove_prefix(size);
    }
  }
  const bool left = !input_.empty() || !messages_[current_].empty();
  if (step == FrameStep::NeedInput && finished_ && left) {
    return fail(FailureKind::Protocol, "the event stream ends inside a message");
  }
  return step;
}

}  // namespace pagoda::net
