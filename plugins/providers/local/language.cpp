#include "language.h"

#include <algorithm>
#include <array>
#include <vector>

namespace pagoda::local {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;  // more text makes no answer better

struct Known {
  std::string_view code, en, ja;
  std::string_view words;     // of the Latin script: function words, between spaces
  std::u32string_view signs;  // letters that few others use
};

constexpr Known kKnown[] = {
    {"en", "English", "英語",
     " the and of to is in that it was for are with this be have you not what ", U""},
    {"fr", "French", "フランス語",
     " le la les des une est et que qui dans pour pas je vous nous avec sur ce sont il elle du au "
     "être très ",
     U"àâçèêëîïœùû"},
    {"de", "German", "ドイツ語",
     " der die das und ist nicht ein eine ich sie wir mit auf für den dem von zu wie auch sich es "
     "im wird ",
     U"äöüß"},
    {"es", "Spanish", "スペイン語",
     " el la los las que es en un una por con para no se como más pero su del yo está muy qué ",
     U"ñ¿¡áéíóú"},
    {"it", "Italian", "イタリア語",
     " il lo la gli che è di un una per non con sono come del della più anche questo ho mi nel "
     "alla ",
     U"àèìòù"},
    {"pt", "Portuguese", "ポルトガル語",
     " o a os as que é de um uma para com não se como mais mas do da em você está isso são muito ",
     U"ãõçáâêô"},
    {"nl", "Dutch", "オランダ語",
     " de het een en van is niet dat ik je we met op voor zijn maar ook wat die te er ", U""},
    {"sv", "Swedish", "スウェーデン語",
     " och att det som en är på för inte jag med har av till den om vi ett ", U"åäö"},
    {"pl", "Polish", "ポーランド語",
     " i w na nie się jest to że do z co jak ale po tak czy jestem są dla ", U"ąćęłńśźż"},
    {"tr", "Turkish", "トルコ語",
     " ve bir bu için çok ne da de ile mi ben var daha gibi ama değil ", U"ğışç"},
    {"id", "Indonesian", "インドネシア語",
     " yang dan di ini itu dengan untuk tidak dari saya ada ke akan pada adalah ", U""},
    {"vi", "Vietnamese", "ベトナム語",
     " và là của không có cho một người được trong những này tôi các ",
     U"ăđơưạảấầậắằếềểễệịọỏốồộớờợụủứừự"},
};

struct Script {
  std::string_view code, en, ja;
  bool (*has)(char32_t);
};

constexpr Script kScripts[] = {
    {"ko", "Korean", "韓国語", isHangul},
    {"ru", "Russian", "ロシア語", [](char32_t c) { return c >= 0x0400 && c <= 0x04FF; }},
    {"ar", "Arabic", "アラビア語", [](char32_t c) { return c >= 0x0600 && c <= 0x06FF; }},
    {"he", "Hebrew", "ヘブライ語", [](char32_t c) { return c >= 0x0590 && c <= 0x05FF; }},
    {"th", "Thai", "タイ語", [](char32_t c) { return c >= 0x0E00 && c <= 0x0E7F; }},
    {"hi", "Hindi", "ヒンディー語", [](char32_t c) { return c >= 0x0900 && c <= 0x097F; }},
    {"el", "Greek", "ギリシャ語", [](char32_t c) { return c >= 0x0370 && c <= 0x03FF; }},
};

// Letters of `text` by script, and its words in lower case.
struct Census {
  std::size_t kana = 0, han = 0, latin = 0, letters = 0, ukrainian = 0;
  std::array<std::size_t, std::size(kScripts)> scripts{};
  std::array<double, std::size(kKnown)> signs{};
  std::vector<std::string> words;
};

bool isLatin(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F) ||
         (c >= 0x1E00 && c <= 0x1EFF);
}

// Latin-1 and Latin Extended letters in lower case; enough for the word lists.
char32_t lowerLatin(char32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 32;
  if (c >= 0x100 && c <= 0x17F && c % 2 == 0 && c != 0x130) return c + 1;
  return c;
}

