// A closed-loop HTTP/1.1 load client for loopback, with SSE, that prints one JSON line: requests,
// errors, latency, and of the process under test CPU per request and per chunk, and memory.
//
//   load --port N --path /v1/chat/completions --requests 20000 --connections 64 --pid P
//        [--body FILE] [--header 'K: V'] [--stream] [--warmup 1000] [--max-seconds 120]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace {

using Nanos = std::uint64_t;

Nanos now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Nanos>(time.tv_sec) * 1'000'000'000 + static_cast<Nanos>(time.tv_nsec);
}

/// Nanoseconds on a core of all threads of `pid`, as the scheduler counts them.
double cpuNanos(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  double total = 0;
  DIR* tasks = opendir(folder.c_str());
  if (tasks == nullptr) return 0;
  while (const dirent* task = readdir(tasks)) {
    if (task->d_name[0] == '.') continue;
    double spent = 0;
    std::ifstream(folder + "/" + task->d_name + "/schedstat") >> spent;
    total += spent;
  }
  closedir(tasks);
  return total;
}

long rssKiB(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  return 0;
}

struct Options {
  int port = 0, connections = 64, pid = 0, maxSeconds = 120;
  long requests = 10000, warmup = 0;
  std::string path = "/v1/chat/completions", bodyFile;
  std::vector<std::string> headers;
  bool stream = false;
};

struct Connection {
  int fd = -1;
  std::string in;
  std::size_t sent = 0;
  Nanos begun = 0;
  bool busy = false, head = false, chunked = false;
  std::size_t bodyAt = 0, length = 0, scanned = 0;
  int status = 0;
};

class Load {
 public:
  Load(const Options& options, std::string request)
      : options_(options), request_(std::move(request)) {}

