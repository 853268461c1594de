#include "core/store/statement.h"

#include <sqlite3.h>
#include <utility>

#include "core/store/database.h"
#include "core/store/sqlite_error.h"

namespace pagoda::store {
namespace {

// A null pointer would bind NULL where an empty text is meant.
const char* dataOf(std::string_view text) {
  return text.data() == nullptr ? "" : text.data();
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) {
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) throw SqliteError::last(database.handle(), code);
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::bind(int parameter, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, parameter, value); code != SQLITE_OK)
    fail(code);
}

void Statement::bind(int parameter, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_, parameter, dataOf(text), text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(code);
}

void Statement::bindBlob(int parameter, std::string_view bytes) {
  const int code =
      sqlite3_bind_blob64(statement_, parameter, dataOf(bytes), bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) fail(code);
}

void Statement::bindNull(int parameter) {
  if (const int code = sqlite3_bind_null(statement_, parameter); code != SQLITE_OK) fail(code);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(code);
  reset();
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_);
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

void Statement::fail(int code) {
  const SqliteError error = SqliteError::last(sqlite3_db_handle(statement_), code);
  reset();
  throw error;
}

}  // namespace pagoda::store
