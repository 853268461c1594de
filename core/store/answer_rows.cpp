#include "core/store/answer_rows.h"

#include <utility>
#include <vector>

#include "core/store/database.h"
#include "core/store/store_error.h"

namespace pagoda::store {
namespace {

// 0 running, 1 kept, 2 lost. A lost one keeps its row, so that its key is not charged again.
constexpr const char* kSchema = R"sql(
CREATE TABLE answers (
  id           INTEGER PRIMARY KEY,
  owner        TEXT    NOT NULL,
  key          TEXT    NOT NULL,
  asked        BLOB    NOT NULL,
  request_id   INTEGER NOT NULL,
  time_unix_ms INTEGER NOT NULL,
  state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
  status       INTEGER NOT NULL DEFAULT 0,
  headers      TEXT    NOT NULL DEFAULT '',
  body         BLOB    NOT NULL DEFAULT x'',
  bytes        INTEGER NOT NULL DEFAULT 0,
  UNIQUE (owner, key)
) STRICT;
CREATE INDEX answers_time ON answers (time_unix_ms);
CREATE INDEX answers_kept ON answers (id) WHERE state = 1;
PRAGMA user_version = 1;
)sql";

enum State : std::int64_t { kRunning = 0, kKept = 1, kLost = 2 };

std::string headerLines(const HeaderList& headers) {
  std::string lines;
  for (const auto& [name, value] : headers)
    lines.append(name).append(":").append(value).append("\n");
  return lines;
}

HeaderList headersOf(std::string_view lines) {
  HeaderList headers;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 1);
  }
  return headers;
}

void bindKey(Statement& statement, const ClaimedKey& key) {
  statement.bind(1, key.owner.value());
  statement.bind(2, key.text);
}

std::string_view bytesOf(const Fingerprint& fingerprint) {
  return {reinterpret_cast<const char*>(fingerprint.data()), fingerprint.size()};
}

}  // namespace

AnswerRows::AnswerRows(Database& database, AnswerLimits limits)
    : database_(database),
      limits_(limits),
      find_(database,
            "SELECT asked, request_id, time_unix_ms, state, status, headers, body FROM answers "
            "WHERE owner = ?1 AND key = ?2"),
      add_(database,
           "INSERT INTO answers (owner, key, asked, request_id, time_unix_ms, state) VALUES "
           "(?1, ?2, ?3, ?4, ?5, 0)"),
      keep_(database,
            "UPDATE answers SET state = 1, status = ?3, headers = ?4, body = ?5, bytes = ?6 "
            "WHERE owner = ?1 AND key = ?2"),
      lose_(database, "UPDATE answers SET state = 2 WHERE owner = ?1 AND key = ?2 AND state = 0"),
      forget_(database,
              "DELETE FROM answers WHERE owner = ?1 AND key = ?2 AND state = 0 AND "
              "(?3 = 0 OR request_id = ?3)"),
      // What still runs is left: its end needs the row.
      expire_(database,
              "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE time_unix_ms <= ?1 "
              "AND state <> 0 ORDER BY time_unix_ms LIMIT 1000) RETURNING bytes"),
      oldest_(database, "SELECT id, bytes FROM answers WHERE state = 1 ORDER BY id LIMIT 1"),
      empty_(database,
             "UPDATE answers SET state = 2, headers = '', body = x'', bytes = 0 WHERE id = ?1") {
  keys_ = database.number("SELECT count(*) FROM answers");
  bytes_ = database.number("SELECT coalesce(sum(bytes), 0) FROM answers");
}

void AnswerRows::prepare(Database& database) {
  const std::int64_t version = database.number("PRAGMA user_version");
  if (version > 1)
    throw StoreError(StoreError::Kind::NewerVersion,
                     "answers " + database.path() +
                         " were kept by a newer program; start that one, or delete the file: the "
                         "answers of repeated requests are in it, and nothing else");
  // What is deleted is overwritten: an answer that has had its day is not in the file any more.
  database.exec("PRAGMA secure_delete=ON");
  if (version == 1) return;
  Transaction transaction(database);
  database.exec(kSchema);
  transaction.commit();
}

