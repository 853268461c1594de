#pragma once
// TLS settings, configured by Poco's Context and used as SSL_CTX from the event loops: Poco's own
// secure sockets block, and never resume TLS 1.3 sessions.

#include <memory>
#include <string>

struct ssl_st;

namespace pagoda::net {

/// Trust for upstreams. Thread-safe; one for all loops, because a set of CA certificates takes
/// megabytes. Loads them at the first use, so that a server without https upstreams never does.
class TlsClientContext {
 public:
  struct Options {
    std::string caFile;  ///< PEM file or folder, beside or instead of the system's
    bool systemCertificates = true;
    std::size_t maxSessions = 256;  ///< remembered for resumption, one per host and port
  };
  explicit TlsClientContext(Options options);
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;
  ~TlsClientContext();

  /// Loads now what would be loaded at the first use. Throws std::runtime_error, naming the file.
  void load();
  /// A client SSL for `host`, with a remembered session of `key` ("host:port") if there is one; the
  /// caller owns it, and this context outlives it. Throws std::runtime_error.
  ssl_st* newConnection(const std::string& host, const std::string& key);
  /// Drops what is remembered of `key`: after a failed handshake.
  void forget(const std::string& key);
  std::size_t sessions() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Our certificate. Thread-safe; reload() serves new connections from the new files.
class TlsServerContext {
 public:
  /// Throws std::runtime_error, naming the file, when they are missing or do not fit each other.
  TlsServerContext(std::string certificateFile, std::string keyFile);
  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;
  ~TlsServerContext();

  /// Reads both files again; throws as the constructor does, and then the old ones stay in use.
  void reload();
  /// A server SSL; the caller owns it.
  ssl_st* newConnection();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagoda::net
