#include "core/plugin_host/plugin_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <pwd.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

#include <openssl/evp.h>
#include <sys/stat.h>

#include "core/plugin_host/descriptor.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
using Blob = std::vector<std::uint8_t>;

std::string reasonOf(int error) {
  return std::error_code(error, std::generic_category()).message();
}

std::string kindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "no regular file";
}

// A group of which only this process or the file's owner is a member by default (Debian's and
// Ubuntu's user private groups) may write: under umask 002 every file that a user builds is like
// that.
bool trustedGroup(const struct stat& status) {
  if (status.st_gid == ::getegid() || status.st_gid == 0) return true;
  struct passwd entry {};
  struct passwd* found = nullptr;
  char names[4096];
  return ::getpwuid_r(status.st_uid, &entry, names, sizeof names, &found) == 0 &&
         found != nullptr && entry.pw_gid == status.st_gid;
}

bool othersMayWrite(const struct stat& status) {
  // In a sticky folder (/tmp) nobody replaces the files of another user.
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0) return false;
  if ((status.st_mode & S_IWOTH) != 0) return true;
  return (status.st_mode & S_IWGRP) != 0 && !trustedGroup(status);
}

Loaded<void> checkModesOf(const std::filesystem::path& path, const struct stat& file) {
  if (othersMayWrite(file))
    return refuse(PluginRefusal::Writable,
                  "other users may write the file: chmod go-w " + path.string());
  struct stat folder {};
  if (::stat(path.parent_path().c_str(), &folder) != 0)
    return refuse(PluginRefusal::Unreadable, "its folder cannot be read: " + reasonOf(errno));
  if (othersMayWrite(folder))
    return refuse(PluginRefusal::Writable,
                  "other users may write its folder: chmod go-w " + path.parent_path().string());
  return {};
}

