#pragma once
// Where a provider plugin may send requests to.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pagoda::plugin_host {

/// Views into the text that was read.
struct UrlParts {
  std::string_view scheme;  ///< "http" or "https"
  std::string host;         ///< lower case; IPv6 in brackets
  int port = 0;
};

/// An absolute http or https URL without user information and fragment, in printable ASCII.
std::optional<UrlParts> readUrl(std::string_view url);

bool isLoopback(std::string_view host);

/// The hosts of the manifest and of the operator's base_url. Immutable.
class UrlRules {
 public:
  UrlRules(const std::vector<std::string>& hosts, std::string_view baseUrl);

  /// Why the plugin may not send to `url`; empty if it may. Plain http only where the operator's
  /// base_url has it, or to this machine.
  std::string refusal(std::string_view url) const;

 private:
  bool names(const UrlParts& url) const;

  std::vector<std::string> hosts_;
  std::string baseHost_;
  int basePort_ = 0;
  bool basePlain_ = false;
};

}  // namespace pagoda::plugin_host
