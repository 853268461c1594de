#pragma once
// Takes the chunked coding off a body. Source: RFC 9112 section 7.1, without its leniencies: no
// blanks, no sign or prefix, at most 16 digits, CRLF only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pagoda::net {

/// One body. Extensions are checked and dropped, trailers likewise: nothing of them is merged.
class ChunkedDecoder {
 public:
  enum class State { More, Done, Malformed, TooLarge };

  /// `limit` holds for the decoded body.
  explicit ChunkedDecoder(std::size_t limit) : limit_(limit) {}

  /// Decodes from the front of `input`, which it shortens, to the end of `out`. Behind Done, what
  /// is left of `input` belongs to the next message. Malformed and TooLarge are final.
  State decode(std::string_view& input, std::string& out);

 private:
  enum class Step {
    FirstDigit,
    Digits,
    ExtensionName,
    ExtensionNameRest,
    ExtensionValue,
    ExtensionToken,
    ExtensionQuoted,
    ExtensionEscape,
    ExtensionQuotedEnd,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Done,
    Failed,
    Over,
  };
  Step digit(char c);
  Step afterSize(char c) const;
  Step extension(char c);
  Step trailer(char c);
  Step sizeLineEnd() const;

  std::size_t limit_;
  Step step_ = Step::FirstDigit;
  unsigned digits_ = 0;
  std::uint64_t left_ = 0;  // of the current chunk
  std::uint64_t decoded_ = 0;
  std::size_t extras_ = 0;  // bytes of extensions and trailers
};

}  // namespace pagoda::net
