#pragma once
// One plugin file, read once: what is checked, hashed and loaded are the same bytes, so that nobody
// can swap the file between check and use.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

/// What an operator demands of a plugin's bytes.
enum class TrustPolicy {
  Any,     ///< every file that others cannot write
  Listed,  ///< its SHA-256 is on the allow list
  Signed,  ///< `x.so.sig` holds an Ed25519 signature of the bytes by a configured key
};

/// `id` may be empty: any plugin with these bytes.
struct AllowedPlugin {
  std::string id;
  std::string sha256;  ///< 64 hexadecimal digits
};

struct Trust {
  TrustPolicy policy = TrustPolicy::Any;
  std::vector<AllowedPlugin> allowed;
  /// "ed25519:" and the 32 bytes of the public key as base64 or hexadecimal digits.
  std::vector<std::string> publicKeys;
};

struct PluginFile {
  std::filesystem::path path;  ///< absolute, links resolved
  std::vector<std::uint8_t> bytes;
  std::string sha256;  ///< lower-case hexadecimal
};

inline constexpr std::uintmax_t kLargestPlugin = 256u << 20;

/// Reads a file without ever blocking on it. `checkModes`: refuse what others may write, which only
/// matters where the bytes themselves are not checked. Errors: Unreadable, NotRegular, Writable,
/// Empty, TooLarge.
Loaded<PluginFile> readPluginFile(const std::filesystem::path& path, bool checkModes);

/// Reads the names that the configuration uses. Throws std::runtime_error naming what is wrong: an
/// unknown policy, a digest or key that is none, `signed` without a key.
Trust readTrust(const std::string& policy, std::vector<AllowedPlugin> allowed,
                std::vector<std::string> publicKeys);

/// Errors: NotListed, BadSignature.
Loaded<void> checkTrust(const PluginFile& file, const Trust& trust);

/// The part of the allow list that needs the manifest: whether these bytes are allowed under this
/// id.
Loaded<void> checkListedId(const PluginFile& file, const std::string& id, const Trust& trust);

}  // namespace pagoda::plugin_host
