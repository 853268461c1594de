#include "core/store/key_hash.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/base/ids.h"
#include "core/store/store_error.h"

namespace pagoda::store {
namespace {

constexpr std::size_t kPepperCharacters = 43;  // 256 bits in base 62

[[noreturn]] void failOn(const std::string& path, const char* what, int error) {
  const auto kind = error == ENOSPC ? StoreError::Kind::DiskFull : StoreError::Kind::NotWritable;
  throw StoreError(kind, "pepper file " + path + " cannot be " + what + " (" +
                             std::strerror(error) + "); make it accessible to this user");
}

// Written aside and linked into place: two processes that start at once agree on one pepper, and a
// crash leaves none or a whole one.
void makePepper(const std::string& path) {
  const std::string aside = path + "." + randomToken(8);
  const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) failOn(path, "made", errno);
  const std::string pepper = randomToken(kPepperCharacters) + "\n";
  const bool written =
      ::write(descriptor, pepper.data(), pepper.size()) == static_cast<ssize_t>(pepper.size()) &&
      ::fsync(descriptor) == 0;
  int error = written ? 0 : errno;
  ::close(descriptor);
  if (written && ::link(aside.c_str(), path.c_str()) != 0 && errno != EEXIST) error = errno;
  ::unlink(aside.c_str());
  if (error != 0) failOn(path, "written", error);
}

}  // namespace

KeyHasher::KeyHasher(const Secret& pepper) {
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  keyed_.reset(EVP_MAC_CTX_new(hmac));
  EVP_MAC_free(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const std::string_view key = pepper.reveal();
  if (!keyed_ || EVP_MAC_init(keyed_.get(), reinterpret_cast<const unsigned char*>(key.data()),
                              key.size(), parameters) != 1)
    throw std::runtime_error("libcrypto offers no HMAC-SHA-256");
}

KeyHash KeyHasher::hash(std::string_view clearText) const {
  // A copy of the keyed state costs a quarter of setting up the key anew.
  const std::unique_ptr<evp_mac_ctx_st, Free> context(EVP_MAC_CTX_dup(keyed_.get()));
  KeyHash out{};
  std::size_t size = 0;
  if (!context ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(clearText.data()),
                     clearText.size()) != 1 ||
      EVP_MAC_final(context.get(), out.data(), &size, out.size()) != 1 || size != out.size())
    throw std::runtime_error("libcrypto failed to hash");
  return out;
}

void KeyHasher::Free::operator()(evp_mac_ctx_st* context) const noexcept {
  EVP_MAC_CTX_free(context);
}

Secret readPepper(const std::string& path, bool mustExist) {
  if (path.empty()) return Secret(randomToken(kPepperCharacters));
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    if (mustExist) {
      throw StoreError(StoreError::Kind::Corrupt,
                       "pepper file " + path +
                           " is missing, and without it no API key can be verified; "
                           "restore it from the backup of the database");
    }
    makePepper(path);
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor < 0) failOn(path, "read", errno);
  char text[kPepperCharacters + 1];
  const ssize_t size = ::read(descriptor, text, sizeof text);
  const int error = errno;
  ::close(descriptor);
  if (size < 0) failOn(path, "read", error);
  if (size < static_cast<ssize_t>(kPepperCharacters)) {
    throw StoreError(
        StoreError::Kind::Corrupt,
        "pepper file " + path + " is damaged; restore it from the backup of the database");
  }
  return Secret(std::string(text, kPepperCharacters));
}

}  // namespace pagoda::store
