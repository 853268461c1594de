#include "task.h"

#include "text.h"

namespace pagoda::local {
namespace {

struct Rule {
  std::string_view name;
  int tier;
  std::string_view keywords;  // separated by '|'
};

// In the order of their claim when two tasks have equally many keywords.
constexpr Rule kRules[] = {
    {"realtime", 4,
     "weather|forecast|stock price|exchange rate|breaking news|latest news|right now|live "
     "score|traffic|today's news|"
     "天気|気温|株価|為替|速報|最新ニュース|今日のニュース|現在の|リアルタイム|渋滞|運行状況"},
    {"coding", 0,
     "code|function|implement|debug|refactor|unit "
     "test|compile|python|javascript|typescript|java|c++|rust|golang|sql|regex|"
     "api|class|bug|stack "
     "trace|algorithm|html|css|コード|関数|実装|デバッグ|リファクタ|プログラム|スクリプト|クラス|"
     "バグ|"
     "アルゴリズム|データベース接続|正規表現|コンパイル"},
    {"premium", 3,
     "critical|high quality|highest quality|strategic|strategy|board|legal "
     "contract|executive|mission-critical|"
     "重要な|最高品質|高品質|戦略|経営|契約書|役員|ミッションクリティカル"},
    {"analysis", 2,
     "analyze|analyse|analysis|compare|evaluate|reason|why "
     "does|trade-off|architecture|design|prove|step by step|"
     "分析|比較|評価|検討|考察|設計|方針|推論|証明|なぜ"},
};

}  // namespace

Task detectTask(std::string_view prompt) {
  const std::string text = lower(foldWidth(cutAtChar(prompt, 16 * 1024)));
  Task best{"general", 1, ""};
  int most = 0;
  for (const Rule& rule : kRules) {
    int hits = 0;
    std::string first;
    for (std::string_view list = rule.keywords; !list.empty();) {
      const std::size_t bar = list.find('|');
      const std::string_view keyword = list.substr(0, bar);
      list.remove_prefix(bar == std::string_view::npos ? list.size() : bar + 1);
      if (!containsWord(text, keyword)) continue;
      if (hits++ == 0) first = keyword;
    }
    if (hits > most) {
      most = hits;
      best = {rule.name, rule.tier, first};
    }
  }
  return best;
}

}  // namespace pagoda::local
