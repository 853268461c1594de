#pragma once
// Why a library is not loaded. Every mistake has a name, so that an operator can look it up and a
// test can tell it from its neighbours.

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace pagoda::plugin_host {

enum class PluginRefusal {
  Unreadable,  ///< cannot be opened or read
  NotRegular,  ///< a directory, FIFO, socket or device
  Writable,    ///< others may write the file or its folder
  Empty,
  TooLarge,
  NotListed,          ///< policy `listed`: its SHA-256 is not on the list
  BadSignature,       ///< policy `signed`: no signature, or one that no configured key made
  NotElf,             ///< not a shared library
  WrongArchitecture,  ///< built for another kind of machine
  Truncated,          ///< the file ends before what its headers announce
  NoManifest,
  BadManifest,
  WrongAbi,          ///< built for another major version of the plugin ABI
  MissingExtension,  ///< needs a service of the host that this host lacks
  WrongIsolation,    ///< asks to run in a process of its own
  Duplicate,         ///< the same plugin, or another plugin's type
  NoEntry,           ///< does not export the entry symbol
  LoadFailed,        ///< the dynamic loader refused it
  EntryMismatch,     ///< the code says something else than the manifest
  MissingFunction,   ///< a required function or table is absent or cut short
  InitFailed,        ///< init() failed, threw or did not return in time
};

/// For logs and `plugins list`, for example "wrong_abi".
std::string_view nameOf(PluginRefusal reason) noexcept;

/// `message` names what was expected and what was found, in words for the operator.
struct Refused {
  PluginRefusal reason = PluginRefusal::Unreadable;
  std::string message;
};

template <class T>
using Loaded = tl::expected<T, Refused>;

inline tl::unexpected<Refused> refuse(PluginRefusal reason, std::string message) {
  return tl::unexpected<Refused>(Refused{reason, std::move(message)});
}

}  // namespace pagoda::plugin_host
