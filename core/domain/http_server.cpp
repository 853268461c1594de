#include "core/domain/http_server.h"

#include <algorithm>

namespace pagoda {

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found =
      std::ranges::find(headers, name, &std::pair<std::string_view, std::string_view>::first);
  return found == headers.end() ? std::string_view{} : found->second;
}

std::size_t HttpRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count(headers, name, &std::pair<std::string_view, std::string_view>::first));
}

}  // namespace pagoda
