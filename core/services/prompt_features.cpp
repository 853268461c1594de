#include "core/services/prompt_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "core/services/prompt_words.h"

namespace pagoda::services {
namespace {

constexpr std::size_t kEdge = 4096;
constexpr char32_t kGap = U' ';

bool isLetter(char32_t c) {
  return c >= U'a' && c <= U'z';
}
bool isDigit(char32_t c) {
  return c == U'0';
}
bool isWordPart(char32_t c) {
  return isLetter(c) || isDigit(c) || c == U'_' || c == U'\'';
}
bool isKana(char32_t c) {
  return c >= 0x3041 && c <= 0x30FF;
}
bool isHan(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF);
}
bool isCode(char32_t c) {
  return c < 0x80 &&
         std::u32string_view(U"{}[]()<>=;_#$\\|`*&").find(c) != std::u32string_view::npos;
}

// Every digit becomes 0: amounts and dates say little by their value.
char32_t folded(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // full-width forms of ASCII
  if (c >= U'A' && c <= U'Z') return c - U'A' + U'a';
  if (c >= U'0' && c <= U'9') return U'0';
  if (c == U'\t' || c == U'\r' || c == 0x3000) return kGap;
  return c;
}

// The host's text is valid UTF-8; where it was cut, a rest of a character decodes to something
// harmless.
void decode(std::string_view text, std::u32string& into) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k)
      c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    into.push_back(folded(c));
    i += size;
  }
}

std::uint64_t mix(std::uint64_t state, std::uint64_t value) {
  state = (state ^ value) * 0x9E3779B97F4A7C15ull;
  return state ^ (state >> 29);
}

/// Collects buckets; a bit for each says whether it was there.
class Grams {
 public:
  explicit Grams(std::vector<std::uint32_t>& into) : into_(into) { into_.clear(); }
  void add(std::uint64_t hash) {
    hash *= 0xD6E8FEB86659FD93ull;
    into_.push_back(static_cast<std::uint32_t>(hash >> 40) & (kPromptBuckets - 1));
  }
  void finish() {
    std::ranges::sort(into_);
    const auto rest = std::ranges::unique(into_);
    into_.erase(rest.begin(), rest.end());
  }

 private:
  std::vector<std::uint32_t>& into_;
};

void addWords(const std::u32string& text, Grams& grams) {
  std::uint64_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!isWordPart(text[at])) {
      if (text[at] != kGap) before = mix(7, text[at]);
      ++at;
      continue;
    }
    std::uint64_t word = 1;
    std::uint64_t stem = 0;
    const std::size_t start = at;
    for (; at < text.size() && isWordPart(text[at]); ++at) {
      word = mix(word, text[at]);
      if (at - start == 4) stem = word;
    }
    grams.add(word);
    if (stem != 0 && at - start > 5) grams.add(mix(3, stem));
    grams.add(mix(before, word));
    before = word;
  }
}

// Japanese has no spaces: pairs and triples of characters stand for words.
void addCharacters(const std::u32string& text, Grams& grams) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const char32_t a = text[at], b = text[at + 1];
    const bool east = a >= 0x3000 || b >= 0x3000;
    if (east) {
      grams.add(mix(mix(11, a), b));
      if (at + 2 < text.size()) grams.add(mix(mix(mix(13, a), b), text[at + 2]));
      if (isHan(a)) grams.add(mix(17, a));
    } else if (!isWordPart(a) && !isWordPart(b) && (a != kGap || b != kGap)) {
      grams.add(mix(mix(19, a), b));
    }
  }
}

struct Lines {
  std::size_t count = 1;
  std::size_t options = 0;  // "A. ...", "(b) ...", "0) ..."
  std::size_t lastLength = 0;
  std::size_t indented = 0;
  bool lastAsks = false;
};

bool isOption(std::u32string_view line) {
  const std::size_t open = !line.empty() && line[0] == U'(' ? 1 : 0;
  if (line.size() < open + 2) return false;
  const char32_t letter = line[open], mark = line[open + 1];
  return ((letter >= U'a' && letter <= U'j') || isDigit(letter)) &&
         (mark == U'.' || mark == U')' || mark == U':');
}

Lines readLines(std::u32string_view text) {
  Lines lines;
  while (true) {
    const std::size_t end = text.find(U'\n');
    std::u32string_view line = text.substr(0, end);
    if (line.starts_with(U"  ")) ++lines.indented;
    while (!line.empty() && line.front() == kGap) line.remove_prefix(1);
    while (!line.empty() && line.back() == kGap) line.remove_suffix(1);
    if (!line.empty()) {
      if (isOption(line)) ++lines.options;
      lines.lastLength = line.size();
      lines.lastAsks = line.back() == U'?' || line.ends_with(U"か。") || line.ends_with(U"か");
    }
    if (end == std::u32string_view::npos) return lines;
    text.remove_prefix(end + 1);
    ++lines.count;
  }
}

/// Matches the word lists; built once.
class WordIndex {
 public:
  WordIndex() {
    for (std::size_t list = 0; list < promptWords().size(); ++list) {
      for (const std::string_view word : promptWords()[list].words) {
        std::u32string text;
        decode(word, text);
        buckets_[text.front() % buckets_.size()].push_back({std::move(text), list});
      }
    }
  }

