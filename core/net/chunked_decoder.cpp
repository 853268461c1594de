#include "core/net/chunked_decoder.h"

#include <algorithm>

#include "core/net/request_rules.h"

namespace pagoda::net {
namespace {

constexpr unsigned kMaxDigits = 16;
constexpr std::size_t kMaxExtras = 4096;  // of a whole body: nobody needs them here

bool isTokenByte(char c) noexcept {
  return isToken({&c, 1});
}

int hexValue(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::digit(char c) {
  const int value = hexValue(c);
  if (value < 0) return step_ == Step::FirstDigit ? Step::Failed : afterSize(c);
  if (++digits_ > kMaxDigits) return Step::Failed;
  left_ = left_ * 16 + static_cast<unsigned>(value);
  return Step::Digits;
}

ChunkedDecoder::Step ChunkedDecoder::afterSize(char c) const {
  if (c == '\r') return Step::SizeEnd;
  return c == ';' ? Step::ExtensionName : Step::Failed;
}

ChunkedDecoder::Step ChunkedDecoder::sizeLineEnd() const {
  if (left_ == 0) return Step::TrailerStart;
  // The size says it before the data comes.
  return left_ > limit_ || decoded_ > limit_ - left_ ? Step::Over : Step::Data;
}

ChunkedDecoder::Step ChunkedDecoder::extension(char c) {
  if (++extras_ > kMaxExtras) return Step::Failed;
  switch (step_) {
    case Step::ExtensionName:
      return isTokenByte(c) ? Step::ExtensionNameRest : Step::Failed;
    case Step::ExtensionNameRest:
      if (isTokenByte(c)) return Step::ExtensionNameRest;
      return c == '=' ? Step::ExtensionValue : afterSize(c);
    case Step::ExtensionValue:
      if (c == '"') return Step::ExtensionQuoted;
      return isTokenByte(c) ? Step::ExtensionToken : Step::Failed;
    case Step::ExtensionToken:
      return isTokenByte(c) ? Step::ExtensionToken : afterSize(c);
    case Step::ExtensionQuoted:
      if (c == '"') return Step::ExtensionQuotedEnd;
      if (c == '\\') return Step::ExtensionEscape;
      return isFieldByte(static_cast<unsigned char>(c)) ? Step::ExtensionQuoted : Step::Failed;
    case Step::ExtensionEscape:
      return isFieldByte(static_cast<unsigned char>(c)) ? Step::ExtensionQuoted : Step::Failed;
    default:
      return afterSize(c);
  }
}

ChunkedDecoder::Step ChunkedDecoder::trailer(char c) {
  if (++extras_ > kMaxExtras) return Step::Failed;
  switch (step_) {
    case Step::TrailerStart:
      if (c == '\r') return Step::LastLf;
      return isTokenByte(c) ? Step::TrailerName : Step::Failed;
    case Step::TrailerName:
      if (c == ':') return Step::TrailerValue;
      return isTokenByte(c) ? Step::TrailerName : Step::Failed;
    case Step::TrailerValue:
      if (c == '\r') return Step::TrailerLf;
      return isFieldByte(static_cast<unsigned char>(c)) ? Step::TrailerValue : Step::Failed;
    case Step::TrailerLf:
      return c == '\n' ? Step::TrailerStart : Step::Failed;
    default:
      return c == '\n' ? Step::Done : Step::Failed;
  }
}

ChunkedDecoder::State ChunkedDecoder::decode(std::string_view& input, std::string& out) {
  while (!input.empty() && step_ < Step::Done) {
    if (step_ == Step::Data) {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      out.append(input.substr(0, take));
      input.remove_prefix(take);
      decoded_ += take;
      left_ -= take;
      if (left_ == 0) step_ = Step::DataCr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (step_ <= Step::Digits) {
      step_ = digit(c);
    } else if (step_ <= Step::ExtensionQuotedEnd) {
      step_ = extension(c);
    } else if (step_ == Step::SizeEnd) {
      step_ = c == '\n' ? sizeLineEnd() : Step::Failed;
    } else if (step_ == Step::DataCr) {
      step_ = c == '\r' ? Step::DataLf : Step::Failed;
    } else if (step_ == Step::DataLf) {
      step_ = c == '\n' ? Step::FirstDigit : Step::Failed;
      digits_ = 0;
    } else {
      step_ = trailer(c);
    }
  }
  if (step_ == Step::Done) return State::Done;
  if (step_ == Step::Failed) return State::Malformed;
  return step_ == Step::Over ? State::TooLarge : State::More;
}

}  // namespace pagoda::net
