#include "core/net/tls_context.h"

#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/IPAddress.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace pagoda::net {
namespace {

using Poco::Net::Context;

constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK:!SRP";
// Poco's default begins with X448, for which most servers ask the client to start again.
constexpr const char* kGroups = "X25519:P-256:P-384";

struct SessionFree {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, SessionFree>;

void freeKey(void*, void* key, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::string*>(key);
}

/// Where an SSL keeps the "host:port" under which its session is remembered.
int keyIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, freeKey);
  return index;
}

int stateIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
  // Idle connections then hold no record buffers; a partial write may go on from another address.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

Context::Params parameters() {
  Context::Params params;
  params.cipherList = kCiphers;
  params.ecdhCurve = kGroups;
  params.dhUse2048Bits = true;
  return params;
}

bool isAddress(const std::string& host) {
  Poco::Net::IPAddress ignored;
  return Poco::Net::IPAddress::tryParse(host, ignored);
}

/// SSL_set_tlsext_host_name, which is a macro with an old-style cast.
bool sendServerName(SSL* ssl, const std::string& host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;
}

/// The certificate has to name `host`. Poco skips that check for loopback names and for contexts
/// that its SSLManager made, so it is set here, on every connection.
void requireHost(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = isAddress(host)
                       ? X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1
                       : X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) == 1 &&
                             sendServerName(ssl, host);
  if (!set) throw std::runtime_error("not a host name that a certificate can be checked for");
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
}

int selectAlpn(SSL*, const unsigned char** chosen, unsigned char* size,
               const unsigned char* offered, unsigned int offeredSize, void*) {
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(&match, size, kAlpn, sizeof kAlpn, offered, offeredSize);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsClientContext::State {
  explicit State(Options wanted) : options(std::move(wanted)) {}

  static int remember(SSL* ssl, SSL_SESSION* session);
  SSL_CTX* context() {
    const std::lock_guard lock(mutex);
    if (poco.isNull()) poco = build();
    return poco->sslContext();
  }
  Context::Ptr build();

  const Options options;
  std::mutex mutex;
  Context::Ptr poco;
  std::unordered_map<std::string, Session> sessions;
};

Context::Ptr TlsClientContext::State::build() {
  Context::Params params = parameters();
  params.caLocation = options.caFile;
  params.loadDefaultCAs = options.systemCertificates;
  params.verificationMode = Context::VERIFY_STRICT;
  Context::Ptr built;
  try {
    built = new Context(Context::TLS_CLIENT_USE, params);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot load the CA certificates of " + options.caFile + ": " +
                             error.displayText());
  }
  SSL_CTX* const ssl = built->sslContext();
  configure(ssl);
  SSL_CTX_set_alpn_protos(ssl, kAlpn, sizeof kAlpn);
  SSL_CTX_set_ex_data(ssl, stateIndex(), this);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl, &State::remember);
  return built;
}

int TlsClientContext::State::remember(SSL* ssl, SSL_SESSION* session) {
  auto* const self = static_cast<State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), stateIndex()));
  const auto* const key = static_cast<const std::string*>(SSL_get_ex_data(ssl, keyIndex()));
  if (self == nullptr || key == nullptr) return 0;
  const std::lock_guard lock(self->mutex);
  if (self->sessions.size() >= self->options.maxSessions && !self->sessions.contains(*key)) {
    if (self->sessions.empty()) return 0;
    self->sessions.erase(self->sessions.begin());
  }
  self->sessions[*key] = Session(session);
  return 1;  // the reference is ours now
}

TlsClientContext::TlsClientContext(Options options)
    : state_(std::make_unique<State>(std::move(options))) {}

TlsClientContext::~TlsClientContext() = default;

void TlsClientContext::load() {
  state_->context();
}

ssl_st* TlsClientContext::newConnection(const std::string& host, const std::string& key) {
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(state_->context()), &SSL_free);
  if (!ssl) throw std::runtime_error("cannot create a TLS connection");
  SSL_set_connect_state(ssl.get());
  requireHost(ssl.get(), host);
  auto ownKey = std::make_unique<std::string>(key);
  if (SSL_set_ex_data(ssl.get(), keyIndex(), ownKey.get()) == 1) ownKey.release();
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->sessions.find(key); found != state_->sessions.end()) {
    SSL_set_session(ssl.get(), found->second.get());
  }
  return ssl.release();
}

void TlsClientContext::forget(const std::string& key) {
  const std::lock_guard lock(state_->mutex);
  state_->sessions.erase(key);
}

std::size_t TlsClientContext::sessions() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sessions.size();
}

struct TlsServerContext::State {
  Context::Ptr build() const;

  std::string certificateFile;
  std::string keyFile;
  std::mutex mutex;
  Context::Ptr poco;
};

Context::Ptr TlsServerContext::State::build() const {
  Context::Params params = parameters();
  params.certificateFile = certificateFile;
  params.privateKeyFile = keyFile;
  params.verificationMode = Context::VERIFY_NONE;
  Context::Ptr built;
  try {
    built = new Context(Context::TLS_SERVER_USE, params);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot load the certificate " + certificateFile + " with key " +
                             keyFile + ": " + error.displayText());
  }
  SSL_CTX* const ssl = built->sslContext();
  if (SSL_CTX_check_private_key(ssl) != 1) {
    throw std::runtime_error("the key " + keyFile + " does not fit the certificate " +
                             certificateFile);
  }
  configure(ssl);
  SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(ssl, selectAlpn, nullptr);
  constexpr unsigned char id[] = "pagoda";
  SSL_CTX_set_session_id_context(ssl, id, sizeof id - 1);
  SSL_CTX_set_num_tickets(ssl, 1);
  return built;
}

TlsServerContext::TlsServerContext(std::string certificateFile, std::string keyFile)
    : state_(std::make_unique<State>()) {
  state_->certificateFile = std::move(certificateFile);
  state_->keyFile = std::move(keyFile);
  reload();
}

TlsServerContext::~TlsServerContext() = default;

void TlsServerContext::reload() {
  Context::Ptr fresh = state_->build();
  const std::lock_guard lock(state_->mutex);
  state_->poco = fresh;
}

ssl_st* TlsServerContext::newConnection() {
  const std::lock_guard lock(state_->mutex);
  SSL* const ssl = SSL_new(state_->poco->sslContext());
  if (ssl == nullptr) throw std::runtime_error("cannot create a TLS connection");
  SSL_set_accept_state(ssl);
  return ssl;
}

}  // namespace pagoda::net
