#pragma once

#include <stdexcept>
#include <string>

namespace pagoda::store {

/// Why the database cannot be used. `what()` is one line that names the file and the cure.
class StoreError : public std::runtime_error {
 public:
  enum class Kind { NotWritable, Locked, Corrupt, NewerVersion, DiskFull, Other };
  StoreError(Kind kind, const std::string& line) : std::runtime_error(line), kind_(kind) {}
  Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

}  // namespace pagoda::store
