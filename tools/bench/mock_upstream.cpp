// An OpenAI-compatible upstream for benchmarks that is never the bottleneck: one epoll loop,
// answers made once. Loopback only, ends by itself.
//
//   mock_upstream --port N [--max-seconds 600]
//
// The model's name says what to do: mock-d500-c100-g10-b1024 waits 500 ms, and answers 1024 bytes,
// or as a stream 100 chunks 10 ms apart. Each chunk's text is "t=<CLOCK_MONOTONIC ns>", so that a
// client on the same machine can tell how late it came.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace {

using Nanos = std::uint64_t;
constexpr Nanos kMilli = 1'000'000;

Nanos now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Nanos>(time.tv_sec) * 1'000'000'000 + static_cast<Nanos>(time.tv_nsec);
}

struct Order {
  int delayMs = 0, chunks = 100, gapMs = 10, bytes = 1024;
  bool stream = false;
};

struct Connection {
  int fd = -1;
  std::string in, out;
  std::size_t sent = 0;
  Order order;
  int chunk = -1;  // -1: no stream is running
  std::uint64_t generation = 0;
  bool writing = false;
};

struct Timer {
  Nanos at;
  int fd;
  std::uint64_t generation;
  bool operator<(const Timer& other) const { return at > other.at; }
};

int numberAfter(std::string_view model, std::string_view tag, int standard) {
  const std::size_t at = model.find(tag);
  return at == std::string_view::npos ? standard : std::atoi(model.data() + at + tag.size());
}

Order orderOf(std::string_view body) {
  Order order;
  const std::size_t at = body.find("\"model\":");
  const std::size_t open = at == std::string_view::npos ? at : body.find('"', at + 8);
  const std::size_t close = open == std::string_view::npos ? open : body.find('"', open + 1);
  if (close != std::string_view::npos) {
    const std::string model(body.substr(open + 1, close - open - 1));
    order.delayMs = numberAfter(model, "-d", 0);
    order.chunks = numberAfter(model, "-c", 100);
    order.gapMs = numberAfter(model, "-g", 10);
    order.bytes = numberAfter(model, "-b", 1024);
  }
  order.stream = body.find("\"stream\":true") != std::string_view::npos;
  return order;
}

const std::string& wholeAnswer(int bytes) {
  static std::unordered_map<int, std::string> made;
  std::string& answer = made[bytes];
  if (!answer.empty()) return answer;
  const std::string head =
      R"({"id":"chatcmpl-mock","object":"chat.completion","created":1790000000,"model":"mock","choices":[{"index":0,"message":{"role":"assistant","content":")";
  const std::string tail =
      R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}})";
  std::string body = head;
  while (body.size() + tail.size() + 5 <= static_cast<std::size_t>(bytes)) body += "wave ";
  body += tail;
  answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  return answer;
}

