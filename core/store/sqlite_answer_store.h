#pragma once
// Kept answers in a file of their own beside the ledger: they are the callers' data and may be
// deleted at any time, money may not. One thread reads and writes it, and one commit serves all
// that wait.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/domain/answer_store.h"
#include "core/store/answer_rows.h"
#include "core/store/database.h"

namespace pagoda::store {

/// Thread-safe.
class SqliteAnswerStore final : public AnswerStore {
 public:
  /// `ledger` has recovered and is read here alone; `clock` outlives the store. Throws StoreError,
  /// SqliteError.
  SqliteAnswerStore(std::string path, const DatabaseOptions& options, AnswerLimits limits,
                    Database& ledger, const Clock& clock);
  SqliteAnswerStore(const SqliteAnswerStore&) = delete;
  SqliteAnswerStore& operator=(const SqliteAnswerStore&) = delete;
  /// Writes what waits, if the disk takes it.
  ~SqliteAnswerStore() override;

  void claim(ClaimedKey key, std::string_view asked, RequestId request,
             std::function<void(Result<Claim>)> done) override;
  void keep(ClaimedKey key, StoredAnswer answer, std::function<void(Result<void>)> done) override;
  void forget(ClaimedKey key, std::function<void(Result<void>)> done) override;
  void lose(ClaimedKey key) override;

 private:
  struct Work {
    enum class Kind { Claim, Keep, Forget, Lose } kind = Kind::Claim;
    ClaimedKey key;
    Fingerprint asked{};
    RequestId request{};
    StoredAnswer answer{};
    std::function<void(Result<Claim>)> claimed{};
    std::function<void(Result<void>)> done{};
    Result<Claim> outcome{};
  };

  void add(Work work);
  void run();
  bool take();
  std::string write();
  void apply(Work& work);
  void completed();
  void failed(const std::string& why);
  void open();

  const std::string path_;
  const DatabaseOptions options_;
  const AnswerLimits limits_;
  const Clock& clock_;

  // The store's thread only.
  std::unique_ptr<Database> database_;
  std::unique_ptr<AnswerRows> rows_;
  std::vector<Work> batch_;
  UnixMillis tidied_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Work> queue_;  // guarded by mutex_, as all below
  std::vector<Work> again_;  // ends of requests that could not be written
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace pagoda::store
