#include "tests/support/fake_upstream.h"

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "tests/support/test_certificate.h"

namespace pagoda::test {

Reply& Reply::bytes(std::string text) {
  steps_.push_back({Kind::Bytes, std::move(text)});
  return *this;
}

Reply& Reply::head(int status, const std::vector<std::string>& lines) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
  for (const std::string& line : lines) text += line + "\r\n";
  return bytes(text + "\r\n");
}

Reply& Reply::answer(int status, std::string_view contentType, std::string_view body,
                     const std::vector<std::string>& lines) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Status\r\ncontent-type: ";
  text.append(contentType).append("\r\ncontent-length: ").append(std::to_string(body.size()));
  text += "\r\n";
  for (const std::string& line : lines) text += line + "\r\n";
  text.append("\r\n").append(body);
  return bytes(std::move(text));
}

Reply& Reply::sseHead() {
  return head(200, {"content-type: text/event-stream", "transfer-encoding: chunked"});
}

Reply& Reply::chunk(std::string_view data) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return bytes(std::string(size).append(data).append("\r\n"));
}

Reply& Reply::event(std::string_view data) {
  return chunk(std::string("data: ").append(data).append("\n\n"));
}

Reply& Reply::sse(std::string_view body, const std::vector<std::size_t>& cuts) {
  sseHead();
  std::vector<std::size_t> ends = cuts;
  ends.push_back(body.size());
  std::sort(ends.begin(), ends.end());
  std::size_t start = 0;
  for (const std::size_t end : ends) {
    const std::size_t stop = std::min(end, body.size());
    if (stop > start) chunk(body.substr(start, stop - start));
    start = std::max(start, stop);
  }
  return lastChunk();
}

Reply& Reply::drip(std::string text, std::chrono::milliseconds gap) {
  steps_.push_back({Kind::Drip, std::move(text), gap});
  return *this;
}

Reply& Reply::repeat(std::string text, std::size_t times) {
  steps_.push_back({Kind::Repeat, std::move(text), std::chrono::milliseconds{0}, times});
  return *this;
}

Reply& Reply::hang() {
  steps_.push_back({Kind::Hang, {}});
  return *this;
}

Reply& Reply::hold() {
  steps_.push_back({Kind::Hold, {}});
  return *this;
}

Reply& Reply::close() {
  steps_.push_back({Kind::Close, {}});
  return *this;
}

Reply& Reply::cut() {
  steps_.push_back({Kind::Cut, {}});
  return *this;
}

Reply& Reply::reset() {
  steps_.push_back({Kind::Reset, {}});
  return *this;
}

/// One connection, plain or TLS; blocking.
class FakeUpstream::Wire {
 public:
  Wire(int socket, SSL_CTX* context) : socket_(socket), ssl_(context ? SSL_new(context) : nullptr) {
    if (ssl_) SSL_set_fd(ssl_, socket_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() {
    if (ssl_) SSL_free(ssl_);
    ::close(socket_);
  }
  int socket() const { return socket_; }
  bool handshake() { return !ssl_ || SSL_accept(ssl_) == 1; }
  bool pending() const { return ssl_ && SSL_pending(ssl_) > 0; }
  ssize_t receive(char* to, std::size_t size) {
    return ssl_ ? SSL_read(ssl_, to, static_cast<int>(size)) : recv(socket_, to, size, 0);
  }
  /// Negative with errno EAGAIN: nothing was taken, wait until it is writable.
  ssize_t send(std::string_view text) {
    if (ssl_) return SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void sayGoodbye() {
    if (ssl_) SSL_shutdown(ssl_);
  }

 private:
  int socket_;
  SSL* ssl_;
};

struct FakeUpstream::State {
  Handler handler;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls{nullptr, SSL_CTX_free};
  int listener = -1;
  int stop = -1;  ///< readable once the server is to end
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<FakeRequest> requests;
  std::vector<std::thread> threads;
  std::thread acceptor;
  int accepted = 0;
  int open = 0;
  int releases = 0;
  bool stopping = false;

  void loadCertificate(const testing::TestCertificate& certificate);
  void listen();
  void accept();
  void serve(int socket, int number);
  bool readRequest(Wire& wire, std::string& pending, FakeRequest& request);
  bool run(Wire& wire, const Reply::Step& step);
  bool send(Wire& wire, std::string_view text);
  bool waitUntilGone(int socket, std::chrono::milliseconds atMost);
  bool waitForRelease(int socket);
};

namespace {

/// What can be read within `atMost`: true for the socket, false for stop or nothing.
bool readable(int socket, int stop, int atMost) {
  pollfd wanted[] = {{socket, POLLIN, 0}, {stop, POLLIN, 0}};
  return poll(wanted, 2, atMost) > 0 && wanted[1].revents == 0;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

void parseHead(FakeRequest& request) {
  std::string_view rest = request.head;
  const auto line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), text.size() + 2));
    return text;
  };
  const std::string_view first = line();
  const std::size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (!rest.empty()) {
    const std::string_view header = line();
    const std::size_t colon = header.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers[lowered(header.substr(0, colon))] = header.substr(colon + 2);
  }
}

}  // namespace

