#include "summary.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "sentences.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMostSentences = 50;

bool isStopWord(std::string_view word) {
  static const std::unordered_set<std::string_view> words{
      "a",    "an",    "and",   "are",  "as",   "at",    "be",    "been",  "but",
      "by",   "can",   "could", "did",  "do",   "does",  "for",   "from",  "had",
      "has",  "have",  "he",    "her",  "his",  "how",   "i",     "if",    "in",
      "into", "is",    "it",    "its",  "may",  "more",  "most",  "no",    "not",
      "of",   "on",    "or",    "our",  "she",  "so",    "some",  "such",  "than",
      "that", "the",   "their", "them", "then", "there", "these", "they",  "this",
      "to",   "was",   "we",    "were", "what", "when",  "which", "who",   "will",
      "with", "would", "you",   "your", "also", "about", "over",  "after", "before"};
  return words.contains(word);
}

// English "runs", "running" and "run" would need a stemmer; a plural's s is the part that pays.
std::string stem(std::string word) {
  if (word.size() > 3 && word.back() == 's' && word[word.size() - 2] != 's') word.pop_back();
  return word;
}

// The terms of a sentence, each once: words without stop words, pairs of Han and katakana.
std::vector<std::string> termsOf(std::string_view sentence) {
  std::unordered_set<std::string> terms;
  std::string word;
  char32_t before = 0;
  const auto closeWord = [&] {
    if (word.size() > 1 && !isStopWord(word)) terms.insert(stem(word));
    word.clear();
  };
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t from = at;
    const char32_t c = takeChar(sentence, at);
    const bool cjk = isHan(c) || isKatakana(c);
    if (cjk && before != 0) {
      std::string pair;
      appendChar(pair, before);
      appendChar(pair, c);
      terms.insert(std::move(pair));
    }
    before = cjk ? c : 0;
    if ((c < 0x80 && isAsciiWord(static_cast<char>(c))) || (c >= 0xC0 && c < 0x2000)) {
      word += lower(sentence.substr(from, at - from));
    } else {
      closeWord();
    }
  }
  closeWord();
  return {terms.begin(), terms.end()};
}

// Number in front of a counter: "in 3 sentences", 「3文で」, "two bullet points".
std::size_t countAsked(std::string_view instruction) {
  constexpr std::string_view kNames[] = {"zero", "one",   "two",   "three", "four", "five",
                                         "six",  "seven", "eight", "nine",  "ten"};
  const std::string text = lower(foldWidth(instruction));
  for (const std::string_view counter :
       {" sentence", "-sentence", " bullet", " point", " line", "文で", "文に", "文以内", "行で",
        "行に", "つの文", "つの要点", "点で", "箇条"}) {
    const std::size_t at = text.find(counter);
    if (at == std::string::npos) continue;
    const std::string_view before = trim(std::string_view(text).substr(0, at));
    std::size_t begin = before.size();
    while (begin > 0 && before[begin - 1] >= '0' && before[begin - 1] <= '9') --begin;
    std::size_t value = 0;
    for (const char c : before.substr(begin))
      value = std::min<std::size_t>(value * 10 + static_cast<std::size_t>(c - '0'), 999);
    for (std::size_t i = 1; i < std::size(kNames) && value == 0; ++i)
      if (endsWith(before, kNames[i])) value = i;
    constexpr std::string_view kKanji[] = {"一", "二", "三", "四", "五",
                                           "六", "七", "八", "九", "十"};
    for (std::size_t i = 0; i < std::size(kKanji) && value == 0; ++i)
      if (endsWith(before, kKanji[i])) value = i + 1;
    if (value > 0) return std::min(value, kMostSentences);
  }
  if (contains(text, "a sentence") || contains(text, "one-line") || contains(text, "一言") ||
      contains(text, "tl;dr"))
    return 1;
  return 0;
}

bool asks(std::string_view instruction) {
  const std::string text = lower(instruction);
  for (const std::string_view word :
       {"summarize", "summarise", "summary", "tl;dr", "tldr", "key points", "main points"})
    if (containsWord(text, word)) return true;
  for (const std::string_view word : {"要約", "まとめて", "要点", "短くして", "サマリ"})
    if (contains(text, word)) return true;
  return false;
}

}  // namespace