  int run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(static_cast<std::size_t>(options_.connections));
    for (std::size_t i = 0; i < connections_.size(); ++i) begin(i);
    const Nanos end = now() + static_cast<Nanos>(options_.maxSeconds) * 1'000'000'000;
    std::vector<epoll_event> events(1024);
    Nanos sampled = 0;
    while (finished_ + errors_ < options_.warmup + options_.requests && now() < end) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i)
        serve(events[static_cast<std::size_t>(i)].data.u32,
              events[static_cast<std::size_t>(i)].events);
      if (options_.pid != 0 && now() - sampled > 50'000'000) {
        sampled = now();
        peakKiB_ = std::max(peakKiB_, rssKiB(options_.pid));
      }
    }
    if (options_.pid != 0) cpuEnd_ = cpuNanos(options_.pid);
    report();
    return errors_ == 0 ? 0 : 1;
  }

 private:
  void begin(std::size_t index) {
    if (begun_ >= options_.warmup + options_.requests) return;
    Connection& connection = connections_[index];
    if (connection.fd < 0 && !open(connection, index)) {
      ++errors_;
      return;
    }
    if (begun_ == options_.warmup) {
      measured_ = now();
      if (options_.pid != 0) cpuStart_ = cpuNanos(options_.pid);
    }
    ++begun_;
    connection.in.clear();
    connection.sent = connection.scanned = 0;
    connection.head = connection.chunked = false;
    connection.begun = now();
    connection.busy = true;
    write(connection, index);
  }

  bool open(Connection& connection, std::size_t index) {
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(connection.fd);
      connection.fd = -1;
      return false;
    }
    const int one = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(index);
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    return true;
  }

  void write(Connection& connection, std::size_t index) {
    while (connection.sent < request_.size()) {
      const ssize_t put = send(connection.fd, request_.data() + connection.sent,
                               request_.size() - connection.sent, MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN) return fail(index);
      epoll_event event{};
      event.events = EPOLLIN | (put < 0 ? EPOLLOUT : 0u);
      event.data.u32 = static_cast<std::uint32_t>(index);
      if (put < 0) {
        epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
        return;
      }
      connection.sent += static_cast<std::size_t>(put);
    }
  }

  void serve(std::size_t index, std::uint32_t mask) {
    Connection& connection = connections_[index];
    if ((mask & EPOLLOUT) != 0) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = static_cast<std::uint32_t>(index);
      epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
      write(connection, index);
    }
    char buffer[131072];
    const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || !connection.busy) return fail(index);
    connection.in.append(buffer, static_cast<std::size_t>(got));
    if (!connection.head) readHead(connection);
    if (connection.head && complete(connection)) finish(index);
  }

  static void readHead(Connection& connection) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = connection.in.substr(0, end);
    std::ranges::transform(head, head.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    connection.head = true;
    connection.status = std::atoi(head.c_str() + 9);
    connection.chunked = head.find("transfer-encoding: chunked") != std::string::npos;
    const std::size_t at = head.find("content-length: ");
    connection.length =
        at == std::string::npos ? 0 : std::strtoull(head.c_str() + at + 16, nullptr, 10);
    connection.bodyAt = connection.scanned = end + 4;
  }

  bool complete(Connection& connection) {
    if (!connection.chunked) return connection.in.size() >= connection.bodyAt + connection.length;
    const Nanos time = now();
    for (;;) {
      const std::size_t line = connection.in.find("\r\n", connection.scanned);
      if (line == std::string::npos) return false;
      const std::size_t size =
          std::strtoull(connection.in.c_str() + connection.scanned, nullptr, 16);
      if (connection.in.size() < line + 4 + size) return false;
      const std::string_view data = std::string_view(connection.in).substr(line + 2, size);
      for (std::size_t at = data.find(" t="); at != std::string_view::npos;
           at = data.find(" t=", at + 3)) {
        ++chunks_;
        const Nanos made = std::strtoull(data.data() + at + 3, nullptr, 10);
        late_.push_back(static_cast<float>(time > made ? time - made : 0) / 1e6f);
      }
      connection.scanned = line + 4 + size;
      if (size == 0) return true;
    }
  }

  void finish(std::size_t index) {
    Connection& connection = connections_[index];
    connection.busy = false;
    ++finished_;
    const bool whole = !options_.stream || connection.in.find("[DONE]") != std::string::npos;
    if (connection.status != 200 || !whole) {
      ++errors_;
      if (firstError_.empty()) firstError_ = connection.in.substr(0, 300);
    } else if (connection.begun >= measured_ && measured_ != 0) {
      latency_.push_back(static_cast<float>(now() - connection.begun) / 1e6f);
    }
    begin(index);
  }

  void fail(std::size_t index) {
    Connection& connection = connections_[index];
    ++errors_;
    close(connection.fd);
    connection = {};
    begin(index);
  }

  static double quantile(std::vector<float>& values, double q) {
    if (values.empty()) return 0;
    const auto nth =
        values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
  }

  void report() {
    const double cpuUs = (cpuEnd_ - cpuStart_) / 1e3;
    const double seconds = static_cast<double>(now() - measured_) / 1e9;
    std::printf(
        "{\"requests\":%ld,\"errors\":%ld,\"seconds\":%.2f,\"per_second\":%.0f,\"p50_ms\":%.3f,"
        "\"p99_ms\":%.3f,"
        "\"cpu_us_per_request\":%.2f,\"chunks\":%ld,\"cpu_us_per_chunk\":%.2f,\"chunk_late_p99_"
        "ms\":%.2f,"
        "\"peak_rss_kib\":%ld}\n",
        finished_ - options_.warmup, errors_, seconds,
        static_cast<double>(options_.requests) / seconds, quantile(latency_, 0.5),
        quantile(latency_, 0.99), cpuUs / static_cast<double>(options_.requests), chunks_,
        chunks_ == 0 ? 0 : cpuUs / static_cast<double>(chunks_), quantile(late_, 0.99), peakKiB_);
    if (!firstError_.empty()) std::fprintf(stderr, "first error: %s\n", firstError_.c_str());
  }

  const Options& options_;
  std::string request_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<float> latency_, late_;
  long begun_ = 0, finished_ = 0, errors_ = 0, chunks_ = 0, peakKiB_ = 0;
  Nanos measured_ = 0;
  double cpuStart_ = 0, cpuEnd_ = 0;
  std::string firstError_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : ""; };
    if (name == "--port")
      options.port = std::atoi(value());
    else if (name == "--path")
      options.path = value();
    else if (name == "--requests")
      options.requests = std::atol(value());
    else if (name == "--warmup")
      options.warmup = std::atol(value());
    else if (name == "--connections")
      options.connections = std::atoi(value());
    else if (name == "--pid")
      options.pid = std::atoi(value());
    else if (name == "--body")
      options.bodyFile = value();
    else if (name == "--header")
      options.headers.emplace_back(value());
    else if (name == "--max-seconds")
      options.maxSeconds = std::atoi(value());
    else if (name == "--stream")
      options.stream = true;
    else {
      std::fprintf(stderr, "load: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  std::ifstream file(options.bodyFile);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string request = "POST " + options.path +
                        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                        "\r\nContent-Type: application/json\r\n";
  for (const std::string& header : options.headers) request += header + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return Load(options, std::move(request)).run();
}
