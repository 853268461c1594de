#include "core/store/sqlite_answer_store.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <pthread.h>
#include <signal.h>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>

#include "core/store/sqlite_error.h"

namespace pagoda::store {
namespace {

constexpr std::size_t kMostWaiting = 65'536;
constexpr std::size_t kAtOnce = 512;
constexpr int kCheckpointPages = 1'000;
constexpr UnixMillis kTidyEvery = 60'000;
constexpr std::chrono::milliseconds kRetryPause{250};

tl::unexpected<Error> unavailable(const std::string& why) {
  return fail(ErrorCode::StorageUnavailable, "idempotency keys cannot be kept: " + why);
}

Fingerprint fingerprintOf(std::string_view text) {
  Fingerprint out{};
  if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("libcrypto failed to hash");
  return out;
}

void blockSignals() {
  sigset_t all{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "pagoda-answers");
}

}  // namespace

SqliteAnswerStore::SqliteAnswerStore(std::string path, const DatabaseOptions& options,
                                     AnswerLimits limits, Database& ledger, const Clock& clock)
    : path_(std::move(path)), options_(options), limits_(limits), clock_(clock) {
  open();
  AnswerRows::settleFormer(*database_, ledger);
  rows_ = std::make_unique<AnswerRows>(*database_, limits_);
  thread_ = std::thread([this] { run(); });
}

SqliteAnswerStore::~SqliteAnswerStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SqliteAnswerStore::claim(ClaimedKey key, std::string_view asked, RequestId request,
                              std::function<void(Result<Claim>)> done) {
  Work work;
  work.kind = Work::Kind::Claim;
  work.key = std::move(key);
  work.asked = fingerprintOf(asked);
  work.request = request;
  work.claimed = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < kMostWaiting) {
      queue_.push_back(std::move(work));
      wake_.notify_one();
      return;
    }
  }
  work.claimed(unavailable("too many requests wait"));
}

void SqliteAnswerStore::keep(ClaimedKey key, StoredAnswer answer,
                             std::function<void(Result<void>)> done) {
  Work work;
  work.kind = Work::Kind::Keep;
  work.key = std::move(key);
  work.answer = std::move(answer);
  work.done = std::move(done);
  add(std::move(work));
}

void SqliteAnswerStore::forget(ClaimedKey key, std::function<void(Result<void>)> done) {
  Work work;
  work.kind = Work::Kind::Forget;
  work.key = std::move(key);
  work.done = std::move(done);
  add(std::move(work));
}

void SqliteAnswerStore::lose(ClaimedKey key) {
  Work work;
  work.kind = Work::Kind::Lose;
  work.key = std::move(key);
  add(std::move(work));
}

// The end of a request is always taken: there are no more of them than claims that were granted.
void SqliteAnswerStore::add(Work work) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  wake_.notify_one();
}

void SqliteAnswerStore::run() {
  blockSignals();
  while (take()) {
    const std::string why = write();
    if (why.empty()) {
      completed();
    } else {
      failed(why);
    }
  }
  try {
    if (database_) database_->checkpoint(true);
  } catch (const SqliteError&) {
    // The log stays beside the file; the next start reads it.
  }
  rows_.reset();
  database_.reset();
}

/// Waits for work; false when the store closes and none is left, or none that can be written.
bool SqliteAnswerStore::take() {
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_) {
    if (again_.empty()) {
      wake_.wait(lock);
    } else if (wake_.wait_for(lock, kRetryPause) == std::cv_status::timeout) {
      break;
    }
  }
  batch_ = std::exchange(again_, {});
  const std::size_t count = std::min(queue_.size(), kAtOnce);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(queue_.begin(), end, std::back_inserter(batch_));
  queue_.erase(queue_.begin(), end);
  return !batch_.empty();
}

/// Empty: the batch is in the file. Otherwise why not.
std::string SqliteAnswerStore::write() {
  try {
    if (!database_) open();
    if (!rows_) rows_ = std::make_unique<AnswerRows>(*database_, limits_);
    Transaction transaction(*database_);
    for (Work& work : batch_) apply(work);
    const UnixMillis now = clock_.unixNow();
    if (now - tidied_ >= kTidyEvery || rows_->overFull()) {
      rows_->tidy(now);
      tidied_ = now;
    }
    transaction.commit();
  } catch (const SqliteError& error) {
    // What was counted in memory may not be in the file.
    rows_.reset();
    if (error.voidsConnection()) database_.reset();
    return error.reason();
  } catch (const std::exception& error) {
    rows_.reset();
    database_.reset();
    return error.what();
  }
  try {
    if (database_->walPages() >= kCheckpointPages) database_->checkpoint(false);
  } catch (const SqliteError& error) {
    // The log has everything; only the connection may be of no use.
    if (error.voidsConnection()) {
      rows_.reset();
      database_.reset();
    }
  }
  return {};
}

void SqliteAnswerStore::apply(Work& work) {
  switch (work.kind) {
    case Work::Kind::Claim:
      work.outcome = rows_->claim(work.key, work.asked, work.request, clock_.unixNow());
      return;
    case Work::Kind::Keep:
      rows_->keep(work.key, work.answer);
      return;
    case Work::Kind::Forget:
      rows_->forget(work.key, work.request);
      return;
    case Work::Kind::Lose:
      rows_->lose(work.key);
      return;
  }
}

void SqliteAnswerStore::completed() {
  for (Work& work : batch_) {
    if (work.claimed) work.claimed(std::move(work.outcome));
    if (work.done) work.done({});
  }
  batch_.clear();
}

// An end is written later. A claim whose commit failed may be in the file all the same, and nobody
// runs for it: it is taken back.
void SqliteAnswerStore::failed(const std::string& why) {
  std::vector<Work> again;
  for (Work& work : batch_) {
    if (auto claimed = std::exchange(work.claimed, nullptr)) {
      claimed(unavailable(why));
      work.kind = Work::Kind::Forget;
    }
    if (auto done = std::exchange(work.done, nullptr)) done(unavailable(why));
    again.push_back(std::move(work));
  }
  batch_.clear();
  const std::lock_guard lock(mutex_);
  if (!stopping_) again_ = std::move(again);
}

void SqliteAnswerStore::open() {
  database_ = std::make_unique<Database>(path_, options_);
  AnswerRows::prepare(*database_);
}

}  // namespace pagoda::store
