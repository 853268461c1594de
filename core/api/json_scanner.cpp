#include "core/api/json_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pagoda::api {
namespace {

bool isSpecial(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool isHighSurrogate(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool isLowSurrogate(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

unsigned checkedHex4(std::string_view body, std::size_t at) {
  unsigned unit = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    unit = unit << 4 | static_cast<unsigned>(hexDigit(body[i]));
  return unit;
}

void appendUtf8(std::string& out, unsigned code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | code >> 6), tail(0)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
  }
}

}  // namespace

// Prompts and answers are nearly all text: this loop is the time that their JSON takes.
const char* findJsonSpecial(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i slash = _mm_set1_epi8('\\');
  const __m128i lastControl = _mm_set1_epi8(0x1F);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, lastControl), bytes);
    const __m128i marks = _mm_or_si128(
        control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(marks));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && !isSpecial(*p)) ++p;
  return p;
}

void unescapeJson(std::string_view body, std::string& out) {
  for (std::size_t from = 0;;) {
    const std::size_t slash = body.find('\\', from);
    out.append(body.substr(from, slash - from));
    if (slash == std::string_view::npos) return;
    from = slash + 2;
    switch (const char c = body[slash + 1]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        unsigned code = checkedHex4(body, from);
        from += 4;
        if (isHighSurrogate(code)) {
          code = 0x10000 + ((code - 0xD800) << 10) + (checkedHex4(body, from + 2) - 0xDC00);
          from += 6;
        }
        appendUtf8(out, code);
        break;
      }
      default:
        out += c;
        break;
    }
  }
}

JsonScanner::JsonScanner(std::string_view text, std::vector<Node>& nodes)
    : begin_(text.data()), p_(begin_), end_(begin_ + text.size()), nodes_(nodes) {}

bool JsonScanner::run() {
  space();
  if (p_ == end_) return fail("a JSON object was expected");
  if (!value(open(), 1)) return false;
  space();
  return p_ == end_ || fail("something follows the JSON value");
}

bool JsonScanner::fail(const char* why) {
  fault_ = why;
  return false;
}

void JsonScanner::space() {
  while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
}

