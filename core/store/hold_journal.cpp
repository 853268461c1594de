#include "core/store/hold_journal.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "core/store/store_error.h"

namespace pagoda::store {
namespace {

constexpr std::uint64_t kMagic = 0x31444c4f48474450;  // "PDGHOLD1"
constexpr std::uint32_t kOpen = 0x6e65706f;           // "open"
constexpr std::size_t kTextBytes = 448;
constexpr std::size_t kLongestTeam = 64;
constexpr std::size_t kSlotsPerStep = 128;

[[noreturn]] void failToOpen(const std::string& path, int error) {
  const auto kind = error == ENOSPC ? StoreError::Kind::DiskFull : StoreError::Kind::NotWritable;
  throw StoreError(kind, "hold journal " + path + " cannot be opened (" + std::strerror(error) +
                             "); make the file and its disk writable for this user");
}

}  // namespace

// 512 bytes, eight to a page. The state is written last when a slot is taken and first when it is
// freed: a process that dies in between leaves no half of a hold.
struct HoldJournal::Slot {
  std::atomic<std::uint32_t> state;
  std::uint32_t attempt;
  std::int64_t request;
  std::int64_t heldNanoUsd;
  std::int64_t timeUnixMs;
  std::int32_t tier;
  std::uint32_t simulated;
  std::uint64_t magic;  // of the head slot
  std::uint16_t sizes[4];
  std::int32_t day;  // 0: written by a version that had none
  std::uint16_t teamSize;
  std::uint16_t reserved;
  char text[kTextBytes];

  void put(const HoldRow& row) {
    attempt = row.attempt;
    request = row.request.number();
    heldNanoUsd = row.held.nanoUsd();
    timeUnixMs = row.time;
    tier = row.tier;
    simulated = row.simulated ? 1 : 0;
    day = row.day;
    // What does not fit is cut: key and team come first, since money is charged to them.
    const std::string_view texts[] = {row.key.value(), row.clientRequestId, row.model,
                                      row.provider};
    std::size_t used = std::min<std::size_t>(row.team.size(), kLongestTeam);
    std::memcpy(text, row.team.data(), used);
    teamSize = static_cast<std::uint16_t>(used);
    for (std::size_t i = 0; i < std::size(texts); ++i) {
      const std::size_t size = std::min(texts[i].size(), kTextBytes - used);
      std::memcpy(text + used, texts[i].data(), size);
      sizes[i] = static_cast<std::uint16_t>(size);
      used += size;
    }
    state.store(kOpen, std::memory_order_release);
  }

  HoldRow get() const {
    HoldRow row;
    row.request = RequestId(request);
    row.attempt = attempt;
    row.held = Money::fromNanoUsd(std::max<std::int64_t>(0, heldNanoUsd));
    row.time = timeUnixMs;
    row.tier = tier;
    row.simulated = simulated != 0;
    row.day = day;
    std::string texts[4];
    std::size_t used = std::min<std::size_t>(teamSize, kLongestTeam);
    row.team.assign(text, used);
    for (std::size_t i = 0; i < std::size(texts); ++i) {
      const std::size_t size = std::min<std::size_t>(sizes[i], kTextBytes - used);
      texts[i].assign(text + used, size);
      used += size;
    }
    row.key = ApiKeyId(std::move(texts[0]));
    row.clientRequestId = std::move(texts[1]);
    row.model = std::move(texts[2]);
    row.provider = std::move(texts[3]);
    return row;
  }
};

HoldJournal::HoldJournal(std::string path, std::size_t capacity)
    : path_(std::move(path)), capacity_(capacity + 1) {
  static_assert(sizeof(Slot) == 512 && std::atomic<std::uint32_t>::is_always_lock_free);
  if (!path_.empty()) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) failToOpen(path_, errno);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) failToOpen(path_, errno);
    allocated_ = static_cast<std::size_t>(status.st_size) / sizeof(Slot);
    // A former process may have been given more slots.
    capacity_ = std::max(capacity_, allocated_);
  }
  const int flags = path_.empty() ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* mapped =
      ::mmap(nullptr, capacity_ * sizeof(Slot), PROT_READ | PROT_WRITE, flags, descriptor_, 0);
  if (mapped == MAP_FAILED) failToOpen(path_, errno);
  slots_ = static_cast<Slot*>(mapped);
  if (allocated_ == 0 && !grow()) failToOpen(path_, ENOSPC);
  // All zero is a file that a power failure left empty.
  if (slots_[0].magic != kMagic && slots_[0].magic != 0) {
    throw StoreError(
        StoreError::Kind::Corrupt,
        "hold journal " + path_ + " is damaged; move it away to start without the holds in it");
  }
  slots_[0].magic = kMagic;
  next_.resize(allocated_);
  free_.clear();
  for (std::size_t slot = allocated_; slot-- > 1;) {
    if (slots_[slot].state.load(std::memory_order_acquire) != kOpen)
      free_.push_back(static_cast<std::uint32_t>(slot));
  }
}

HoldJournal::~HoldJournal() {
  ::munmap(slots_, capacity_ * sizeof(Slot));
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Blocks are taken before they are written to: a store into a mapped hole of a full disk would be
// a SIGBUS instead of an error.
bool HoldJournal::grow() {
  const std::size_t wanted = std::min(capacity_, allocated_ + kSlotsPerStep);
  if (wanted == allocated_) return false;
  if (descriptor_ >= 0) {
    const auto from = static_cast<off_t>(allocated_ * sizeof(Slot));
    const auto bytes = static_cast<off_t>((wanted - allocated_) * sizeof(Slot));
    if (::posix_fallocate(descriptor_, from, bytes) != 0) return false;
  }
  next_.resize(wanted);
  for (std::size_t slot = wanted; slot-- > std::max<std::size_t>(allocated_, 1);)
    free_.push_back(static_cast<std::uint32_t>(slot));
  allocated_ = wanted;
  return true;
}

std::vector<HoldRow> HoldJournal::open() const {
  const std::lock_guard lock(mutex_);
  std::vector<HoldRow> rows;
  for (std::size_t slot = 1; slot < allocated_; ++slot) {
    if (slots_[slot].state.load(std::memory_order_acquire) == kOpen)
      rows.push_back(slots_[slot].get());
  }
  return rows;
}

void HoldJournal::clear() {
  const std::lock_guard lock(mutex_);
  first_.clear();
  free_.clear();
  next_.assign(allocated_, 0);
  for (std::size_t slot = allocated_; slot-- > 1;) {
    slots_[slot].state.store(0, std::memory_order_release);
    free_.push_back(static_cast<std::uint32_t>(slot));
  }
}

bool HoldJournal::add(const HoldRow& row) {
  const std::lock_guard lock(mutex_);
  if (free_.empty() && !grow()) return false;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].put(row);
  std::uint32_t& first = first_[row.request.number()];
  next_[slot] = first;
  first = slot;
  return true;
}

void HoldJournal::release(std::span<const std::int64_t> requests) {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t request : requests) {
    const auto found = first_.find(request);
    if (found == first_.end()) continue;
    for (std::uint32_t slot = found->second; slot != 0; slot = next_[slot]) {
      slots_[slot].state.store(0, std::memory_order_release);
      free_.push_back(slot);
    }
    first_.erase(found);
  }
}

std::size_t HoldJournal::size() const {
  const std::lock_guard lock(mutex_);
  return allocated_ - 1 - free_.size();
}

}  // namespace pagoda::store
