#pragma once
// Whose address a request comes from: the peer's, or what trusted proxies say of it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pagoda::services {

/// IPv6; IPv4 is mapped to ::ffff:0:0/96.
using AddressBytes = std::array<std::uint8_t, 16>;

/// "10.0.0.1", "2001:db8::1", "[2001:db8::1]"; with a port too. Nothing for anything else.
std::optional<AddressBytes> parseAddress(std::string_view text);

/// Proxies whose X-Forwarded-For is believed. Immutable, thread-safe.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// Addresses and networks, "10.0.0.0/8". Errors: InvalidRequest, naming the one that is wrong.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool empty() const { return networks_.empty(); }
  bool trusts(const AddressBytes& address) const;
  /// The first address that no trusted proxy has, seen from here: `forwarded` are the values of
  /// X-Forwarded-For in the order of the headers. What an untrusted peer says of itself does not
  /// count, nor what is left of something unreadable.
  AddressBytes clientOf(const AddressBytes& peer,
                        const std::vector<std::string_view>& forwarded) const;

 private:
  struct Network {
    AddressBytes address;
    int bits;
  };
  std::vector<Network> networks_;
};

}  // namespace pagoda::services
