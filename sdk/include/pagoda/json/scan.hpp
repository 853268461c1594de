// pagoda/json/scan.hpp - finds the bytes that matter in JSON text, sixteen at a time where SSE2 is
// (every x86-64), else eight.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pagoda::json {

namespace detail {

inline constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

inline std::uint64_t load8(const char* p) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The top bit of each byte that is zero. A byte above a zero byte may be marked too (borrow), so
// only the first mark, in memory order on little-endian machines, counts.
inline std::uint64_t zeroBytes(std::uint64_t word) noexcept {
  return (word - kOnes) & ~word & kHighs;
}

// Marks bytes that end a run inside a JSON string: a quote, a backslash or a control character.
inline std::uint64_t specialBytes(std::uint64_t word) noexcept {
  const std::uint64_t quotes = zeroBytes(word ^ (kOnes * '"'));
  const std::uint64_t slashes = zeroBytes(word ^ (kOnes * '\\'));
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word & kHighs;
  return quotes | slashes | controls;
}

inline bool isSpecial(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

#if defined(__SSE2__)
inline __m128i load16(const char* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
// A bit for each byte that ends a run inside a JSON string.
inline unsigned specialBits(__m128i block) noexcept {
  const __m128i quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i slashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
  const __m128i all = _mm_or_si128(_mm_or_si128(quotes, slashes), controls);
  return static_cast<unsigned>(_mm_movemask_epi8(all));
}
#endif

/// The first quote, backslash or control character at or after `p`, or `end`.
inline const char* findSpecial(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  while (end - p >= 16) {
    if (const unsigned bits = specialBits(load16(p))) return p + std::countr_zero(bits);
    p += 16;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    while (end - p >= 8) {
      if (const std::uint64_t marks = specialBytes(load8(p)))
        return p + (std::countr_zero(marks) >> 3);
      p += 8;
    }
  }
  while (p != end && !isSpecial(*p)) ++p;
  return p;
}

/// Past ASCII in whole blocks: what is left before the first other byte is less than a block.
inline const char* skipAscii(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  while (end - p >= 16 && _mm_movemask_epi8(load16(p)) == 0) p += 16;
#endif
  while (end - p >= 8 && (load8(p) & kHighs) == 0) p += 8;
  return p;
}

inline bool isContinuation(unsigned char c) noexcept {
  return (c & 0xC0) == 0x80;
}

// Length of the well-formed multi-byte sequence at `p`, 0 if it is not one (Unicode 15, table 3-7).
inline std::size_t sequenceLength(const unsigned char* p, std::size_t left) noexcept {
  const unsigned char lead = p[0];
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && isContinuation(p[1]) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (left < 3 || !isContinuation(p[1]) || !isContinuation(p[2])) return 0;
    if (lead == 0xE0 && p[1] < 0xA0) return 0;  // overlong
    if (lead == 0xED && p[1] > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !isContinuation(p[1]) || !isContinuation(p[2]) || !isContinuation(p[3]))
      return 0;
    if (lead == 0xF0 && p[1] < 0x90) return 0;  // overlong
    if (lead == 0xF4 && p[1] > 0x8F) return 0;  // past U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace detail

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing cut off.
inline bool validUtf8(std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      p = detail::skipAscii(p + 1, end);
    } else {
      const std::size_t length = detail::sequenceLength(reinterpret_cast<const unsigned char*>(p),
                                                        static_cast<std::size_t>(end - p));
      if (length == 0) return false;
      p += length;
    }
  }
  return true;
}

/// `text` cut to at most `limit` bytes, never inside a character.
inline std::string_view cutUtf8(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  while (limit > 0 && detail::isContinuation(static_cast<unsigned char>(text[limit]))) --limit;
  return text.substr(0, limit);
}

}  // namespace pagoda::json
