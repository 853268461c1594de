#include "numerals.h"

#include <optional>

#include "number.h"
#include "text.h"

namespace pagoda::local {
namespace {

int digitOf(char32_t c) {
  constexpr std::u32string_view kDigits = U"〇一二三四五六七八九";
  const std::size_t at = kDigits.find(c);
  return at == std::u32string_view::npos ? -1 : static_cast<int>(at);
}

// 十 百 千 multiply within a group of four digits.
int smallUnit(char32_t c) {
  return c == U'十' ? 10 : c == U'百' ? 100 : c == U'千' ? 1000 : 0;
}

Int128 largeUnit(char32_t c) {
  constexpr Int128 kTenThousand = 10000;
  if (c == U'万') return kTenThousand;
  if (c == U'億') return kTenThousand * kTenThousand;
  if (c == U'兆') return kTenThousand * kTenThousand * kTenThousand;
  return 0;
}

bool isPlain(char32_t c) {
  return (c >= '0' && c <= '9') || c == '.';
}
bool isNumeral(char32_t c) {
  return digitOf(c) >= 0 || smallUnit(c) != 0 || largeUnit(c) != 0;
}

std::optional<Number> valueOf(std::u32string_view run) {
  Number total, group;
  std::string digits;
  const auto take = [&digits]() -> std::optional<Number> {
    if (digits.empty()) return Number::fraction(1);
    auto n = Number::parse(digits);
    digits.clear();
    return n;
  };
  bool groupOpen = false;
  for (const char32_t c : run) {
    if (isPlain(c)) {
      digits += static_cast<char>(c);
    } else if (digitOf(c) >= 0) {
      digits += static_cast<char>('0' + digitOf(c));
    } else if (smallUnit(c) != 0) {
      const auto n = take();
      if (!n) return std::nullopt;
      group = group + *n * Number::fraction(smallUnit(c));
      groupOpen = true;
    } else {
      if (!digits.empty() || !groupOpen) {
        const auto n = take();
        if (!n) return std::nullopt;
        group = group + *n;
      }
      total = total + group * Number::fraction(largeUnit(c));
      group = Number{};
      groupOpen = false;
    }
  }
  if (!digits.empty()) {
    const auto n = take();
    if (!n) return std::nullopt;
    group = group + *n;
  }
  return total + group;
}

}  // namespace

std::string digitsForNumerals(std::string_view text) {
  const std::u32string chars = decode(text);
  std::string out;
  for (std::size_t i = 0; i < chars.size();) {
    std::size_t end = i;
    bool japanese = false;
    while (end < chars.size() && (isPlain(chars[end]) || isNumeral(chars[end])))
      japanese |= isNumeral(chars[end++]);
    const std::u32string_view run(chars.data() + i, end - i);
    const auto value = japanese && run.size() <= 40 ? valueOf(run) : std::nullopt;
    bool rounded = false;
    if (value) {
      out += value->text(20, rounded);
    } else {
      for (const char32_t c : run) appendChar(out, c);
    }
    if (end == i) appendChar(out, chars[end++]);
    i = end;
  }
  return out;
}

}  // namespace pagoda::local
