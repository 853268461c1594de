#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace pagoda::store {

class Database;

/// A prepared statement, kept for many runs. One thread. Throws SqliteError.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// Parameters count from 1. Text and blobs are borrowed until the statement has run.
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view text);
  void bindBlob(int parameter, std::string_view bytes);
  void bindNull(int parameter);

  /// True: a row is there. False: done, and ready to run again.
  bool step();
  /// Runs to the end, ignoring rows.
  void run();
  void reset() noexcept;

  /// Columns count from 0.
  std::int64_t number(int column) const;
  bool isNull(int column) const;
  /// Lives until the next step.
  std::string_view text(int column) const;

 private:
  [[noreturn]] void fail(int code);

  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace pagoda::store
