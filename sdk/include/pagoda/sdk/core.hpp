// pagoda/sdk/core.hpp - views, ranges, failures, and the guard through which every call comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "../json.hpp"
#include "../pagoda.h"

namespace pagoda::sdk {

/// A sized struct of the ABI with struct_size set and the rest zero.
template <class T>
constexpr T init() noexcept {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}

inline std::string_view view(pagoda_str text) noexcept {
  return {text.data, text.size};
}
inline std::string_view view(pagoda_bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}
inline pagoda_str str(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
inline pagoda_bytes bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A pagoda_array as a range: for (const auto& message : Range<pagoda_message>(request.messages)).
template <class T>
class Range {
 public:
  class Iterator {
   public:
    Iterator(const char* at, std::uint32_t stride) noexcept : at_(at), stride_(stride) {}
    const T& operator*() const noexcept {
      return *static_cast<const T*>(static_cast<const void*>(at_));
    }
    Iterator& operator++() noexcept {
      at_ += stride_;
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    const char* at_;
    std::uint32_t stride_;
  };

  explicit Range(pagoda_array array) noexcept : array_(array) {}
  Iterator begin() const noexcept { return {static_cast<const char*>(array_.data), array_.stride}; }
  Iterator end() const noexcept {
    const std::size_t size = std::size_t{array_.count} * array_.stride;
    return {static_cast<const char*>(array_.data) + size, array_.stride};
  }
  std::uint32_t size() const noexcept { return array_.count; }
  bool empty() const noexcept { return array_.count == 0; }
  const T& operator[](std::uint32_t i) const noexcept { return *PAGODA_AT(T, array_, i); }

 private:
  pagoda_array array_;
};

/// Throw this to return a status of your choice. The message is for people: one line, without
/// credentials, prompts or an upstream's raw body.
class Failure : public std::runtime_error {
 public:
  Failure(pagoda_status failed, const std::string& message)
      : std::runtime_error(message), status(failed) {}

  pagoda_status status;
  pagoda_retry retry = PAGODA_RETRY_DEFAULT;
  std::int32_t httpStatus = 0;
  std::int64_t retryAfterMs = -1;
  std::string code;
};

/// Copies `text` into an error's field: one line, cut at a character's edge, NUL-terminated.
template <std::size_t N>
void copyLine(char (&field)[N], std::string_view text) noexcept {
  text = json::cutUtf8(text, N - 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    field[i] = c < 0x20 || c == 0x7F ? ' ' : text[i];
  }
  field[text.size()] = '\0';
}

/// Fills `error`, which may be null, and returns the status.
inline pagoda_status report(pagoda_error* error, pagoda_status status,
                            std::string_view message) noexcept {
  if (error != nullptr) {
    error->status = status;
    copyLine(error->message, message);
  }
  return status;
}

inline pagoda_status report(pagoda_error* error, const Failure& failure) noexcept {
  if (error != nullptr) {
    error->retry = failure.retry;
    error->retry_after_ms = failure.retryAfterMs;
    if (failure.httpStatus != 0) error->http_status = failure.httpStatus;
    copyLine(error->code, failure.code);
  }
  return report(error, failure.status, failure.what());
}

/// Runs one call of the host's; `body` returns a status. Nothing that it throws gets out.
template <class F>
pagoda_status guard(pagoda_error* error, F&& body) noexcept {
  try {
    return body();
  } catch (const Failure& failure) {
    return report(error, failure);
  } catch (const json::Malformed& malformed) {
    return report(error, PAGODA_E_PROTOCOL, malformed.what());
  } catch (const std::bad_alloc&) {
    return report(error, PAGODA_E_NO_MEMORY, "out of memory");
  } catch (const std::exception& exception) {
    return report(error, PAGODA_E_INTERNAL, exception.what());
  } catch (...) {
    return report(error, PAGODA_E_INTERNAL, "an exception of an unknown type");
  }
}

/// Appends to a buffer of the host's. Fits json::Writer and json::splice. Throws Failure when the
/// host's limit is reached.
class Buffer {
 public:
  explicit Buffer(pagoda_buf* buffer) noexcept : buffer_(buffer) {}
  void append(const char* data, std::size_t size) {
    if (static_cast<std::size_t>(buffer_->end - buffer_->pos) < size) grow(size);
    if (size != 0) std::memcpy(buffer_->pos, data, size);
    buffer_->pos += size;
  }
  void append(std::string_view text) { append(text.data(), text.size()); }

 private:
  void grow(std::size_t need) {
    const pagoda_status status = buffer_->grow(buffer_, need);
    if (status < 0) throw Failure(status, "the host's limit on this buffer was reached");
  }
  pagoda_buf* buffer_;
};

/// The host as one instance sees it. A cheap copy; valid until the instance is destroyed.
class Host {
 public:
  explicit Host(const pagoda_host* host) noexcept : host_(host) {}
  const pagoda_host* get() const noexcept { return host_; }
  bool logs(pagoda_log_level level) const noexcept {
    return PAGODA_CAN(host_, log_level) && level >= host_->log_level(host_);
  }
  void log(pagoda_log_level level, std::string_view message) const noexcept {
    if (PAGODA_CAN(host_, log)) host_->log(host_, level, str(message));
  }
  std::uint64_t nowNs() const noexcept { return host_->now_ns(host_); }
  /// A service such as pagoda_host_http by its id, or null when this host lacks it.
  template <class T>
  const T* extension(const char* id) const noexcept {
    if (!PAGODA_CAN(host_, get_extension)) return nullptr;
    return static_cast<const T*>(host_->get_extension(host_, id));
  }

 private:
  const pagoda_host* host_;
};

}  // namespace pagoda::sdk
