#include "skills.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "calculation.h"
#include "conversion.h"
#include "dates.h"
#include "language.h"
#include "refusal.h"
#include "summary.h"
#include "task.h"
#include "units.h"

namespace pagoda::local {
namespace {

const Phrase kHelp{
    "I am Pagoda's built-in \"local\" provider: a set of small skills, not a language model, so I "
    "cannot answer this.\n\n"
    "What I can do, offline and free of charge:\n"
    "- calculate: \"15% of 80\", \"sqrt(2) * 3\"\n"
    "- convert units: \"10 km in miles\", \"72 F to C\"\n"
    "- dates: \"days between 2026-01-01 and 2026-03-01\", \"2026-01-31 + 1 month\"\n"
    "- summarise: \"Summarize in 2 sentences: ...\"\n"
    "- check and convert JSON, YAML and CSV: \"Convert this JSON to YAML: {...}\"\n"
    "- tell the language of a text, or the kind of a task\n\n"
    "For everything else add a language model: set OPENROUTER_API_KEY or OPENAI_API_KEY and "
    "restart Pagoda, "
    "or run Ollama (https://ollama.com) on this machine, which Pagoda finds by itself at port "
    "11434.",
    "私はPagodaに内蔵された「local」プロバイダーです。小さな機能の集まりで、言語モデルではないため"
    "、この質問には答えられません。\n\n"
    "ネットワークも料金もなしでできること:\n"
    "- 計算: 「12かける3」「8000円の3割引」\n"
    "- 単位の換算: 「5マイルは何キロ」「摂氏100度は華氏何度」\n"
    "- 日付: 「2026年3月1日から100日後」「2026年11月25日は何曜日」\n"
    "- 要約: 「次の文章を2文で要約して: …」\n"
    "- JSON・YAML・CSVの検証と変換: 「このJSONをYAMLに変換して: {…}」\n"
    "- 文章の言語や、タスクの種類の判定\n\n"
    "それ以外には言語モデルを追加してください。OPENROUTER_API_KEY か OPENAI_API_KEY "
    "を設定して再起動するか、"
    "このマシンでOllama (https://ollama.com) "
    "を動かすと、Pagodaがポート11434で自動的に見つけます。"};

// The text that an instruction like "detect the language:" is about, or an empty view.
std::string_view subjectOf(std::string_view prompt, std::size_t from) {
  const std::string_view rest = prompt.substr(from);
  std::size_t at = rest.find_first_of(":\n");
  const std::size_t wide = rest.find("：");
  if (wide < at) return trim(rest.substr(wide + std::string_view("：").size()));
  if (at != std::string_view::npos) return trim(rest.substr(at + 1));
  // 「Bonjour」は何語ですか / what language is "Bonjour"
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"「", "」"}, {"\"", "\""}, {"“", "”"}}) {
    const std::size_t begin = prompt.find(open);
    if (begin == std::string_view::npos) continue;
    const std::size_t end = prompt.find(close, begin + open.size());
    if (end != std::string_view::npos)
      return prompt.substr(begin + open.size(), end - begin - open.size());
  }
  return {};
}

std::size_t findAny(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t best = std::string_view::npos;
  for (const std::string_view word : words) best = std::min(best, text.find(word));
  return best;
}

std::optional<std::string> tellLanguage(std::string_view prompt, Tongue tongue) {
  const std::string head = lower(cutAtChar(prompt, 200));
  const std::size_t at =
      findAny(head, {"what language", "which language", "detect the language", "detect language",
                     "identify the language", "language of", "何語", "言語を判定", "言語判定",
                     "言語を検出", "どの言語"});
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view subject = subjectOf(prompt, at);
  if (subject.empty()) return std::nullopt;
  const Language language = detectLanguage(subject);
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.0f", language.confidence * 100);
  if (language.code.empty())
    return tongue == Tongue::Japanese ? "言語を判定できませんでした(文字がありません)。"
                                      : "I cannot tell: the text has no letters.";
  const std::string code(language.code);
  return tongue == Tongue::Japanese ? language.name.ja + "(" + code + ")、確度" + percent +
                                          "%。根拠: " + language.reason.ja
                                    : language.name.en + " (" + code + "), " + percent +
                                          "% sure, because of " + language.reason.en;
}

std::optional<std::string> tellTask(std::string_view prompt, Tongue tongue) {
  const std::string head = lower(cutAtChar(prompt, 200));
  const std::size_t at =
      findAny(head, {"classify this task", "classify this prompt", "classify the task",
                     "what kind of task", "which tier", "what tier", "task type of", "タスクを判定",
                     "タスクの種類", "タスクを分類", "どの階層", "どのtier", "プロンプトを分類"});
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view subject = subjectOf(prompt, at);
  if (subject.empty()) return std::nullopt;
  const Task task = detectTask(subject);
  const std::string name(task.name), tier = std::to_string(task.tier);
  if (tongue == Tongue::Japanese)
    return name + "(tier " + tier + ")。" +
           (task.keyword.empty() ? "決め手となるキーワードがないため既定です。"
                                 : "根拠: キーワード「" + task.keyword + "」");
  return name + " (tier " + tier + "), " +
         (task.keyword.empty() ? "the default, since no keyword decided"
                               : "because of the keyword \"" + task.keyword + "\"");
}

std::optional<std::string> tellSummary(std::string_view prompt, Tongue tongue) {
  SummaryRequest request;
  if (!asksForSummary(prompt, request)) return std::nullopt;
  if (request.text.empty())
    return tongue == Tongue::Japanese
               ? "要約する文章がありません。「3文で要約して:」の後に文章を続けてください。"
               : "There is no text to summarise. Put it after \"Summarize in 3 sentences:\".";
  return summarise(request, tongue);
}

}  // namespace

SkillAnswer answer(std::string_view prompt, const Date& today) {
  prompt = trim(prompt);
  // The tongue of the instruction, not of a document far below it.
  const Tongue tongue = tongueOf(cutAtChar(prompt, 2000));
  std::string_view skill = "help";
  try {
    std::optional<std::string> text;
    const auto by = [&](std::string_view name, auto&& run) {
      skill = name;
      text = run();
      return text.has_value();
    };
    // From the most specific form of a request to the least.
    if (by("conversion", [&] { return convertDocument(prompt, tongue); }) ||
        by("language", [&] { return tellLanguage(prompt, tongue); }) ||
        by("task", [&] { return tellTask(prompt, tongue); }) ||
        by("summary", [&] { return tellSummary(prompt, tongue); }) ||
        by("dates", [&] { return answerDates(prompt, today, tongue); }) ||
        by("units", [&] { return convertUnits(prompt); }) ||
        by("calculation", [&] { return calculate(prompt); }))
      return {std::move(*text), skill};
  } catch (const Refusal& refusal) {
    const std::string& why = refusal.phrase().in(tongue);
    return {tongue == Tongue::Japanese ? "できません: " + why : "I cannot do that: " + why, skill};
  }
  return {kHelp.in(tongue), "help"};
}

}  // namespace pagoda::local
