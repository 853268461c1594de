#include "tests/support/test_certificate.h"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <stdlib.h>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pagoda::test {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

void require(bool done) {
  if (!done) throw std::runtime_error("cannot make a certificate for the test");
}

Key makeKey() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr);
  return key;
}

void addExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate makeCertificate(const char* name, EVP_PKEY* key, long serial, bool expired) {
  Certificate certificate(X509_new());
  require(certificate != nullptr);
  constexpr long kDay = 24 * 60 * 60;
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -kDay : kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

std::string alternativeNames(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    in_addr address{};
    const bool isAddress = inet_pton(AF_INET, name.c_str(), &address) == 1;
    list += (list.empty() ? "" : ",") + std::string(isAddress ? "IP:" : "DNS:") + name;
  }
  return list;
}

File openFile(const std::string& name) {
  File file(std::fopen(name.c_str(), "w"));
  require(file != nullptr);
  return file;
}

}  // namespace

TestCertificate::TestCertificate(const std::vector<std::string>& names, bool expired) {
  std::string pattern = (std::filesystem::temp_directory_path() / "pagoda-test-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;

  const Key authorityKey = makeKey();
  const Certificate authority = makeCertificate("Test Authority", authorityKey.get(), 1, false);
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  addExtension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE");
  addExtension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign");
  require(X509_sign(authority.get(), authorityKey.get(), EVP_sha256()) > 0);

  const Key key = makeKey();
  const Certificate leaf = makeCertificate("Test Server", key.get(), 2, expired);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(authority.get()));
  addExtension(leaf.get(), authority.get(), NID_subject_alt_name, alternativeNames(names));
  require(X509_sign(leaf.get(), authorityKey.get(), EVP_sha256()) > 0);

  require(PEM_write_X509(openFile(authorityFile()).get(), authority.get()) == 1);
  require(PEM_write_X509(openFile(certificateFile()).get(), leaf.get()) == 1);
  require(PEM_write_PrivateKey(openFile(keyFile()).get(), key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) == 1);
}

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace pagoda::test
