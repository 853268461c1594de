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

// Bytes of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond the last code point.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;
  return length;
}

void appendUnicodeEscape(std::string& out, unsigned code) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", code & 0xffff);
  out += text;
}

// JSON escapes serve both formats: whatever the value holds, the record stays one printable line
// of well-formed UTF-8. The control codes above 0x7f steer terminals, too.
void appendEscaped(std::string& out, std::string_view value) {
  std::size_t at = 0;
  while (at < value.size() && at < kLongestValue) {
    const std::size_t length = sequenceLength(value.substr(at));
    const auto byte = static_cast<unsigned char>(value[at]);
    const unsigned second = length == 2 ? static_cast<unsigned char>(value[at + 1]) : 0;
    if (length == 0) {
      appendUnicodeEscape(out, 0xfffd);
    } else if (length == 1 && (byte < 0x20 || byte == 0x7f)) {
      appendUnicodeEscape(out, byte);
    } else if (byte == 0xc2 && second < 0xa0) {
      appendUnicodeEscape(out, second);
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += value.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  if (at < value.size()) out += "...";
}

// A field that would make the record too long is left out whole, so that the rest stays readable.
void appendFields(std::string& line, std::initializer_list<LogField> fields,
                  std::string_view before, std::string_view between) {
  constexpr std::size_t kRoomForMark = 32;
  for (const LogField& field : fields) {
    const std::size_t size = line.size();
    line.append(before).append(field.name).append(between);
    appendEscaped(line, field.value);
    line += '"';
    if (line.size() <= kLongestRecord - kRoomForMark) continue;
    line.resize(size);
    line.append(before).append("cut").append(between).append("true\"");
    return;
  }
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
      appendFields(line, fields, ",\"", "\":\"");
      line += '}';
    } else {
      line.append(time).append(" ").append(nameOf(level)).append(" ");
      appendEscaped(line, event);
      appendFields(line, fields, " ", "=\"");
    }
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
