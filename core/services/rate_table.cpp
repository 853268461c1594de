#include "core/services/rate_table.h"

#include <bit>
#include <random>

namespace pagoda::services {
namespace {

// Nobody outside knows it, so nobody can choose addresses that fall into one chain.
std::uint64_t seed() {
  static const std::uint64_t value = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  return value;
}

// The finaliser of MurmurHash3: every bit of the input changes half of the output's.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

std::uint64_t hashOf(const RateId& id) {
  return mixed(mixed(id.high ^ seed()) + id.low);
}

}  // namespace

RateTable::RateTable(std::size_t entries)
    : shards_(std::make_unique<std::array<Shard, kShards>>()) {
  const std::size_t each = std::max<std::size_t>(1, (entries + kShards - 1) / kShards);
  for (Shard& shard : *shards_) {
    shard.capacity = each;
    shard.heads.assign(std::bit_ceil(each), kNone);
  }
}

RateTable::Shard& RateTable::shardOf(const RateId& id) const {
  return (*shards_)[hashOf(id) % kShards];
}

std::size_t RateTable::size() const {
  std::size_t all = 0;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.slots.size();
  }
  return all;
}

std::size_t RateTable::memoryBytes() const {
  std::size_t all = sizeof(*shards_);
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.slots.capacity() * sizeof(Slot) + shard.heads.capacity() * sizeof(Index);
  }
  return all;
}

RateTable::Index& RateTable::Shard::headOf(const RateId& id) {
  return heads[(hashOf(id) / kShards) & (heads.size() - 1)];
}

RateTable::Index RateTable::Shard::find(const RateId& id) {
  for (Index at = headOf(id); at != kNone; at = slots[at].nextInChain) {
    if (slots[at].id != id) continue;
    if (at != newest) {
      unlink(at);
      linkNewest(at);
    }
    return at;
  }
  const Index at = room();
  slots[at] = {};
  slots[at].id = id;
  Index& head = headOf(id);
  slots[at].nextInChain = head;
  head = at;
  linkNewest(at);
  return at;
}

// A free slot: a new one, or that of the entry which was used longest ago and has nothing under
// way. Those under way are as many as there are connections, at most; they become the newest ones
// on the walk, so that the next walk does not meet them again.
RateTable::Index RateTable::Shard::room() {
  if (slots.size() >= capacity) {
    for (std::size_t seen = 0; seen < slots.size(); ++seen) {
      const Index at = oldest;
      unlink(at);
      if (slots[at].meters.underWay == 0) {
        unchain(at);
        return at;
      }
      linkNewest(at);
    }
  }
  if (slots.capacity() == slots.size())  // doubling would take more than the entries are worth
    slots.reserve(std::max(slots.size() + 64, std::min(capacity, slots.size() * 2)));
  slots.emplace_back();
  return static_cast<Index>(slots.size() - 1);
}

void RateTable::Shard::unchain(Index at) {
  Index* link = &headOf(slots[at].id);
  while (*link != at) link = &slots[*link].nextInChain;
  *link = slots[at].nextInChain;
}

void RateTable::Shard::unlink(Index at) {
  const Slot& slot = slots[at];
  (slot.newer == kNone ? newest : slots[slot.newer].older) = slot.older;
  (slot.older == kNone ? oldest : slots[slot.older].newer) = slot.newer;
}

void RateTable::Shard::linkNewest(Index at) {
  slots[at].newer = kNone;
  slots[at].older = newest;
  (newest == kNone ? oldest : slots[newest].newer) = at;
  newest = at;
}

}  // namespace pagoda::services
