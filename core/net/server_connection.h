#pragma once
// One client connection: heads are parsed and answered one after the other.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/cancel.h"
#include "core/base/task.h"
#include "core/domain/http_server.h"
#include "core/net/http_text.h"
#include "core/net/request_parser.h"
#include "core/net/server_limits.h"
#include "core/net/server_response.h"
#include "core/net/stream.h"

namespace pagoda::net {

class ServerConnection;
class TlsServerContext;

/// What the connections of one loop share. Loop only, but for what is atomic.
struct ServerContext {
  EventLoop& loop;
  const ServerLimits& limits;
  HttpHandler& handler;
  TlsServerContext* tls;           ///< null: plain
  std::function<void()> onClosed;  ///< after a connection has left `connections`
  DateCache dates;
  std::unordered_set<ServerConnection*> connections;
  bool draining = false;
};

/// Owns itself through its coroutine: made by serve(), gone when the connection is.
class ServerConnection {
 public:
  enum class Admission { Serve, Overloaded };  ///< overloaded: one 503, then the end

  static void serve(ServerContext& context, const Poco::Net::StreamSocket& socket,
                    Admission admission);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection();

  /// No further request: ends an idle connection at once, a busy one with its answer.
  void drain();
  /// Ends every wait; a request in flight sees its client gone.
  void cut();

 private:
  ServerConnection(ServerContext& context, std::unique_ptr<Stream> stream);
  static Task<void> run(std::unique_ptr<ServerConnection> self, Admission admission);

  Task<bool> nextHead();
  Task<bool> exchange();
  Task<void> refuse(int status, std::string_view why);
  Task<void> linger();
  void peerActive();
  void watch();
  void unwatch();
  void recycleBuffers();

  ServerContext& context_;
  std::unique_ptr<Stream> stream_;
  RequestParser parser_;
  std::string head_;   // of the current request; its views point here, so it stays as it is
  std::string inbox_;  // what came behind the head
  OutBuffer out_;
  ServerResponse* response_ = nullptr;  // of the request in flight
  CancelSource closing_;
  bool idle_ = true;
  bool served_ = false;
  bool watching_ = false;
  bool peerEnded_ = false;
};

}  // namespace pagoda::net
