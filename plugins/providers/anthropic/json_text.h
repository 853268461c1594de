#pragma once
// Small things to do with JSON texts that a Reader has passed.

#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::anthropic {

inline bool isString(std::string_view raw) {
  return raw.starts_with('"');
}
inline bool isObject(std::string_view raw) {
  return raw.starts_with('{');
}
inline bool isArray(std::string_view raw) {
  return raw.starts_with('[');
}

/// The text of a JSON string, empty for all else; lives as long as `raw` and `buffer`.
inline std::string_view textOf(std::string_view raw, std::string& buffer) {
  if (!isString(raw)) return {};
  return *json::Reader(raw).string(buffer);
}

/// The upstream sent bytes that make no sense.
[[noreturn]] inline void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

/// Whether there is nothing to read in it: Anthropic refuses such a block.
inline bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Members of an object that are written if they have anything to say.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_.clear(); }
  void keep(std::string_view key, std::string_view raw) {
    if (raw == "null") return;
    out_ += out_.empty() ? '{' : ',';
    json::appendString(out_, key);
    out_ += ':';
    out_ += raw;
  }
  /// Leaves `out` empty if nothing was kept.
  void close() {
    if (!out_.empty()) out_ += '}';
  }

 private:
  std::string& out_;
};

}  // namespace pagoda::anthropic
