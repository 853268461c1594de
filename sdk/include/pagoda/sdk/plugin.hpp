// pagoda/sdk/plugin.hpp - the library's entry.
#pragma once

#include <string_view>

#include "core.hpp"

namespace pagoda::sdk {

/// A part for PAGODA_PLUGIN: `Hook(const pagoda_host&)` runs once before anything else and may
/// throw, for example Failure(PAGODA_E_INCOMPATIBLE, ...). Open nothing and start no thread in it.
template <void (*Hook)(const pagoda_host&)>
struct OnInit {
  static void init(const pagoda_host& host) { Hook(host); }
};

/// A part for PAGODA_PLUGIN: `Hook()` runs once after the last instance was destroyed.
template <void (*Hook)() noexcept>
struct OnDeinit {
  static void deinit() noexcept { Hook(); }
};

namespace detail {

template <class... Parts>
struct Library {
  static pagoda_status init([[maybe_unused]] const pagoda_host* host,
                            pagoda_error* error) noexcept {
    return guard(error, [&] { return (initPart<Parts>(*host), ...), PAGODA_OK; });
  }
  static void deinit() noexcept { (deinitPart<Parts>(), ...); }
  static const void* kind(const char* id) noexcept {
    const void* found = nullptr;
    ((found = found != nullptr ? found : findIn<Parts>(id)), ...);
    return found;
  }

 private:
  template <class Part>
  static void initPart([[maybe_unused]] const pagoda_host& host) {
    if constexpr (requires { Part::init(host); }) Part::init(host);
  }
  template <class Part>
  static void deinitPart() noexcept {
    if constexpr (requires { Part::deinit(); }) Part::deinit();
  }
  template <class Part>
  static const void* findIn([[maybe_unused]] std::string_view id) noexcept {
    if constexpr (requires { Part::find(id); }) {
      return Part::find(id);
    } else {
      return nullptr;
    }
  }
};

}  // namespace detail
}  // namespace pagoda::sdk

/// The library's entry, once per library beside PAGODA_MANIFEST. ID and VERSION equal the
/// manifest's; the parts are Providers<...>, Strategies<...>, OnInit<...>, OnDeinit<...>:
///
///   PAGODA_PLUGIN("com.example.acme", "1.4.0", pagoda::sdk::Providers<Acme>)
#define PAGODA_PLUGIN(ID, VERSION, ...)                                                      \
  extern "C" PAGODA_EXPORT const pagoda_plugin_entry* PAGODA_CALL                            \
  pagoda_plugin_entry_v1() noexcept {                                                        \
    using PagodaLibrary = ::pagoda::sdk::detail::Library<__VA_ARGS__>;                       \
    static constexpr pagoda_plugin_entry entry{                                              \
        sizeof(pagoda_plugin_entry), PAGODA_ABI_MAJOR,      PAGODA_ABI_MINOR,   ID, VERSION, \
        PagodaLibrary::init,         PagodaLibrary::deinit, PagodaLibrary::kind};            \
    return &entry;                                                                           \
  }