std::vector<std::size_t> centralSentences(const std::vector<std::string_view>& sentences,
                                          std::size_t count) {
  std::unordered_map<std::string, std::uint32_t> ids;
  std::vector<std::vector<std::uint32_t>> terms;
  std::vector<double> weight;
  for (const std::string_view sentence : sentences) {
    std::vector<std::uint32_t>& list = terms.emplace_back();
    for (std::string& term : termsOf(sentence)) {
      const auto id =
          ids.try_emplace(std::move(term), static_cast<std::uint32_t>(ids.size())).first->second;
      if (id == weight.size()) weight.push_back(0);
      weight[id] += 1;
      list.push_back(id);
    }
    std::sort(list.begin(), list.end());
  }
  // A word that comes once says little of what the text is about.
  for (double& value : weight) value = std::log(value) + 0.1;
  // A long sentence gathers words by its length alone; the first one usually names the subject.
  std::vector<double> share(sentences.size());
  for (std::size_t i = 0; i < share.size(); ++i)
    share[i] = (i == 0 ? 1.15 : 1) / std::pow(static_cast<double>(terms[i].size()) + 4, 0.6);
  std::vector<std::size_t> chosen;
  std::vector<bool> taken(sentences.size());
  while (chosen.size() < std::min(count, sentences.size())) {
    std::size_t best = sentences.size();
    double bestScore = -1;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      if (taken[i]) continue;
      double score = 0;
      for (const std::uint32_t term : terms[i]) score += weight[term];
      score *= share[i];
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    taken[best] = true;
    chosen.push_back(best);
    for (const std::uint32_t term : terms[best]) weight[term] *= 0.25;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

bool asksForSummary(std::string_view prompt, SummaryRequest& request) {
  prompt = trim(prompt);
  // The instruction stands in front of the first colon or line, or alone on the last line.
  std::size_t end = prompt.find('\n');
  const std::size_t colon = std::min(prompt.find(':'), prompt.find("："));
  if (colon < end && asks(prompt.substr(0, colon))) end = colon;
  const auto first = sentencesOf(prompt.substr(0, std::min<std::size_t>(prompt.size(), 400)));
  if (!first.empty() && asks(first.front())) {
    const auto sentenceEnd =
        static_cast<std::size_t>(first.front().data() - prompt.data()) + first.front().size();
    end = std::min(end, sentenceEnd);
  }
  std::string_view instruction = prompt.substr(0, end);
  std::string_view text = end < prompt.size() ? prompt.substr(end) : std::string_view{};
  if (!asks(instruction) || instruction.size() > 400) {
    const std::size_t last = prompt.rfind('\n');
    if (last == std::string_view::npos || !asks(prompt.substr(last)) || prompt.size() - last > 400)
      return false;
    instruction = prompt.substr(last);
    text = prompt.substr(0, last);
  }
  text = trim(text);
  if (startsWith(text, "：")) text = trim(text.substr(std::string_view("：").size()));
  if (startsWith(text, ":")) text = trim(text.substr(1));
  request.text = text;
  request.sentences = countAsked(instruction);
  const std::string lowered = lower(instruction);
  request.bullets = contains(lowered, "bullet") || contains(lowered, "points") ||
                    contains(lowered, "箇条") || contains(lowered, "要点");
  return true;
}

std::string summarise(const SummaryRequest& request, Tongue tongue) {
  const auto sentences = sentencesOf(request.text);
  const std::size_t wanted = request.sentences > 0
                                 ? request.sentences
                                 : std::clamp<std::size_t>((sentences.size() + 3) / 4, 1, 3);
  std::string out;
  std::size_t last = 0;
  for (const std::size_t i : centralSentences(sentences, wanted)) {
    const bool japanese = endsWith(sentences[last], "。") || tongue == Tongue::Japanese;
    if (!out.empty()) out += request.bullets ? "\n" : japanese ? "" : " ";
    if (request.bullets) out += "- ";
    out += sentences[i];
    last = i;
  }
  return out;
}

}  // namespace pagoda::local
