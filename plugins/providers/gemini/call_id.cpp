#include "call_id.h"

#include <algorithm>
#include <cctype>

namespace pagoda::gemini {

namespace {

constexpr std::string_view kGiven = "__gts_";   // the upstream's own id stands before it
constexpr std::string_view kMinted = "__gtm_";  // an id made here stands before it

// What hosts and clients take as an id. A longer signature travels beside the id only.
constexpr std::size_t kLongestId = 4096;

bool isBase64(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '/' || c == '-' || c == '_';
  });
}

}  // namespace

std::string encodeCallId(std::string_view upstreamId, std::string_view minted,
                         std::string_view signature) {
  std::string id(upstreamId.empty() ? minted : upstreamId);
  id += upstreamId.empty() ? kMinted : kGiven;
  while (signature.ends_with('=')) signature.remove_suffix(1);
  if (!isBase64(signature) || id.size() + signature.size() > kLongestId) return id;
  const std::size_t from = id.size();
  id += signature;
  std::replace(id.begin() + static_cast<std::ptrdiff_t>(from), id.end(), '+', '-');
  std::replace(id.begin() + static_cast<std::ptrdiff_t>(from), id.end(), '/', '_');
  return id;
}

CallId decodeCallId(std::string_view id) {
  CallId read;
  // The last mark: behind another gateway of this kind the upstream's own id holds one.
  const std::size_t given = id.rfind(kGiven);
  const std::size_t minted = id.rfind(kMinted);
  const bool own =
      minted == std::string_view::npos || (given != std::string_view::npos && given > minted);
  const std::size_t at = own ? given : minted;
  if (at == std::string_view::npos || at == 0) return read;
  const std::string_view signature = id.substr(at + kGiven.size());
  if (!isBase64(signature) || signature.size() % 4 == 1) return read;
  read.ours = true;
  if (own) read.upstreamId = id.substr(0, at);
  read.signature = signature;
  std::ranges::replace(read.signature, '-', '+');
  std::ranges::replace(read.signature, '_', '/');
  while (read.signature.size() % 4 != 0) read.signature += '=';
  return read;
}

}  // namespace pagoda::gemini
