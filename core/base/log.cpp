#include "core/base/log.h"

#include <cstdio>
#include <unistd.h>

#include "core/base/clock.h"

namespace pagoda {
namespace {

constexpr std::size_t kLongestRecord = 8 * 1024;
constexpr std::size_t kLongestValue = 1024;

std::string_view nameOf(LogLevel level) {
  switch (level) {
    case LogLevel::Trace:
      return "trace";
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
    case LogLevel::Off:
      break;
  }
  return "off";
}

// JSON escapes serve both formats: whatever the value holds, the record stays one printable line.
void appendEscaped(std::string& out, std::string_view value) {
  for (const char c : value.substr(0, kLongestValue)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char text[8];
      std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(byte));
      out += text;
    } else {
      out += c;
    }
  }
  if (value.size() > kLongestValue) out += "...";
}

}  // namespace

Log::Log(int descriptor, LogLevel level, LogFormat format)
    : descriptor_(descriptor), level_(level), format_(format) {}

void Log::write(LogLevel level, std::string_view event,
                std::initializer_list<LogField> fields) noexcept {
  if (!enabled(level)) return;
  try {
    std::string line;
    const std::string time = formatUtc(SystemClock().unixNow());
    if (format_ == LogFormat::Json) {
      line.append("{\"time\":\"")
          .append(time)
          .append("\",\"level\":\"")
          .append(nameOf(level))
          .append("\",\"event\":\"");
      appendEscaped(line, event);
      line += '"';
      for (const LogField& field : fields) {
        line.append(",\"").append(field.name).append("\":\"");
        appendEscaped(line, field.value);
        line += '"';
      }
      line += '}';
    } else {
      line.append(time).append(" ").append(nameOf(level)).append(" ");
      appendEscaped(line, event);
      for (const LogField& field : fields) {
        line.append(" ").append(field.name).append("=\"");
        appendEscaped(line, field.value);
        line += '"';
      }
    }
    if (line.size() > kLongestRecord) line.resize(kLongestRecord);
    line += '\n';
    if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      dropped_.fetch_add(1, std::memory_order_relaxed);
  } catch (...) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Log::info(std::string_view event, std::initializer_list<LogField> fields) noexcept {
  write(LogLevel::Info, event, fields);
}
void Log::warn(std::string_view event, std::initializer_list<LogField> fields) noexcept {
  write(LogLevel::Warn, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<LogField> fields) noexcept {
  write(LogLevel::Error, event, fields);
}

}  // namespace pagoda
