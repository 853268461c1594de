#include "cache.h"

namespace pagoda::external {

std::optional<std::string> Cache::find(const std::string& key, std::uint64_t now) {
  const std::scoped_lock lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  const auto entry = found->second;
  if (entry->until <= now) return drop(entry), std::nullopt;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->value;
}

void Cache::put(const std::string& key, std::string_view value, std::uint64_t until) {
  const std::size_t size = key.size() + value.size();
  if (mostEntries_ == 0 || size > mostBytes_ / 4) return;
  const std::scoped_lock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) drop(found->second);
  while (!entries_.empty() && (entries_.size() >= mostEntries_ || bytes_ + size > mostBytes_))
    drop(std::prev(entries_.end()));
  entries_.push_front({key, std::string(value), until});
  index_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size;
}

void Cache::drop(Entries::iterator entry) {
  bytes_ -= entry->key.size() + entry->value.size();
  index_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace pagoda::external
