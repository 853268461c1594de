#pragma once
// Between the ABI's views and the host's.

#include <cstring>
#include <string_view>

#include <pagoda/base.h>

namespace pagoda::plugin_host {

/// A size without data is empty: a plugin's mistake must not make the host read address 0.
inline std::string_view viewOf(pagoda_str text) noexcept {
  return text.data == nullptr ? std::string_view{} : std::string_view(text.data, text.size);
}
inline std::string_view viewOf(pagoda_bytes bytes) noexcept {
  return bytes.data == nullptr
             ? std::string_view{}
             : std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.size);
}
inline std::string_view viewOf(const char* text) noexcept {
  return text == nullptr ? std::string_view{} : std::string_view(text);
}
inline pagoda_str strOf(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
inline pagoda_bytes bytesOf(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Whether a sized struct that a plugin made reaches to the end of `member`.
template <class T, class M>
bool reaches(const T* object, M T::*member) noexcept {
  if (object == nullptr) return false;
  const auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&(object->*member)) -
                                               reinterpret_cast<const char*>(object));
  return offset + sizeof(M) <= object->struct_size;
}

}  // namespace pagoda::plugin_host
