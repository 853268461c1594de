#pragma once
// A ledger in memory that keeps what it was told, and can be told to fail.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/ledger.h"

namespace pagoda::testing {

class FakeLedger final : public Ledger {
 public:
  Result<void> hold(HoldRow row) override {
    if (!trouble_.empty()) return fail(ErrorCode::StorageUnavailable, trouble_);
    holds.push_back(std::move(row));
    return {};
  }
  void settle(RequestRow row, std::map<CounterKey, std::int64_t> added,
              std::function<void(Result<void>)> done) override {
    if (!trouble_.empty()) return done(fail(ErrorCode::StorageUnavailable, trouble_));
    for (const auto& [key, value] : added) counters_[key] += value;
    rows.push_back(std::move(row));
    done({});
  }
  LedgerTotals totals() const override { return {}; }
  std::map<CounterKey, std::int64_t> counters() const override { return counters_; }
  Result<void> resetCounters() override {
    counters_.clear();
    return {};
  }
  Result<std::string> decision(RequestId request) override {
    for (const RequestRow& row : rows)
      if (row.request == request) return row.decisionJson;
    return fail(ErrorCode::NotFound, "no such request");
  }
  std::string trouble() const override { return trouble_; }

  void breakWith(std::string why) { trouble_ = std::move(why); }
  std::vector<HoldRow> holds;
  std::vector<RequestRow> rows;

 private:
  std::string trouble_;
  std::map<CounterKey, std::int64_t> counters_;
};

}  // namespace pagoda::testing