Loaded<Blob> readAll(int descriptor, std::size_t size) {
  Blob bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refuse(PluginRefusal::Unreadable, "cannot be read: " + reasonOf(errno));
    if (count == 0) return refuse(PluginRefusal::Truncated, "the file shrank while it was read");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<std::string> sha256Of(const Blob& bytes) {
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    return std::nullopt;
  return hex(digest, size);
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

int digitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Blob> fromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Blob bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digitOf(text[i]);
    const int low = digitOf(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::optional<Blob> fromBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4096) return std::nullopt;
  Blob bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding =
      static_cast<std::size_t>(std::ranges::count(text.substr(text.size() - 2), '='));
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<Blob> decode(std::string_view text, std::size_t size) {
  text = trimmed(text);
  auto bytes = text.size() == size * 2 ? fromHex(text) : fromBase64(text);
  return bytes && bytes->size() == size ? bytes : std::nullopt;
}

std::optional<Blob> publicKey(std::string_view text) {
  constexpr std::string_view kScheme = "ed25519:";
  text = trimmed(text);
  if (!text.starts_with(kScheme)) return std::nullopt;
  return decode(text.substr(kScheme.size()), kKeyBytes);
}

/// A detached signature: 64 bytes as they are, or as text.
std::optional<Blob> readSignature(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > 4096)
    return std::nullopt;
  auto bytes = readAll(file.get(), static_cast<std::size_t>(status.st_size));
  if (!bytes) return std::nullopt;
  if (bytes->size() == kSignatureBytes) return std::move(*bytes);
  return decode({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, kSignatureBytes);
}

bool verifies(const Blob& key, const Blob& signature, const Blob& message) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  return pkey && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Loaded<void> checkSignature(const PluginFile& file, const Trust& trust) {
  const std::filesystem::path path = file.path.string() + ".sig";
  const auto signature = readSignature(path);
  if (!signature)
    return refuse(PluginRefusal::BadSignature,
                  "policy `signed` needs an Ed25519 signature in " + path.string());
  for (const std::string& text : trust.publicKeys) {
    const auto key = publicKey(text);
    if (key && verifies(*key, *signature, file.bytes)) return {};
  }
  return refuse(PluginRefusal::BadSignature,
                "no configured key made the signature in " + path.string());
}

}  // namespace

Loaded<PluginFile> readPluginFile(const std::filesystem::path& path, bool checkModes) {
  PluginFile file;
  std::error_code error;
  file.path = std::filesystem::canonical(path, error);
  if (error) return refuse(PluginRefusal::Unreadable, "cannot be opened: " + error.message());

  // Looked at before it is opened: opening a device can have effects. O_NONBLOCK keeps a FIFO that
  // takes the file's place meanwhile from blocking us.
  struct stat status {};
  if (::lstat(file.path.c_str(), &status) != 0)
    return refuse(PluginRefusal::Unreadable, "cannot be opened: " + reasonOf(errno));
  if (!S_ISREG(status.st_mode))
    return refuse(PluginRefusal::NotRegular, kindOf(status.st_mode) + ", not a shared library");
  const Descriptor opened(
      ::open(file.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!opened || ::fstat(opened.get(), &status) != 0)
    return refuse(PluginRefusal::Unreadable, "cannot be opened: " + reasonOf(errno));
  if (!S_ISREG(status.st_mode))
    return refuse(PluginRefusal::NotRegular, kindOf(status.st_mode) + ", not a shared library");
  if (checkModes) {
    if (auto modes = checkModesOf(file.path, status); !modes) return tl::unexpected(modes.error());
  }
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size == 0) return refuse(PluginRefusal::Empty, "an empty file");
  if (size > kLargestPlugin)
    return refuse(PluginRefusal::TooLarge, std::to_string(size >> 20) + " MiB; the limit is " +
                                               std::to_string(kLargestPlugin >> 20) + " MiB");
  auto bytes = readAll(opened.get(), static_cast<std::size_t>(size));
  if (!bytes) return tl::unexpected(bytes.error());
  file.bytes = std::move(*bytes);
  auto digest = sha256Of(file.bytes);
  if (!digest) return refuse(PluginRefusal::Unreadable, "OpenSSL offers no SHA-256");
  file.sha256 = std::move(*digest);
  return file;
}

Trust readTrust(const std::string& policy, std::vector<AllowedPlugin> allowed,
                std::vector<std::string> publicKeys) {
  Trust trust;
  if (policy == "listed") {
    trust.policy = TrustPolicy::Listed;
  } else if (policy == "signed") {
    trust.policy = TrustPolicy::Signed;
    if (publicKeys.empty())
      throw std::runtime_error("plugin policy `signed` needs a public key (plugins.keys)");
  } else if (policy != "any") {
    throw std::runtime_error("plugin policy `" + policy + "` is none of any, listed, signed");
  }
  for (const AllowedPlugin& entry : allowed) {
    const auto digest = fromHex(trimmed(entry.sha256));
    if (!digest || digest->size() != 32)
      throw std::runtime_error("the allow list of plugins holds `" + entry.sha256 +
                               "`, which is no SHA-256");
  }
  for (const std::string& key : publicKeys) {
    if (!publicKey(key))
      throw std::runtime_error(
          "`" + key + "` is no public key for plugins (ed25519: and 32 bytes as base64 or hex)");
  }
  trust.allowed = std::move(allowed);
  trust.publicKeys = std::move(publicKeys);
  return trust;
}

Loaded<void> checkTrust(const PluginFile& file, const Trust& trust) {
  if (trust.policy == TrustPolicy::Signed) return checkSignature(file, trust);
  if (trust.policy == TrustPolicy::Any) return {};
  const bool listed = std::ranges::any_of(trust.allowed, [&](const AllowedPlugin& entry) {
    return lowered(trimmed(entry.sha256)) == file.sha256;
  });
  if (listed) return {};
  return refuse(PluginRefusal::NotListed,
                "policy `listed`: its sha256 " + file.sha256 + " is not on the list");
}

Loaded<void> checkListedId(const PluginFile& file, const std::string& id, const Trust& trust) {
  if (trust.policy != TrustPolicy::Listed) return {};
  const bool listed = std::ranges::any_of(trust.allowed, [&](const AllowedPlugin& entry) {
    return lowered(trimmed(entry.sha256)) == file.sha256 && (entry.id.empty() || entry.id == id);
  });
  if (listed) return {};
  return refuse(PluginRefusal::NotListed,
                "policy `listed`: its sha256 is listed, but for another id than " + id);
}

}  // namespace pagoda::plugin_host
