#pragma once
// Answers by the caller's Idempotency-Key: a repeated request gets the answer of the first, and
// costs nothing. Implemented in core/store.

#include <functional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/domain/http_server.h"

namespace pagoda {

/// A key belongs to the API key that sent it: two callers never meet.
struct ClaimedKey {
  ApiKeyId owner;  ///< empty where no API keys are needed
  std::string text;
  auto operator<=>(const ClaimedKey&) const = default;
};

struct StoredAnswer {
  RequestId request;
  int status = 200;
  HeaderList headers;  ///< that belong to the answer, content-type first
  std::string body;
};

/// What is known of a key when a request comes with it.
struct Claim {
  enum class State {
    First,      ///< the request is recorded as under way: run it, then keep, lose or forget it
    Running,    ///< the first request has not ended yet
    Kept,       ///< `answer` is the answer of the first
    Lost,       ///< the first was charged, and its answer is not there
    OtherBody,  ///< the first asked for something else
  };
  State state = State::First;
  StoredAnswer answer;  ///< of a kept one; of a lost one `request` alone
};

/// Thread-safe. `done` is called once, on the store's thread or on the caller's.
class AnswerStore {
 public:
  virtual ~AnswerStore() = default;
  /// Who gets First has the record of it on the disk before `done`. `asked`, which is only hashed,
  /// tells one request from another. Errors: StorageUnavailable.
  virtual void claim(ClaimedKey key, std::string_view asked, RequestId request,
                     std::function<void(Result<Claim>)> done) = 0;
  /// The answer, before its last byte goes out. An answer that is too long counts as lost. Errors:
  /// StorageUnavailable; then it is kept as soon as that is possible.
  virtual void keep(ClaimedKey key, StoredAnswer answer,
                    std::function<void(Result<void>)> done) = 0;
  /// The request cost nothing and has no answer worth keeping: the next one with its key is a
  /// first.
  virtual void forget(ClaimedKey key, std::function<void(Result<void>)> done) = 0;
  /// The request may have been charged and has no answer.
  virtual void lose(ClaimedKey key) = 0;
};

}  // namespace pagoda
