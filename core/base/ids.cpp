#include "core/base/ids.h"

#include <stdexcept>

#include <sys/random.h>

namespace pagoda {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kPrefix = "req_";
constexpr int kDigits = 13;
constexpr int kSequenceBits = 21;

void fillRandom(void* data, std::size_t size) {
  if (getrandom(data, size, 0) != static_cast<ssize_t>(size))
    throw std::runtime_error("no random bytes from the kernel");
}

// Where the sequence starts in each millisecond: at random in the lower half of its range, not at
// zero, so that two processes that share a clock seldom make the same id.
std::int64_t sequenceStart() {
  static const std::int64_t start = [] {
    std::uint32_t random = 0;
    fillRandom(&random, sizeof random);
    return static_cast<std::int64_t>(random & ((1u << (kSequenceBits - 1)) - 1));
  }();
  return start;
}

}  // namespace

std::optional<RequestId> RequestId::parse(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text.substr(kPrefix.size())) {
    const std::size_t digit = kBase32.find(c);
    if (digit == std::string_view::npos || (number >> 58) != 0) return std::nullopt;
    number = number << 5 | digit;
  }
  return RequestId(static_cast<std::int64_t>(number));
}

std::string RequestId::toString() const {
  std::string text(kPrefix);
  for (int shift = 5 * (kDigits - 1); shift >= 0; shift -= 5)
    text += kBase32[static_cast<std::uint64_t>(number_) >> shift & 31];
  return text;
}

// The kernel is asked here, where a failure can be told, and not in next().
RequestIdSource::RequestIdSource(const Clock& clock) : clock_(clock), last_(sequenceStart()) {}

RequestId RequestIdSource::next() noexcept {
  // The sequence restarts from a hash of the address of this source each millisecond, not from
  // zero: two processes that share a clock then seldom make the same id.
  const std::int64_t fresh =
      clock_.unixNow() << kSequenceBits |
      static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(this) >> 6 & 0xfffff);
  std::int64_t last = last_.load(std::memory_order_relaxed);
  std::int64_t id = 0;
  do {
    id = fresh > last ? fresh : last + 1;
  } while (!last_.compare_exchange_weak(last, id, std::memory_order_relaxed));
  return RequestId(id);
}

std::string randomToken(std::size_t characters) {
  constexpr std::string_view kBase62 =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  while (text.size() < characters) {
    unsigned char byte = 0;
    fillRandom(&byte, 1);
    // 248 is the largest multiple of 62 in a byte: beyond it some characters would come up more
    // often.
    if (byte < 248) text += kBase62[byte % 62];
  }
  return text;
}

}  // namespace pagoda
