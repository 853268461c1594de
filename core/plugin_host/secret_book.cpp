#include "core/plugin_host/secret_book.h"

#include <algorithm>
#include <limits>

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

constexpr Millis kRejectedRests = std::chrono::minutes(10);
constexpr Millis kSpentRests = std::chrono::hours(1);
constexpr Millis kForbiddenRests = std::chrono::seconds(30);
constexpr Millis kLimitedRests = std::chrono::seconds(5);

Millis restOf(FailureKind kind, std::optional<Millis> retryAfter) {
  switch (kind) {
    case FailureKind::Auth:
      return kRejectedRests;
    case FailureKind::Quota:
      return std::max(kSpentRests, retryAfter.value_or(Millis{0}));
    case FailureKind::Permission:
      return kForbiddenRests;  // of one model; it may do for others
    default:
      return retryAfter.value_or(kLimitedRests);
  }
}

}  // namespace

SecretBook::SecretBook(const SecretValues& values, const Clock& clock) : clock_(clock) {
  for (const auto& [name, list] : values)
    for (const Secret& value : list) entries_[name].keys.emplace_back(value);
}

std::int64_t SecretBook::now() const noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch())
      .count();
}

const Secret* SecretBook::current(std::string_view name, std::size_t& ordinal) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  const std::size_t count = entry.keys.size();
  ordinal = 0;
  if (count > 1) {
    const std::size_t start = entry.turn.fetch_add(1, std::memory_order_relaxed);
    const std::int64_t time = now();
    std::int64_t soonest = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = (start + i) % count;
      const std::int64_t until = entry.keys[at].restsUntil.load(std::memory_order_relaxed);
      if (until < soonest) {
        soonest = until;
        ordinal = at;
      }
      if (until > time) continue;
      ordinal = at;
      break;
    }
  }
  const Key& key = entry.keys[ordinal];
  key.uses.fetch_add(1, std::memory_order_relaxed);
  return &key.value;
}

bool SecretBook::failed(std::string_view name, std::size_t ordinal, FailureKind kind,
                        std::optional<Millis> retryAfter) noexcept {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.keys.size() < 2) return false;
  Entry& entry = found->second;
  const std::int64_t time = now();
  const Duration rest = restOf(kind, retryAfter);
  entry.keys[ordinal].why.store(kind, std::memory_order_relaxed);
  entry.keys[ordinal].restsUntil.store(time + rest.count(), std::memory_order_relaxed);
  for (const Key& key : entry.keys)
    if (key.restsUntil.load(std::memory_order_relaxed) <= time) return true;
  return false;
}

std::vector<KeyState> SecretBook::states() const {
  std::vector<KeyState> all;
  const std::int64_t time = now();
  for (const auto& [name, entry] : entries_) {
    for (std::size_t i = 0; i < entry.keys.size(); ++i) {
      const Key& key = entry.keys[i];
      if (key.value.empty()) continue;
      KeyState state;
      state.secret = name;
      state.number = i + 1;
      state.uses = key.uses.load(std::memory_order_relaxed);
      const std::int64_t until = key.restsUntil.load(std::memory_order_relaxed);
      if (until > time) {
        state.restsFor = std::chrono::duration_cast<Millis>(std::chrono::nanoseconds(until - time));
        state.why = nameOf(key.why.load(std::memory_order_relaxed));
      }
      all.push_back(std::move(state));
    }
  }
  return all;
}

void SecretBook::scrubFrom(std::string& text) const {
  for (const auto& [name, entry] : entries_) {
    for (const Key& key : entry.keys) {
      scrub(text, key.value);
      scrubCutOff(text, key.value);
    }
  }
}

}  // namespace pagoda::plugin_host
