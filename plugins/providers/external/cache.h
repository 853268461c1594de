#pragma once
// Answers that are still good, in memory.

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pagoda::external {

/// Bounded in entries and bytes; what was not asked for longest goes first. Thread-safe. Times are
/// the host's monotonic nanoseconds.
class Cache {
 public:
  Cache(std::size_t entries, std::size_t bytes) : mostEntries_(entries), mostBytes_(bytes) {}

  std::optional<std::string> find(const std::string& key, std::uint64_t now);
  void put(const std::string& key, std::string_view value, std::uint64_t until);

 private:
  struct Entry {
    std::string key;
    std::string value;
    std::uint64_t until;
  };
  using Entries = std::list<Entry>;
  void drop(Entries::iterator entry);

  const std::size_t mostEntries_;
  const std::size_t mostBytes_;
  std::mutex mutex_;
  Entries entries_;  // the most recent first; all below under mutex_
  std::unordered_map<std::string_view, Entries::iterator> index_;
  std::size_t bytes_ = 0;
};

}  // namespace pagoda::external