std::uint32_t JsonScanner::open() {
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

bool JsonScanner::value(std::uint32_t index, int depth) {
  if (p_ == end_) return fail("the text ends early");
  if (index >= kMaxJsonValues) return fail("more than a million values");
  const std::uint32_t begin = at();
  JsonKind kind = JsonKind::Number;
  bool good = false;
  bool escaped = false;
  switch (*p_) {
    case '{':
      kind = JsonKind::Object, good = object(index, depth);
      break;
    case '[':
      kind = JsonKind::Array, good = array(index, depth);
      break;
    case '"': {
      std::uint32_t from = 0, to = 0;
      kind = JsonKind::String, good = string(from, to, escaped);
      break;
    }
    case 't':
      kind = JsonKind::True, good = literal("true");
      break;
    case 'f':
      kind = JsonKind::False, good = literal("false");
      break;
    case 'n':
      kind = JsonKind::Null, good = literal("null");
      break;
    default:
      good = number();
  }
  if (!good) return false;
  Node& node = nodes_[index];
  node.begin = begin;
  node.end = at();
  node.kind = kind;
  node.escaped = escaped;
  node.next = static_cast<std::uint32_t>(nodes_.size());
  return true;
}

bool JsonScanner::object(std::uint32_t index, int depth) {
  if (depth > kMaxJsonDepth) return fail("the text nests too deeply");
  ++p_;
  space();
  if (p_ != end_ && *p_ == '}') return ++p_, true;
  for (;;) {
    if (p_ == end_ || *p_ != '"') return fail("a member's name in double quotes was expected");
    const std::uint32_t member = open();
    std::uint32_t begin = 0, end = 0;
    bool escaped = false;
    if (!string(begin, end, escaped)) return false;
    nodes_[member].keyBegin = begin;
    nodes_[member].keyEnd = end;
    nodes_[member].keyEscaped = escaped;
    space();
    if (p_ == end_ || *p_ != ':') return fail("':' was expected");
    ++p_;
    space();
    if (!value(member, depth + 1)) return false;
    space();
    if (p_ == end_ || (*p_ != ',' && *p_ != '}')) return fail("',' or '}' was expected");
    if (*p_++ == '}') return uniqueKeys(index);
    space();
  }
}

bool JsonScanner::array(std::uint32_t, int depth) {
  if (depth > kMaxJsonDepth) return fail("the text nests too deeply");
  ++p_;
  space();
  if (p_ != end_ && *p_ == ']') return ++p_, true;
  for (;;) {
    if (!value(open(), depth + 1)) return false;
    space();
    if (p_ == end_ || (*p_ != ',' && *p_ != ']')) return fail("',' or ']' was expected");
    if (*p_++ == ']') return true;
    space();
  }
}

// p_ is on the opening quote; `begin` and `end` are what stands between the quotes.
bool JsonScanner::string(std::uint32_t& begin, std::uint32_t& end, bool& escaped) {
  ++p_;
  begin = at();
  for (;;) {
    p_ = findJsonSpecial(p_, end_);
    if (p_ == end_) return fail("the text ends inside a string");
    if (*p_ == '"') break;
    if (*p_ != '\\') return fail("a control character inside a string");
    escaped = true;
    if (!escape()) return false;
  }
  end = at();
  ++p_;
  return true;
}

bool JsonScanner::escape() {
  if (end_ - p_ < 2) return fail("the text ends inside a string");
  const char c = p_[1];
  if (c == '\0' || std::strchr("\"\\/bfnrtu", c) == nullptr)
    return fail("an unknown escape inside a string");
  p_ += 2;
  if (c != 'u') return true;
  unsigned unit = 0;
  if (!hex4(unit)) return false;
  if (isLowSurrogate(unit)) return fail("half of a surrogate pair inside a string");
  if (!isHighSurrogate(unit)) return true;
  if (end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u')
    return fail("half of a surrogate pair inside a string");
  p_ += 2;
  if (!hex4(unit)) return false;
  return isLowSurrogate(unit) || fail("half of a surrogate pair inside a string");
}

bool JsonScanner::hex4(unsigned& unit) {
  if (end_ - p_ < 4) return fail("the text ends inside a string");
  unit = 0;
  for (int i = 0; i < 4; ++i, ++p_) {
    const int digit = hexDigit(*p_);
    if (digit < 0) return fail("a \\u escape without four hexadecimal digits");
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  return true;
}

bool JsonScanner::digits() {
  const char* const from = p_;
  while (p_ != end_ && *p_ >= '0' && *p_ <= '9') ++p_;
  return p_ != from || fail("a digit was expected");
}

// -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
bool JsonScanner::number() {
  if (*p_ != '-' && (*p_ < '0' || *p_ > '9')) return fail("a JSON value was expected");
  if (*p_ == '-') ++p_;
  const bool zero = p_ != end_ && *p_ == '0';
  const char* const from = p_;
  if (!digits()) return false;
  if (zero && p_ - from > 1) return fail("a number with a leading zero");
  if (p_ != end_ && *p_ == '.') {
    ++p_;
    if (!digits()) return false;
  }
  if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
    ++p_;
    if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
    if (!digits()) return false;
  }
  return true;
}

bool JsonScanner::literal(std::string_view word) {
  if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word))
    return fail("a JSON value was expected");
  p_ += word.size();
  return true;
}

// Two readers of one body may each take another of two equal keys: such a body has no one meaning.
bool JsonScanner::uniqueKeys(std::uint32_t index) {
  constexpr std::size_t kFew = 12;
  std::string_view few[kFew];
  std::vector<std::string_view> many;
  std::vector<std::string> unescaped;
  std::size_t count = 0;
  const auto last = static_cast<std::uint32_t>(nodes_.size());
  bool anyEscaped = false;
  for (std::uint32_t i = index + 1; i != last; i = nodes_[i].next, ++count)
    anyEscaped |= nodes_[i].keyEscaped;
  if (count < 2) return true;
  if (anyEscaped) unescaped.reserve(count);  // the views below point into these strings
  std::string_view* keys = few;
  if (count > kFew) {
    many.resize(count);
    keys = many.data();
  }
  std::size_t filled = 0;
  for (std::uint32_t i = index + 1; i != last; i = nodes_[i].next) {
    const Node& node = nodes_[i];
    std::string_view key(begin_ + node.keyBegin, node.keyEnd - node.keyBegin);
    if (node.keyEscaped) {
      unescapeJson(key, unescaped.emplace_back());
      key = unescaped.back();
    }
    keys[filled++] = key;
  }
  const auto repeated = [&](std::string_view key) {
    duplicate_.emplace(key);
    return fail("a key comes twice in one object");
  };
  if (count <= kFew) {
    for (std::size_t i = 1; i < count; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (keys[i] == keys[j]) return repeated(keys[i]);
    return true;
  }
  std::sort(keys, keys + count);
  const auto* const twice = std::adjacent_find(keys, keys + count);
  return twice == keys + count || repeated(*twice);
}

}  // namespace pagoda::api
