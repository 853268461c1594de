#pragma once
// Walks the settings and remembers where it is, so that a mistake is named with its place.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "pattern.h"
#include "template.h"

namespace pagoda::external {

/// A value of the settings and its path. Cheap to copy; borrows the settings' text.
class ConfigValue {
 public:
  ConfigValue(std::string_view json, std::string path) : json_(json), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string_view json() const { return json_; }
  json::Kind kind() const;
  [[noreturn]] void fail(const std::string& what) const;
  /// Runs `read` and names this place in what it throws.
  template <class F>
  auto at(F&& read) const {
    try {
      return read();
    } catch (const sdk::Failure& failure) {
      if (failure.status != PAGODA_E_CONFIG || located(failure.what())) throw;
      fail(failure.what());
    }
  }

  void members(const std::function<void(std::string_view, const ConfigValue&)>& visit) const;
  void elements(const std::function<void(const ConfigValue&)>& visit) const;
  /// One text, or several in a list.
  void textOrTexts(const std::function<void(const ConfigValue&)>& visit) const;

  /// A string; numbers and booleans as they are written, since YAML types what looks like one.
  std::string text() const;
  bool boolean() const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  double number(double least, double most) const;
  Template templated() const;
  Localized localized() const;
  Pointer pointer() const;
  std::vector<Pattern> patterns() const;

 private:
  static bool located(std::string_view message) { return message.starts_with("apis."); }

  std::string_view json_;
  std::string path_;
};

}  // namespace pagoda::external
