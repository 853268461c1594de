#include "core/domain/catalogue.h"

#include <algorithm>

#include "core/base/edit_distance.h"

namespace pagoda {

const Price& Model::priceAt(CalendarDay day) const {
  const Price* holds = &price;
  for (const Price& entry : later)
    if (entry.from <= day) holds = &entry;
  return *holds;
}

const Model* Catalogue::find(std::string_view key) const {
  const auto found = std::ranges::find(models, key, &Model::key);
  return found == models.end() ? nullptr : &*found;
}

const Model* Catalogue::find(std::string_view provider, std::string_view upstreamId) const {
  const auto found = std::ranges::find_if(models, [&](const Model& model) {
    return model.provider == provider && model.upstreamId == upstreamId;
  });
  return found == models.end() ? nullptr : &*found;
}

const ModelRoute* Catalogue::findRoute(std::string_view name) const {
  const auto found = std::ranges::find(routes, name, &ModelRoute::name);
  return found == routes.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::near(std::string_view name) const {
  constexpr std::size_t kMost = 3;
  constexpr std::size_t kLongestName =
      64;  // the distance costs time in proportion; such names are no typing error
  std::vector<std::pair<std::size_t, std::string>> scored;
  if (name.size() > kLongestName) return {};
  const auto score = [&](const std::string& known) {
    const std::size_t distance = editDistance(name, known);
    const bool contains = !name.empty() && known.find(name) != std::string::npos;
    if (contains || distance <= std::max<std::size_t>(2, known.size() / 2))
      scored.emplace_back(contains ? 0 : distance, known);
  };
  for (const Model& model : models) score(model.key);
  for (const ModelRoute& route : routes) score(route.name);
  std::ranges::sort(scored);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < scored.size() && i < kMost; ++i) names.push_back(scored[i].second);
  return names;
}

}  // namespace pagoda
