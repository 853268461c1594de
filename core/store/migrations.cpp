#include "core/store/migrations.h"

#include <string>

#include "core/store/database.h"
#include "core/store/store_error.h"

namespace pagoda::store {
namespace {

constexpr Migration kMigrations[] = {
#include "migrations.inc"
};

constexpr std::int64_t kApplicationId = 0x50474441;  // "PGDA"

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

std::int64_t checkedVersion(Database& database, std::size_t known) {
  const std::int64_t version = database.number("PRAGMA user_version");
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (tables > 0 && application != kApplicationId) {
    throw StoreError(StoreError::Kind::Corrupt,
                     "database " + database.path() +
                         " belongs to another program; choose another file for the data");
  }
  if (version > static_cast<std::int64_t>(known)) {
    throw StoreError(StoreError::Kind::NewerVersion,
                     "database " + database.path() + " has schema version " +
                         std::to_string(version) + ", this program knows " + std::to_string(known) +
                         "; start the newer program, or restore the backup made before it");
  }
  return version;
}

void migrate(Database& database, std::span<const Migration> all) {
  for (;;) {
    if (checkedVersion(database, all.size()) == static_cast<std::int64_t>(all.size())) return;
    Transaction transaction(database);
    // Once more, now that nobody else can write: another process may have done this step.
    const std::int64_t version = checkedVersion(database, all.size());
    if (version == static_cast<std::int64_t>(all.size())) return;
    database.exec(std::string(all[static_cast<std::size_t>(version)].sql));
    database.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
    database.exec("PRAGMA user_version=" + std::to_string(version + 1));
    transaction.commit();
  }
}

}  // namespace pagoda::store
