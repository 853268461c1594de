#include "core/services/client_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ranges>

#include <arpa/inet.h>

namespace pagoda::services {
namespace {

constexpr int kMappedBits = 96;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool isIpv4(const AddressBytes& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](auto byte) { return byte == 0; }) &&
         address[10] == 0xFF && address[11] == 0xFF;
}

// Without brackets and port. A colon alone cannot tell: IPv6 is full of them.
std::string_view hostOf(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  const bool port = colon != std::string_view::npos && text.find(':', colon + 1) == text.npos;
  return port ? text.substr(0, colon) : text;
}

}  // namespace

std::optional<AddressBytes> parseAddress(std::string_view text) {
  const std::string_view host = hostOf(trimmed(text));
  std::array<char, INET6_ADDRSTRLEN> zeroEnded{};
  if (host.empty() || host.size() >= zeroEnded.size()) return std::nullopt;
  std::ranges::copy(host, zeroEnded.begin());
  AddressBytes bytes{};
  if (host.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, zeroEnded.data(), bytes.data()) != 1) return std::nullopt;
    return bytes;
  }
  bytes[10] = bytes[11] = 0xFF;
  if (inet_pton(AF_INET, zeroEnded.data(), bytes.data() + 12) != 1) return std::nullopt;
  return bytes;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = parseAddress(std::string_view(text).substr(0, slash));
    const int most = address && isIpv4(*address) ? 32 : 128;
    int bits = most;
    bool sound = address.has_value();
    if (sound && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [at, error] = std::from_chars(text.data() + slash + 1, end, bits);
      sound = error == std::errc{} && at == end && bits >= 0 && bits <= most;
    }
    if (!sound)
      return fail(ErrorCode::InvalidRequest, "'" + text.substr(0, 60) +
                                                 "' is no address and no network; write "
                                                 "10.0.0.0/8, 192.0.2.1 or 2001:db8::/32");
    proxies.networks_.push_back({*address, most == 32 ? bits + kMappedBits : bits});
  }
  return proxies;
}

bool TrustedProxies::trusts(const AddressBytes& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const auto whole = static_cast<std::size_t>(network.bits / 8);
    if (std::memcmp(address.data(), network.address.data(), whole) != 0) return false;
    const int rest = network.bits % 8;
    return rest == 0 || ((address[whole] ^ network.address[whole]) >> (8 - rest)) == 0;
  });
}

AddressBytes TrustedProxies::clientOf(const AddressBytes& peer,
                                      const std::vector<std::string_view>& forwarded) const {
  AddressBytes client = peer;
  for (const std::string_view line : forwarded | std::views::reverse) {
    std::string_view rest = line;
    while (trusts(client)) {
      const std::size_t comma = rest.rfind(',');
      const std::size_t from = comma == std::string_view::npos ? 0 : comma + 1;
      const auto hop = parseAddress(rest.substr(from));
      if (!hop) return client;
      client = *hop;
      if (from == 0) break;
      rest = rest.substr(0, comma);
    }
    if (!trusts(client)) return client;
  }
  return client;
}

}  // namespace pagoda::services
