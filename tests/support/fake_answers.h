#pragma once
// Kept answers in memory, by the rules of the real store.

#include <map>
#include <string>
#include <utility>

#include "core/domain/answer_store.h"

namespace pagoda::testing {

class FakeAnswers final : public AnswerStore {
 public:
  void claim(ClaimedKey key, std::string_view asked, RequestId request,
             std::function<void(Result<Claim>)> done) override {
    if (broken) return done(fail(ErrorCode::StorageUnavailable, "the disk is full"));
    const auto [row, added] = rows.try_emplace(std::move(key));
    if (added) {
      row->second = {std::string(asked), {Claim::State::Running, {}}};
      row->second.claim.answer.request = request;
      return done(Claim{});
    }
    Claim claim = row->second.claim;
    if (row->second.asked != asked) claim.state = Claim::State::OtherBody;
    done(std::move(claim));
  }
  void keep(ClaimedKey key, StoredAnswer answer, std::function<void(Result<void>)> done) override {
    rows.at(key).claim = {Claim::State::Kept, std::move(answer)};
    done({});
  }
  void forget(ClaimedKey key, std::function<void(Result<void>)> done) override {
    rows.erase(key);
    done({});
  }
  void lose(ClaimedKey key) override { rows.at(key).claim.state = Claim::State::Lost; }

  struct Row {
    std::string asked;
    Claim claim;
  };
  std::map<ClaimedKey, Row> rows;
  bool broken = false;
};

}  // namespace pagoda::testing
