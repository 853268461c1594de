#pragma once
// Ids that the compiler keeps apart, and the request id.

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace pagoda {

/// A string id of one kind: `using ApiKeyId = StrongId<struct ApiKeyIdTag>;`
template <class Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}
  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string value_;
};

using ApiKeyId = StrongId<struct ApiKeyIdTag>;

/// Names one request everywhere: header, log, ledger. A positive 63-bit number that rises with time
/// (42 bits of unix milliseconds, 21 bits of sequence), so that the ledger appends in key order;
/// people see "req_" and 13 characters of Crockford base 32.
class RequestId {
 public:
  constexpr RequestId() = default;
  explicit constexpr RequestId(std::int64_t number) : number_(number) {}
  static std::optional<RequestId> parse(std::string_view text);

  constexpr std::int64_t number() const { return number_; }
  std::string toString() const;
  constexpr auto operator<=>(const RequestId&) const = default;

 private:
  std::int64_t number_ = 0;
};

/// Makes ids that never repeat within a process and rise with time; the low bits start at random so
/// that two processes seldom meet. Thread-safe.
class RequestIdSource {
 public:
  explicit RequestIdSource(const Clock& clock);
  RequestId next() noexcept;

 private:
  const Clock& clock_;
  std::atomic<std::int64_t> last_;
};

/// Random base 62 text from the kernel; 22 characters hold 131 bits. For keys and tokens.
std::string randomToken(std::size_t characters);

}  // namespace pagoda

template <class Tag>
struct std::hash<pagoda::StrongId<Tag>> {
  std::size_t operator()(const pagoda::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value());
  }
};
