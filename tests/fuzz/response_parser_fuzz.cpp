// Any cut of any bytes is the same response, or none.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/net/response_parser.h"

namespace {

using pagoda::net::RequestKind;
using pagoda::net::ResponseParser;
using Step = ResponseParser::Step;

struct Parsed {
  Step end = Step::NeedInput;
  int status = 0;
  std::size_t headers = 0;
  std::string body;
  std::size_t left = 0;

  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view text, std::size_t stride, RequestKind kind, bool properly) {
  ResponseParser parser({.head = 64 * 1024}, kind);
  Parsed parsed;
  bool headRead = false;
  while (!text.empty() && parsed.end == Step::NeedInput) {
    const std::string bytes(text.substr(0, stride));
    text.remove_prefix(bytes.size());
    std::string_view input = bytes;
    for (;;) {
      std::string_view piece;
      parsed.end = parser.step(input, piece);
      if (parsed.end == Step::Head) headRead = true;
      if (parsed.end == Step::Body) parsed.body += piece;
      if (parsed.end != Step::Head && parsed.end != Step::Body) break;
    }
    parsed.left = input.size() + text.size();
  }
  if (parsed.end == Step::NeedInput) parsed.end = parser.finish(properly);
  if (parsed.end == Step::Error) parsed.left = 0;  // where it is noticed depends on the cuts
  if (headRead) {
    parsed.status = parser.status();
    parsed.headers = parser.headers().size();
  }
  return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto kind = static_cast<RequestKind>(data[0] % 3);
  const bool properly = (data[0] & 8) != 0;
  const std::size_t stride = 1 + data[1] % 32;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  // A limit on what lies between two pieces of a body counts differently from cut to cut.
  if (size > 16 * 1024) return 0;

  const Parsed whole = parse(text, text.size(), kind, properly);
  const Parsed pieces = parse(text, stride, kind, properly);
  if (!(whole == pieces)) std::abort();
  return 0;
}