  void count(const std::u32string& text, std::span<float> counts) const {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char32_t first = text[at];
      const auto& bucket = buckets_[first % buckets_.size()];
      if (bucket.empty() || (isLetter(first) && at > 0 && isLetter(text[at - 1]))) continue;
      for (const Entry& entry : bucket) {
        if (text.compare(at, entry.text.size(), entry.text) == 0) counts[entry.list] += 1;
      }
    }
  }

 private:
  struct Entry {
    std::u32string text;
    std::size_t list;
  };
  std::array<std::vector<Entry>, 512> buckets_;
};

struct Shares {
  float letters = 0, digits = 0, kana = 0, han = 0, code = 0, numbers = 0, words = 0, asks = 0,
        sentences = 0;
};

Shares readShares(const std::u32string& text) {
  Shares shares;
  char32_t before = kGap;
  for (const char32_t c : text) {
    shares.letters += isLetter(c);
    shares.digits += isDigit(c);
    shares.kana += isKana(c);
    shares.han += isHan(c);
    shares.code += isCode(c);
    shares.asks += c == U'?';
    shares.sentences += c == U'.' || c == U'?' || c == 0x3002;
    shares.numbers += isDigit(c) && !isDigit(before);
    shares.words += isWordPart(c) && !isWordPart(before);
    before = c;
  }
  return shares;
}

float capped(double value) {
  return static_cast<float>(std::min(value, 1.0));
}

bool beginsWithAny(std::u32string_view text, std::initializer_list<std::u32string_view> words) {
  return std::ranges::any_of(words,
                             [&](std::u32string_view word) { return text.starts_with(word); });
}

void fillFigures(const std::u32string& text, std::array<float, kPromptFigures>& figures) {
  static const WordIndex index;
  const Shares shares = readShares(text);
  const Lines lines = readLines(text);
  const auto size = static_cast<double>(std::max<std::size_t>(text.size(), 1));
  std::size_t at = 0;
  const auto put = [&](double value) { figures[at++] = capped(value); };
  const double east = (shares.kana + shares.han) / size;
  put(std::log1p(size) / 9);
  put(size < 40 ? 1 : 0);
  put(size < 90 ? 1 : 0);
  put(size > 300 ? 1 : 0);
  put(size > 900 ? 1 : 0);
  put(std::log1p(static_cast<double>(lines.count)) / 4);
  put(east);
  put(shares.kana / std::max(1.0f, shares.kana + shares.han));
  put(5 * shares.digits / size);
  put(5 * shares.code / size);
  put(shares.code / size > 0.06 ? 1 : 0);
  put(shares.asks > 0 ? 1 : 0);
  put(lines.lastAsks ? 1 : 0);
  put(static_cast<double>(lines.options) / 4);
  put(lines.options >= 3 ? 1 : 0);
  put(lines.options >= 3 && size > 400 ? 1 : 0);
  put(lines.options == 0 && lines.count > 1 && lines.lastAsks && lines.lastLength < 80 && size > 150
          ? 1
          : 0);
  put(lines.indented >= 2 ? 1 : 0);
  put(shares.numbers / 8);
  put(lines.options == 0 && shares.numbers >= 2 && size > 90 && shares.asks > 0 ? 1 : 0);
  put(beginsWithAny(text, {U"who ", U"when ", U"where ", U"what ", U"which ", U"how ", U"why "})
          ? 1
          : 0);
  put(beginsWithAny(text, {U"is ", U"are ", U"will ", U"do ", U"does ", U"can ", U"should "}) ? 1
                                                                                              : 0);
  put(beginsWithAny(text,
                    {U"write ", U"implement", U"create ", U"def ", U"from ", U"import ", U"class "})
          ? 1
          : 0);
  put(beginsWithAny(text, {U"set ", U"remind", U"add ", U"play ", U"cancel", U"delete", U"show me"})
          ? 1
          : 0);
  put(text.find(U"000") != std::u32string::npos ? 1 : 0);
  put(shares.words > 0 ? shares.letters / shares.words / 10 : 0);
  std::array<float, 20> counts{};
  index.count(text, counts);
  for (std::size_t list = 0; list < promptWords().size(); ++list) put(counts[list] / 3);
  // With options, words of a subject mean an exam; without, they mean a question about it.
  const double subject = counts[9] + counts[10] + counts[11] + counts[12];
  put(lines.options >= 3 ? subject / 4 : 0);
  put(lines.options >= 3 ? (counts[10] + counts[11] + counts[12]) / 4 : 0);
  put(east > 0.2 ? counts[0] / 2 : 0);
  put(size < 90 && counts[0] > 0 ? 1 : 0);
  // Length, in more than one measure: what takes long to ask is often hard to answer.
  const double length = std::log1p(size) / 9;
  put(length * length);
  put(std::log1p(shares.words) / 8);
  put(std::log1p(shares.numbers) / 4);
  put(std::log1p(shares.sentences) / 4);
}

}  // namespace

void readPromptFeatures(std::string_view prompt, PromptFeatures& into) {
  thread_local std::u32string text;
  text.clear();
  if (prompt.size() > 2 * kEdge) {
    decode(prompt.substr(0, kEdge), text);
    text.push_back(U'\n');
    std::string_view rest = prompt.substr(prompt.size() - kEdge);
    while (!rest.empty() && (static_cast<unsigned char>(rest.front()) & 0xC0) == 0x80)
      rest.remove_prefix(1);
    decode(rest, text);
  } else {
    decode(prompt, text);
  }
  into.figures.fill(0);
  Grams grams(into.grams);
  addWords(text, grams);
  addCharacters(text, grams);
  grams.finish();
  fillFigures(text, into.figures);
}

}  // namespace pagoda::services