void appendChunk(std::string& out, std::string_view event) {
  char size[20];
  out.append(size,
             static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", event.size())));
  out.append(event).append("\r\n");
}

class Loop {
 public:
  explicit Loop(int port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 8192) != 0) {
      std::perror("mock_upstream: bind");
      std::exit(1);
    }
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  }

  void run(Nanos until) {
    std::vector<epoll_event> events(1024);
    while (now() < until) {
      const int wait =
          timers_.empty()
              ? 100
              : static_cast<int>(std::min<Nanos>(
                    100, (timers_.top().at > now() ? timers_.top().at - now() : 0) / kMilli));
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
      for (int i = 0; i < count; ++i) {
        if (events[static_cast<std::size_t>(i)].data.fd == listener_)
          acceptAll();
        else
          serve(events[static_cast<std::size_t>(i)].data.fd,
                events[static_cast<std::size_t>(i)].events);
      }
      for (const Nanos time = now(); !timers_.empty() && timers_.top().at <= time;) {
        const Timer timer = timers_.top();
        timers_.pop();
        const auto found = connections_.find(timer.fd);
        if (found != connections_.end() && found->second->generation == timer.generation)
          proceed(*found->second);
      }
    }
  }

 private:
  void watch(int fd, std::uint32_t mask, int operation) {
    epoll_event event{};
    event.events = mask;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void acceptAll() {
    for (int fd = 0;
         (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      const int one = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connection->generation = ++generations_;
      connections_[fd] = std::move(connection);
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void serve(int fd, std::uint32_t mask) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    if ((mask & EPOLLOUT) != 0 && !flush(connection)) return drop(fd);
    if ((mask & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    char buffer[65536];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) {
      if (got == 0 || errno != EAGAIN) drop(fd);
      return;
    }
    connection.in.append(buffer, static_cast<std::size_t>(got));
    takeRequest(connection);
  }

  void takeRequest(Connection& connection) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string_view head(connection.in.data(), end);
    std::size_t length = 0;
    for (const std::string_view name : {"Content-Length: ", "content-length: "})
      if (const std::size_t at = head.find(name); at != std::string_view::npos)
        length = std::strtoull(head.data() + at + name.size(), nullptr, 10);
    if (connection.in.size() < end + 4 + length) return;
    connection.order = orderOf(std::string_view(connection.in).substr(end + 4, length));
    connection.in.erase(0, end + 4 + length);
    connection.chunk = -1;
    if (connection.order.delayMs == 0) return proceed(connection);
    timers_.push({now() + static_cast<Nanos>(connection.order.delayMs) * kMilli, connection.fd,
                  connection.generation});
  }

  /// Sends the whole answer, or the next chunk of a stream.
  void proceed(Connection& connection) {
    if (!connection.order.stream) {
      connection.out += wholeAnswer(connection.order.bytes);
    } else if (connection.chunk < 0) {
      connection.out +=
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
          "chunked\r\n\r\n";
      connection.chunk = 0;
      writeDelta(connection);
    } else {
      writeDelta(connection);
    }
    if (!flush(connection)) drop(connection.fd);
  }

  void writeDelta(Connection& connection) {
    constexpr std::string_view kHead =
        R"({"id":"chatcmpl-mock","object":"chat.completion.chunk","created":1790000000,"model":"mock","choices":)";
    char event[512];
    std::snprintf(
        event, sizeof event,
        "data: %s[{\"index\":0,\"delta\":{%s\"content\":\" t=%llu\"},\"finish_reason\":null}]}\n\n",
        kHead.data(), connection.chunk == 0 ? "\"role\":\"assistant\"," : "",
        static_cast<unsigned long long>(now()));
    appendChunk(connection.out, event);
    if (++connection.chunk < connection.order.chunks) {
      timers_.push({now() + static_cast<Nanos>(connection.order.gapMs) * kMilli, connection.fd,
                    connection.generation});
      return;
    }
    appendChunk(connection.out, "data: " + std::string(kHead) +
                                    R"([{"index":0,"delta":{},"finish_reason":"stop"}]})" + "\n\n");
    appendChunk(
        connection.out,
        "data: " + std::string(kHead) +
            R"([],"usage":{"prompt_tokens":100,"completion_tokens":100,"total_tokens":200}})" +
            "\n\n");
    appendChunk(connection.out, "data: [DONE]\n\n");
    connection.out += "0\r\n\r\n";
    connection.chunk = -1;
  }

  bool flush(Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t put = send(connection.fd, connection.out.data() + connection.sent,
                               connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (put < 0) {
        if (errno != EAGAIN) return false;
        if (!connection.writing) watch(connection.fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
        connection.writing = true;
        return true;
      }
      connection.sent += static_cast<std::size_t>(put);
    }
    connection.out.clear();
    connection.sent = 0;
    if (connection.writing) watch(connection.fd, EPOLLIN, EPOLL_CTL_MOD);
    connection.writing = false;
    return true;
  }

  void drop(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  int listener_ = -1, epoll_ = -1;
  std::uint64_t generations_ = 0;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Timer> timers_;
};

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  int seconds = 600;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--port") == 0)
      port = std::atoi(argv[i + 1]);
    else if (std::strcmp(argv[i], "--max-seconds") == 0)
      seconds = std::atoi(argv[i + 1]);
  }
  if (port == 0) {
    std::fprintf(stderr, "usage: mock_upstream --port N [--max-seconds 600]\n");
    return 2;
  }
  Loop loop(port);
  loop.run(now() + static_cast<Nanos>(seconds) * 1'000'000'000);
}