bool FakeUpstream::State::readRequest(Wire& wire, std::string& pending, FakeRequest& request) {
  std::size_t wanted = std::string::npos;
  char buffer[16 * 1024];
  for (;;) {
    const std::size_t end = pending.find("\r\n\r\n");
    if (wanted == std::string::npos && end != std::string::npos) {
      request.head = pending.substr(0, end + 4);
      parseHead(request);
      const auto length = request.headers.find("content-length");
      wanted = end + 4 + (length == request.headers.end() ? 0 : std::stoul(length->second));
    }
    if (wanted <= pending.size()) break;
    if (!wire.pending() && !readable(wire.socket(), stop, -1)) return false;
    const ssize_t got = wire.receive(buffer, sizeof buffer);
    if (got <= 0) return false;
    pending.append(buffer, static_cast<std::size_t>(got));
  }
  request.body = pending.substr(request.head.size(), wanted - request.head.size());
  pending.erase(0, wanted);
  return true;
}

bool FakeUpstream::State::send(Wire& wire, std::string_view text) {
  while (!text.empty()) {
    pollfd wanted[] = {{wire.socket(), POLLOUT, 0}, {stop, POLLIN, 0}};
    if (poll(wanted, 2, -1) < 0 || wanted[1].revents != 0) return false;
    const ssize_t sent = wire.send(text);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// True when the peer closed, or the server ends, within `atMost`.
bool FakeUpstream::State::waitUntilGone(int socket, std::chrono::milliseconds atMost) {
  pollfd wanted[] = {{socket, POLLRDHUP, 0}, {stop, POLLIN, 0}};
  return poll(wanted, 2, static_cast<int>(atMost.count())) > 0;
}

bool FakeUpstream::State::waitForRelease(int socket) {
  for (;;) {
    std::unique_lock lock(mutex);
    const bool told = changed.wait_for(lock, std::chrono::milliseconds(10),
                                       [this] { return releases > 0 || stopping; });
    if (stopping) return false;
    if (told) {
      --releases;
      return true;
    }
    lock.unlock();
    if (waitUntilGone(socket, std::chrono::milliseconds(0))) return false;
  }
}

/// False: the connection is over.
bool FakeUpstream::State::run(Wire& wire, const Reply::Step& step) {
  const int socket = wire.socket();
  switch (step.kind) {
    case Reply::Kind::Bytes:
      return send(wire, step.text);
    case Reply::Kind::Drip:
      for (const char& byte : step.text) {
        if (!send(wire, {&byte, 1}) || waitUntilGone(socket, step.gap)) return false;
      }
      return true;
    case Reply::Kind::Repeat:
      for (std::size_t i = 0; i < step.times; ++i) {
        if (!send(wire, step.text)) return false;
      }
      return true;
    case Reply::Kind::Hang:
      waitUntilGone(socket, std::chrono::milliseconds(-1));
      return false;
    case Reply::Kind::Hold:
      return waitForRelease(socket);
    case Reply::Kind::Close:
      wire.sayGoodbye();
      return false;
    case Reply::Kind::Cut:
      return false;
    case Reply::Kind::Reset: {
      const linger now{1, 0};
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return false;
    }
  }
  return false;
}

void FakeUpstream::State::serve(int socket, int number) {
  std::optional<Wire> wire(std::in_place, socket, tls.get());
  std::string pending;
  for (int count = 1; wire->handshake(); ++count) {
    FakeRequest request;
    request.connection = number;
    request.onConnection = count;
    if (!readRequest(*wire, pending, request)) break;
    {
      const std::scoped_lock lock(mutex);
      requests.push_back(request);
    }
    const Reply reply = handler(request);
    const bool alive = std::all_of(reply.steps_.begin(), reply.steps_.end(),
                                   [&](const Reply::Step& step) { return run(*wire, step); });
    if (!alive) break;
  }
  wire.reset();
  const std::scoped_lock lock(mutex);
  --open;
  changed.notify_all();
}

void FakeUpstream::State::accept() {
  // OpenSSL writes without MSG_NOSIGNAL; the connections' threads inherit this.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  while (readable(listener, stop, -1)) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::scoped_lock lock(mutex);
    ++open;
    const int number = ++accepted;
    changed.notify_all();
    threads.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void FakeUpstream::State::loadCertificate(const testing::TestCertificate& certificate) {
  tls.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_file(tls.get(), certificate.certificateFile().c_str(),
                                   SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls.get(), certificate.keyFile().c_str(), SSL_FILETYPE_PEM) !=
          1) {
    throw std::runtime_error("the fake upstream cannot use its certificate");
  }
}

void FakeUpstream::State::listen() {
  stop = eventfd(0, EFD_CLOEXEC);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (stop < 0 || listener < 0 || bind(listener, raw, size) != 0 || ::listen(listener, 256) != 0 ||
      getsockname(listener, raw, &size) != 0) {
    throw std::runtime_error("the fake upstream cannot listen");
  }
  port = ntohs(address.sin_port);
  acceptor = std::thread([this] { accept(); });
}

FakeUpstream::FakeUpstream(Handler handler) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  state_->listen();
}

FakeUpstream::FakeUpstream(Reply reply)
    : FakeUpstream([reply = std::move(reply)](const FakeRequest&) { return reply; }) {}

FakeUpstream::FakeUpstream(Handler handler, const testing::TestCertificate& certificate)
    : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  state_->loadCertificate(certificate);
  state_->listen();
}

FakeUpstream::~FakeUpstream() {
  State& state = *state_;
  {
    const std::scoped_lock lock(state.mutex);
    state.stopping = true;
  }
  state.changed.notify_all();
  const std::uint64_t one = 1;
  if (write(state.stop, &one, sizeof one) != sizeof one) std::terminate();
  state.acceptor.join();
  for (std::thread& thread : state.threads) thread.join();
  ::close(state.listener);
  ::close(state.stop);
}

std::uint16_t FakeUpstream::port() const {
  return state_->port;
}

std::string FakeUpstream::url(std::string_view target) const {
  const char* scheme = state_->tls ? "https" : "http";
  return scheme + ("://127.0.0.1:" + std::to_string(port())).append(target);
}

std::vector<FakeRequest> FakeUpstream::requests() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->requests;
}

int FakeUpstream::connections() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->accepted;
}

int FakeUpstream::open() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->open;
}

bool FakeUpstream::waitForOpen(int count) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::seconds(10),
                                  [&] { return state_->open == count; });
}

void FakeUpstream::release() {
  const std::scoped_lock lock(state_->mutex);
  ++state_->releases;
  state_->changed.notify_all();
}

}  // namespace pagoda::test
