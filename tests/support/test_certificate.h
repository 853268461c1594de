#pragma once
// A self-signed certificate and its key, made for one test and gone after it.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pagoda::testing {

class TestCertificate {
 public:
  /// `names` as in a subjectAltName: "DNS:pagoda.test,IP:127.0.0.1".
  explicit TestCertificate(const std::string& names, long validSeconds = 3600)
      : folder_(std::filesystem::temp_directory_path() /
                ("pagoda-test-" + std::to_string(std::random_device{}()) + "-" +
                 std::to_string(std::random_device{}()))) {
    std::filesystem::create_directory(folder_);
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const Cert cert(X509_new(), &X509_free);
    if (!key || !cert) throw std::runtime_error("cannot make a test certificate");
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), validSeconds);
    X509_set_pubkey(cert.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(cert.get());
    // Names that are not in the subjectAltName do not count, whatever the subject says.
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(cert.get(), name);
    extend(cert.get(), NID_subject_alt_name, names);
    extend(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
    if (X509_sign(cert.get(), key.get(), EVP_sha256()) == 0) {
      throw std::runtime_error("cannot sign a test certificate");
    }
    write(certificateFile(), [&](std::FILE* file) { return PEM_write_X509(file, cert.get()); });
    write(keyFile(), [&](std::FILE* file) {
      return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string certificateFile() const { return (folder_ / "cert.pem").string(); }
  std::string keyFile() const { return (folder_ / "key.pem").string(); }

  /// Puts another certificate's files in the place of this one's.
  void replaceBy(const TestCertificate& other) {
    constexpr auto overwrite = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(other.certificateFile(), certificateFile(), overwrite);
    std::filesystem::copy_file(other.keyFile(), keyFile(), overwrite);
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Cert = std::unique_ptr<X509, decltype(&X509_free)>;

  static void extend(X509* cert, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension: " + value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <class Write>
  static void write(const std::string& path, Write content) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    const bool written = file != nullptr && content(file) == 1;
    if (file == nullptr || std::fclose(file) != 0 || !written) {
      throw std::runtime_error("cannot write " + path);
    }
  }

  std::filesystem::path folder_;
};

}  // namespace pagoda::testing
