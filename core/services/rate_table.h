#pragma once
// The meters of many callers or addresses in bounded memory: a fixed number of entries, the one
// that was used longest ago makes room.

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/services/rate_meter.h"

namespace pagoda::services {

/// Who is metered: an address, or the hash of a caller's name.
struct RateId {
  std::uint64_t high = 0, low = 0;
  bool operator==(const RateId&) const = default;
};

struct RateMeters {
  RateMeter requests;
  RateMeter tokens;
  RateMeter wrongKeys;
  std::int64_t underWay = 0;  ///< requests; such an entry makes no room for others
};

/// Thread-safe: shards with a mutex each, so that loops seldom meet.
class RateTable {
 public:
  /// `entries`: how many are kept, rounded up to the shards; 72 bytes each. Memory is taken as
  /// entries come.
  explicit RateTable(std::size_t entries);

  /// Calls `use(RateMeters&)` under the entry's lock, made anew where there is none; it must not
  /// come back here. Entries in use are not lost: while all of a shard are under way, it grows.
  template <class Use>
  auto with(const RateId& id, Use&& use) {
    Shard& shard = shardOf(id);
    const std::lock_guard lock(shard.mutex);
    return use(shard.slots[shard.find(id)].meters);
  }

  std::size_t size() const;
  std::size_t memoryBytes() const;

 private:
  static constexpr std::size_t kShards = 16;
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Slot {
    RateId id;
    RateMeters meters;
    Index nextInChain = kNone;
    Index newer = kNone, older = kNone;
  };
  /// All members are guarded by `mutex`.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::size_t capacity = 0;
    std::vector<Slot> slots;
    std::vector<Index> heads;  ///< of chains, by hash
    Index newest = kNone, oldest = kNone;

    Index find(const RateId& id);
    Index& headOf(const RateId& id);
    Index room();
    void unchain(Index at);
    void unlink(Index at);
    void linkNewest(Index at);
  };
  Shard& shardOf(const RateId& id) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace pagoda::services
