#pragma once
// Tells the processes that share a database that API keys were changed: a number in a mapped file,
// so that a server sees a revocation at the next request without asking the database.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace pagoda::store {

/// Thread-safe, between processes too.
class KeySignal {
 public:
  /// Makes the file where it is missing; empty path: within this object alone. Throws StoreError.
  explicit KeySignal(const std::string& path);
  KeySignal(const KeySignal&) = delete;
  KeySignal& operator=(const KeySignal&) = delete;
  ~KeySignal();

  std::uint64_t value() const noexcept { return number_->load(std::memory_order_acquire); }
  /// After the change is committed.
  void raise() noexcept { number_->fetch_add(1, std::memory_order_acq_rel); }

 private:
  std::atomic<std::uint64_t> own_{0};
  std::atomic<std::uint64_t>* number_ = &own_;
};

}  // namespace pagoda::store
