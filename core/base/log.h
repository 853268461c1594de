#pragma once
// Structured log lines: one record per event, to standard error, as JSON or as text for people.
// Values are escaped (no control byte, at most 8 KiB a record), so no input can forge a line.

#include <atomic>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pagoda {

enum class LogLevel { Trace, Debug, Info, Warn, Error, Off };
enum class LogFormat { Text, Json };

struct LogField {
  std::string_view name;
  std::string value;
};

/// Thread-safe; a full or closed sink drops the record and counts it, and never blocks a request.
class Log {
 public:
  Log(int descriptor, LogLevel level, LogFormat format);

  bool enabled(LogLevel level) const noexcept { return level >= level_; }
  void write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields = {}) noexcept;
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept;
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept;
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept;
  LogLevel level() const noexcept { return level_; }
  long dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  int descriptor_;
  LogLevel level_;
  LogFormat format_;
  std::atomic<long> dropped_{0};
};

}  // namespace pagoda
