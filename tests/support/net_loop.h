#pragma once
// A real event loop with workers, driven by the test's own thread.

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/base/task.h"
#include "core/domain/http_client.h"
#include "core/net/event_loop.h"
#include "core/net/worker_pool.h"

namespace pagoda::test {

struct NetLoop {
  SystemClock clock;
  net::WorkerPool workers{2, 64};
  net::EventLoop loop{clock, workers};

  /// Runs the loop until `done` says so; throws after twenty seconds, which no test needs.
  void until(const std::function<bool()>& done) {
    const TimePoint end = clock.now() + std::chrono::seconds(20);
    while (!done()) {
      if (clock.now() > end) throw std::runtime_error("the loop did not come to its end");
      loop.runOnce(Millis{20});
    }
  }
  /// Runs a task to its end.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn([](Task<T> inner, std::optional<T>& out) -> Task<void> { out.emplace(co_await inner); }(
                                                       std::move(task), result));
    until([&] { return result.has_value(); });
    return *std::move(result);
  }
};

/// One exchange as its caller saw it.
struct Fetched {
  std::optional<AttemptFailure> failure;
  int status = 0;  ///< 0: no head came
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>>
      frames;        ///< event and data; not the empty last one
  std::string body;  ///< all data
  Framing framing = Framing::Whole;
  bool ended = false;
  int flushes = 0;  ///< frames that said that nothing follows at once
};

inline Task<Fetched> fetch(HttpClient& client, UpstreamRequest request, CancelSource* cancel,
                           TimePoint expectBy = TimePoint::max()) {
  Fetched fetched;
  auto sending = client.send(std::move(request), cancel);
  auto sent = co_await sending;
  if (!sent) {
    fetched.failure = sent.error();
    co_return fetched;
  }
  UpstreamResponse& response = **sent;
  response.expectBy(expectBy);
  fetched.status = response.status();
  fetched.headers = response.headers();
  while (!fetched.ended) {
    auto asking = response.next();
    auto frame = co_await asking;
    if (!frame) {
      fetched.failure = frame.error();
      co_return fetched;
    }
    fetched.framing = frame->framing;
    fetched.ended = frame->last;
    if (!frame->more) ++fetched.flushes;
    fetched.body += frame->data;
    if (!frame->last || !frame->data.empty()) {
      fetched.frames.emplace_back(frame->event, frame->data);
    }
  }
  co_return fetched;
}

}  // namespace pagoda::test
