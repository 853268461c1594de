#include "core/net/event_loop.h"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <stdexcept>
#include <unistd.h>

#include <Poco/Net/PollSet.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Timespan.h>
#include <sys/eventfd.h>

#include "core/domain/http_client.h"
#include "core/net/worker_pool.h"

namespace pagoda::net {
namespace {

static_assert(int{kReadInterest} == int{Poco::Net::PollSet::POLL_READ});
static_assert(int{kWriteInterest} == int{Poco::Net::PollSet::POLL_WRITE});
static_assert(int{kErrorInterest} == int{Poco::Net::PollSet::POLL_ERROR});

constexpr Millis kLongestSleep{60'000};

/// A socket object over an eventfd: Poco 1.11's PollSet takes nothing but sockets and has no
/// wakeUp.
std::unique_ptr<Poco::Net::StreamSocket> makeWakeSocket() {
  const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot create an eventfd for the event loop");
  return std::make_unique<Poco::Net::StreamSocket>(new Poco::Net::StreamSocketImpl(descriptor));
}

/// OpenSSL writes without MSG_NOSIGNAL; a closed peer must not end the process.
void blockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// Waits for a time without a coroutine frame for the timer.
class SleepAwaiter {
 public:
  SleepAwaiter(EventLoop& loop, TimePoint when, CancelSource* cancel)
      : loop_(loop), when_(when), cancel_(cancel) {}
  bool await_ready() noexcept {
    cancelled_ = cancel_ != nullptr && cancel_->cancelled();
    return cancelled_ || when_ <= loop_.now();
  }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    loop_.schedule(timer_, when_);
    if (cancel_ != nullptr) registration_.emplace(cancel_, [this] { finish(true); });
  }
  bool await_resume() const noexcept { return !cancelled_; }

 private:
  void finish(bool cancelled) {
    cancelled_ = cancelled;
    timer_.cancel();
    registration_.reset();
    handle_.resume();
  }

  EventLoop& loop_;
  TimePoint when_;
  CancelSource* cancel_;
  std::coroutine_handle<> handle_;
  std::optional<CancelRegistration> registration_;
  Timer timer_{this, [](void* self) { static_cast<SleepAwaiter*>(self)->finish(false); }};
  bool cancelled_ = false;
};

}  // namespace

struct EventLoop::Inbox {
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  std::vector<std::function<void()>> running;  // loop only; swapped with `posted`
};

EventLoop::EventLoop(const Clock& clock, WorkerPool& workers)
    : clock_(clock),
      workers_(workers),
      pollSet_(std::make_unique<Poco::Net::PollSet>()),
      now_(clock.now()),
      wheel_(now_),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchSize)),
      inbox_(std::make_unique<Inbox>()),
      wakeSocket_(makeWakeSocket()),
      thread_(std::this_thread::get_id()) {
  pollSet_->add(*wakeSocket_, Poco::Net::PollSet::POLL_READ);
}

EventLoop::~EventLoop() {
  // Both may own streams, which leave the poll set when they are destroyed.
  httpClient_.reset();
  inbox_->posted.clear();
}

void EventLoop::run() {
  blockSigpipe();
  while (!stopping_.load(std::memory_order_acquire)) runOnce(kLongestSleep);
  stopping_.store(false, std::memory_order_release);
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void EventLoop::runOnce(Millis atMost) {
  thread_ = std::this_thread::get_id();
  asleep_.store(true);
  // Whoever posts from here on sees that the loop sleeps, and wakes it.
  Millis wait = takePosted() || stopping_.load() ? Millis{0} : atMost;
  if (const std::optional<TimePoint> due = wait.count() > 0 ? wheel_.next() : std::nullopt) {
    const TimePoint now = clock_.now();
    const auto left = *due <= now ? Millis{0} : std::chrono::ceil<Millis>(*due - now);
    wait = std::min(wait, left);
  }
  const auto events = pollSet_->poll(Poco::Timespan(wait.count() * 1000));
  asleep_.store(false);
  now_ = clock_.now();

  for (const auto& [socket, interests] : events) {
    const int descriptor = socket.impl()->sockfd();
    if (descriptor < 0) continue;  // closed by an earlier event of this round
    if (descriptor == wakeSocket_->impl()->sockfd()) {
      drainWake();
      continue;
    }
    const auto index = static_cast<std::size_t>(descriptor);
    if (index < sources_.size() && sources_[index] != nullptr) {
      sources_[index]->onEvents(interests);
    }
  }
  wheel_.advance(now_);
  for (std::function<void()>& work : inbox_->running) work();
  inbox_->running.clear();
}

bool EventLoop::takePosted() {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->running.swap(inbox_->posted);
  return !inbox_->running.empty();
}

void EventLoop::wake() noexcept {
  // One wake per sleep is enough; while the loop is awake it looks into the inbox by itself.
  if (!asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeSocket_->impl()->sockfd(), &one, sizeof one);
}

void EventLoop::drainWake() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wakeSocket_->impl()->sockfd(), &count, sizeof count);
}

HttpClient& EventLoop::http() {
  assert(httpClient_ && "setHttpClient() comes before the first request");
  return *httpClient_;
}

void EventLoop::setHttpClient(std::unique_ptr<HttpClient> client) {
  httpClient_ = std::move(client);
}

Task<bool> EventLoop::sleepUntil(TimePoint when, CancelSource* cancel) {
  SleepAwaiter sleep(*this, when, cancel);
  co_return co_await sleep;
}

void EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->posted.push_back(std::move(work));
  }
  wake();
}

bool EventLoop::offload(std::function<void()> work) {
  return workers_.submit(std::move(work));
}

void EventLoop::setInterest(IoSource& source, const Poco::Net::Socket& socket, int previous,
                            int wanted) {
  const auto index = static_cast<std::size_t>(socket.impl()->sockfd());
  if (wanted == kNoInterest) {
    if (previous != kNoInterest) pollSet_->remove(socket);
    if (index < sources_.size()) sources_[index] = nullptr;
    return;
  }
  if (index >= sources_.size()) sources_.resize(std::max(index + 1, sources_.size() * 2), nullptr);
  sources_[index] = &source;
  if (previous == kNoInterest) {
    pollSet_->add(socket, wanted);
  } else {
    pollSet_->update(socket, wanted);
  }
}

}  // namespace pagoda::net
