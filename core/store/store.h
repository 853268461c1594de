#pragma once
// The way in: opens the database and hands out what is behind the domain's interfaces.

#include <memory>
#include <string>

#include "core/base/time_zone.h"
#include "core/domain/answer_store.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"
#include "core/domain/lesson.h"
#include "core/store/store_error.h"
#include "core/store/usage_report.h"

namespace pagoda::store {

/// When a settlement counts as durable. Group: after the fsync of the commit that holds it, which
/// it shares with all that wait. Process: after the write, so that it survives a killed process
/// but not a power failure.
enum class Durability { Group, Process };

struct StoreOptions {
  Durability durability = Durability::Group;
  Millis busyTimeout{2'000};        ///< how long a lock of another process is waited for
  std::size_t openHolds = 65'536;   ///< attempts under way at once; half a KiB each
  std::size_t queueLimit = 65'536;  ///< settlements that may wait for the writer
  std::int64_t maxPages = 0;        ///< the database's limit in pages of 4 KiB; 0: none
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();  ///< whose days and months are summed
  Millis keepAnswers{24 * 3'600'000};                      ///< by Idempotency-Key
  std::int64_t answerBytes = std::int64_t{256} << 20;      ///< of all of them
};

/// Members are destroyed in reverse order; the lock goes last.
class Store {
 public:
  Store(Store&&) noexcept;
  ~Store();
  Ledger& ledger() { return *ledger_; }
  KeyStore& keys() { return *keys_; }
  StrategyMemory& memory() { return *memory_; }
  AnswerStore& answers() { return *answers_; }

 private:
  friend Store openStore(const std::string&, const StoreOptions&, const Clock&);
  struct Lock;
  Store();
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<StrategyMemory> memory_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<AnswerStore> answers_;
};

/// For the server: makes the directory and the file where they are missing, brings the schema up to
/// date and charges the holds that a former process left open. One server at a time per database.
/// ":memory:" keeps everything in memory. `clock` outlives the store. Throws StoreError.
Store openStore(const std::string& path, const StoreOptions& options, const Clock& clock);

/// For the command line: the API keys alone, also while a server runs. Throws StoreError.
std::unique_ptr<KeyStore> openKeyStore(const std::string& path, const StoreOptions& options,
                                       const Clock& clock);

/// For the command line: reads the whole ledger and names every balance that is not the sum of its
/// rows. Throws StoreError.
std::vector<std::string> auditStore(const std::string& path, const StoreOptions& options);

/// For the command line, also while a server runs: what was spent. Throws StoreError.
std::vector<UsageLine> usageInStore(const std::string& path, const StoreOptions& options,
                                    const UsageQuery& query);

/// For the command line, and only while no server runs, which would not learn of it. Empty: done;
/// otherwise why not. Throws StoreError.
std::string correctStore(const std::string& path, const StoreOptions& options,
                         const Correction& correction, const Clock& clock);

}  // namespace pagoda::store
