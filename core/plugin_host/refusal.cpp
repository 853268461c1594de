#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

std::string_view nameOf(PluginRefusal reason) noexcept {
  switch (reason) {
    case PluginRefusal::Unreadable:
      return "unreadable";
    case PluginRefusal::NotRegular:
      return "not_regular";
    case PluginRefusal::Writable:
      return "writable";
    case PluginRefusal::Empty:
      return "empty";
    case PluginRefusal::TooLarge:
      return "too_large";
    case PluginRefusal::NotListed:
      return "not_listed";
    case PluginRefusal::BadSignature:
      return "bad_signature";
    case PluginRefusal::NotElf:
      return "not_elf";
    case PluginRefusal::WrongArchitecture:
      return "wrong_architecture";
    case PluginRefusal::Truncated:
      return "truncated";
    case PluginRefusal::NoManifest:
      return "no_manifest";
    case PluginRefusal::BadManifest:
      return "bad_manifest";
    case PluginRefusal::WrongAbi:
      return "wrong_abi";
    case PluginRefusal::MissingExtension:
      return "missing_extension";
    case PluginRefusal::WrongIsolation:
      return "wrong_isolation";
    case PluginRefusal::Duplicate:
      return "duplicate";
    case PluginRefusal::NoEntry:
      return "no_entry";
    case PluginRefusal::LoadFailed:
      return "load_failed";
    case PluginRefusal::EntryMismatch:
      return "entry_mismatch";
    case PluginRefusal::MissingFunction:
      return "missing_function";
    case PluginRefusal::InitFailed:
      return "init_failed";
  }
  return "unreadable";
}

}  // namespace pagoda::plugin_host