void AnswerRows::settleFormer(Database& answers, Database& ledger) {
  Transaction transaction(answers);
  Statement running(answers, "SELECT id, request_id FROM answers WHERE state = 0");
  Statement charged(ledger,
                    "SELECT 1 FROM requests WHERE id = ?1 AND cost_nano_usd > 0 AND simulated = 0");
  Statement lose(answers, "UPDATE answers SET state = 2 WHERE id = ?1");
  Statement free(answers, "DELETE FROM answers WHERE id = ?1");
  std::vector<std::pair<std::int64_t, std::int64_t>> former;
  while (running.step()) former.emplace_back(running.number(0), running.number(1));
  for (const auto& [id, request] : former) {
    charged.bind(1, request);
    const bool paid = charged.step();
    charged.reset();
    Statement& change = paid ? lose : free;
    change.bind(1, id);
    change.run();
  }
  transaction.commit();
}

Result<Claim> AnswerRows::claim(const ClaimedKey& key, const Fingerprint& asked, RequestId request,
                                UnixMillis now) {
  bindKey(find_, key);
  if (find_.step()) {
    const std::int64_t state = find_.number(3);
    const bool old = state != kRunning && find_.number(2) <= now - limits_.keep.count();
    if (!old) {
      Claim claim;
      claim.answer.request = RequestId(find_.number(1));
      if (find_.text(0) != bytesOf(asked)) {
        claim.state = Claim::State::OtherBody;
      } else if (state == kRunning) {
        claim.state = Claim::State::Running;
      } else if (state == kLost) {
        claim.state = Claim::State::Lost;
      } else {
        claim.state = Claim::State::Kept;
        claim.answer.status = static_cast<int>(find_.number(4));
        claim.answer.headers = headersOf(find_.text(5));
        claim.answer.body = std::string(find_.text(6));
      }
      find_.reset();
      return claim;
    }
    find_.reset();
    tidy(now);
  }
  if (keys_ >= limits_.keys)
    return fail(ErrorCode::StorageUnavailable,
                "too many idempotency keys are kept; leave the header out, or come back later");
  bindKey(add_, key);
  add_.bindBlob(3, bytesOf(asked));
  add_.bind(4, request.number());
  add_.bind(5, now);
  add_.run();
  ++keys_;
  return Claim{};
}

void AnswerRows::keep(const ClaimedKey& key, const StoredAnswer& answer) {
  const std::string lines = headerLines(answer.headers);
  const auto size = static_cast<std::int64_t>(lines.size() + answer.body.size());
  if (size > longest()) {
    lose(key);
    return;
  }
  bindKey(keep_, key);
  keep_.bind(3, answer.status);
  keep_.bind(4, lines);
  keep_.bindBlob(5, answer.body);
  keep_.bind(6, size);
  keep_.run();
  if (database_.changes() == 1) bytes_ += size;
}

void AnswerRows::lose(const ClaimedKey& key) {
  bindKey(lose_, key);
  lose_.run();
}

void AnswerRows::forget(const ClaimedKey& key, RequestId request) {
  bindKey(forget_, key);
  forget_.bind(3, request.number());
  forget_.run();
  keys_ -= database_.changes();
}

void AnswerRows::tidy(UnixMillis now) {
  std::int64_t deleted = 0;
  do {
    deleted = 0;
    expire_.bind(1, now - limits_.keep.count());
    while (expire_.step()) {
      bytes_ -= expire_.number(0);
      ++deleted;
    }
    keys_ -= deleted;
  } while (deleted > 0);
  while (bytes_ > limits_.bytes && oldest_.step()) {
    const std::int64_t id = oldest_.number(0);
    const std::int64_t size = oldest_.number(1);
    oldest_.reset();
    empty_.bind(1, id);
    empty_.run();
    bytes_ -= size;
  }
  oldest_.reset();
}

}  // namespace pagoda::store
