#include "core/app/mistake.h"

#include <algorithm>
#include <numeric>

namespace pagoda::app {
namespace {

constexpr std::size_t kLongestName = 64;

/// Optimal string alignment: a swap of neighbours, the commonest slip, counts once.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> older(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
    older.swap(previous);
    previous.swap(row);
  }
  return previous[b.size()];
}

std::string summary(const std::vector<Mistake>& mistakes) {
  if (mistakes.empty()) return "the configuration is wrong";
  std::string text = toString(mistakes.front());
  if (mistakes.size() > 1)
    text += " (and " + std::to_string(mistakes.size() - 1) + " more: pagoda test-config shows all)";
  return text;
}

}  // namespace

std::string toString(const Mistake& mistake) {
  std::string text = mistake.place.file;
  if (mistake.place.line > 0)
    text += ":" + std::to_string(mistake.place.line) + ":" + std::to_string(mistake.place.column);
  if (!text.empty()) text += ": ";
  text += mistake.message;
  if (!mistake.suggestion.empty()) text += " (" + mistake.suggestion + ")";
  return text;
}

ConfigError::ConfigError(std::vector<Mistake> mistakes)
    : std::runtime_error(summary(mistakes)), mistakes_(std::move(mistakes)) {}

std::string nearestName(std::string_view name, const std::vector<std::string>& known) {
  if (name.empty() || name.size() > kLongestName) return {};
  const std::string* best = nullptr;
  std::size_t bestDistance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = &candidate;
    }
  }
  return best ? *best : std::string{};
}

}  // namespace pagoda::app
