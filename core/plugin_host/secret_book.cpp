#include "core/plugin_host/secret_book.h"

#include <algorithm>

namespace pagoda::plugin_host {
namespace {

// Texts of a limited size may end within a secret.
void scrubCutOff(std::string& text, const Secret& secret) {
  constexpr std::size_t kShortestPiece = 6;
  const std::string_view whole = secret.reveal();
  for (std::size_t size = std::min(whole.size(), text.size()); size >= kShortestPiece; --size) {
    if (!text.ends_with(whole.substr(0, size))) continue;
    text.replace(text.size() - size, size, "***");
    return;
  }
}

}  // namespace

SecretBook::SecretBook(const SecretValues& values) {
  for (const auto& [name, list] : values) {
    if (!list.empty()) entries_[name].values = list;
  }
}

const Secret* SecretBook::current(std::string_view name, std::size_t& ordinal) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return nullptr;
  ordinal = found->second.next.load(std::memory_order_relaxed);
  return &found->second.values[ordinal % found->second.values.size()];
}

void SecretBook::retire(std::string_view name, std::size_t ordinal) noexcept {
  const auto found = entries_.find(name);
  // Only the first of several requests that failed with one key moves on from it.
  if (found != entries_.end())
    found->second.next.compare_exchange_strong(ordinal, ordinal + 1, std::memory_order_relaxed);
}

void SecretBook::scrubFrom(std::string& text) const {
  for (const auto& [name, entry] : entries_) {
    for (const Secret& value : entry.values) {
      scrub(text, value);
      scrubCutOff(text, value);
    }
  }
}

}  // namespace pagoda::plugin_host
