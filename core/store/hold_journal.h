#pragma once
// The holds of requests that are under way, in a memory-mapped file of fixed slots. A hold is there
// the moment add() returns, without a system call and without waiting for the writer: a killed
// process leaves its pages with the kernel. The next start charges what it finds.

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/domain/ledger.h"

namespace pagoda::store {

/// Thread-safe.
class HoldJournal {
 public:
  /// Opens or makes the file; empty path: in memory. Throws StoreError.
  HoldJournal(std::string path, std::size_t capacity);
  HoldJournal(const HoldJournal&) = delete;
  HoldJournal& operator=(const HoldJournal&) = delete;
  ~HoldJournal();

  /// What the file holds: at start, the open holds of a former process.
  std::vector<HoldRow> open() const;
  /// Forgets everything, once it has been charged.
  void clear();

  /// False: every slot is taken, or the disk is full.
  bool add(const HoldRow& row);
  /// Frees the slots of requests whose rows are committed.
  void release(std::span<const std::int64_t> requests);
  std::size_t size() const;

 private:
  struct Slot;
  bool grow();

  std::string path_;
  std::size_t capacity_;
  int descriptor_ = -1;
  mutable std::mutex mutex_;
  Slot* slots_ = nullptr;            // mapped; the first one is the file's head
  std::size_t allocated_ = 0;        // slots with blocks on the disk
  std::vector<std::uint32_t> free_;  // last freed, first used: few pages stay busy
  std::vector<std::uint32_t> next_;  // of the same request, 0: none
  std::unordered_map<std::int64_t, std::uint32_t> first_;  // request to its newest slot
};

}  // namespace pagoda::store