Census take(std::string_view text) {
  Census census;
  std::string word;
  const auto close = [&] {
    if (!word.empty()) census.words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = takeChar(text, at);
    if (isHiragana(c) || isKatakana(c)) ++census.kana, ++census.letters;
    if (isHan(c)) ++census.han, ++census.letters;
    for (std::size_t i = 0; i < std::size(kScripts); ++i)
      if (kScripts[i].has(c)) ++census.scripts[i], ++census.letters;
    if (c == U'і' || c == U'ї' || c == U'є' || c == U'ґ') ++census.ukrainian;
    if (!isLatin(c)) {
      if (c == U'¿' || c == U'¡') census.signs[3] += 1;
      close();
      continue;
    }
    ++census.latin, ++census.letters;
    const char32_t small = lowerLatin(c);
    appendChar(word, small);
    for (std::size_t i = 0; i < std::size(kKnown); ++i)
      if (kKnown[i].signs.find(small) != std::u32string_view::npos) census.signs[i] += 0.5;
  }
  close();
  return census;
}

Language named(std::string_view code, std::string_view en, std::string_view ja, double confidence,
               Phrase reason) {
  return {code, {std::string(en), std::string(ja)}, confidence, std::move(reason)};
}

Language byWords(const Census& census) {
  std::array<double, std::size(kKnown)> score = census.signs;
  for (const std::string& word : census.words) {
    const std::string spaced = " " + word + " ";
    for (std::size_t i = 0; i < std::size(kKnown); ++i)
      if (contains(kKnown[i].words, spaced)) score[i] += 1;
  }
  const auto best =
      static_cast<std::size_t>(std::max_element(score.begin(), score.end()) - score.begin());
  double sum = 0;
  for (const double s : score) sum += s;
  if (score[best] == 0) {
    // Latin letters and none of the words: mostly names and single words.
    return named("en", "English", "英語", census.words.empty() ? 0 : 0.3,
                 {"Latin letters, no telling words", "ラテン文字だが決め手となる語がない"});
  }
  const Known& known = kKnown[best];
  std::string examples;
  int shown = 0;
  for (const std::string& word : census.words) {
    if (shown == 3 || !contains(known.words, " " + word + " ") ||
        contains(examples, "\"" + word + "\""))
      continue;
    examples += (shown++ == 0 ? "\"" : ", \"") + word + "\"";
  }
  Phrase reason{"words " + examples, "語 " + examples};
  if (examples.empty()) reason = {"its letters", "特有の文字"};
  return named(known.code, known.en, known.ja, score[best] / (sum + 0.5), std::move(reason));
}

}  // namespace

Language detectLanguage(std::string_view text) {
  const Census census = take(cutAtChar(text, kMostBytes));
  if (census.letters == 0) return named("", "unknown", "不明", 0, {"no letters", "文字がない"});
  const auto share = [&](std::size_t count) {
    return static_cast<double>(count) / static_cast<double>(census.letters);
  };
  // A few loan characters in Latin text do not make it Japanese.
  if (census.kana > 0 && share(census.kana + census.han) > 0.2)
    return named("ja", "Japanese", "日本語", std::min(1.0, share(census.kana + census.han) + 0.2),
                 {"kana", "仮名"});
  if (share(census.han) > 0.3)
    return named("zh", "Chinese", "中国語", census.han < 4 ? 0.5 : 0.9,
                 {"Han characters without kana", "仮名のない漢字"});
  for (std::size_t i = 0; i < std::size(kScripts); ++i) {
    if (share(census.scripts[i]) <= 0.3) continue;
    const Script& script = kScripts[i];
    if (script.code == "ru" && census.ukrainian > 0)
      return named("uk", "Ukrainian", "ウクライナ語", 0.9,
                   {"Cyrillic with і, ї, є or ґ", "キリル文字のі・ї・є・ґ"});
    return named(script.code, script.en, script.ja, share(census.scripts[i]),
                 {"its script", "文字体系"});
  }
  return byWords(census);
}

}  // namespace pagoda::local
