#include "core/app/configuration_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>
#include <sys/inotify.h>

namespace pagoda::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Who writes without a pause is not waited for longer than that many times the debounce.
constexpr int kMostDebounces = 10;
constexpr Millis kRetireEvery{250};
constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

/// "..data" is the link that a mounted ConfigMap of Kubernetes turns over.
bool isOurs(std::string_view name) {
  return name == "pagoda.yaml" || name == "models.yaml" || name == "router.pgr" || name == "..data";
}

int millisUntil(SteadyClock::time_point when) {
  const auto left = std::chrono::ceil<Millis>(when - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

}  // namespace

ConfigurationWatch::ConfigurationWatch(const std::string& directory, Millis debounce, Work work,
                                       Log& log)
    : debounce_(debounce), work_(std::move(work)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!directory.empty()) {
    inotify_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_ < 0 || ::inotify_add_watch(inotify_, directory.c_str(), kChanges) < 0)
      log.warn("configuration_not_watched",
               {{"directory", directory},
                {"message", std::string(std::strerror(errno)) +
                                "; reload with SIGHUP or 'pagoda reload' after a change"}});
  }
  thread_ = std::thread([this] { run(); });
}

ConfigurationWatch::~ConfigurationWatch() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  wake();
  thread_.join();
  if (inotify_ >= 0) ::close(inotify_);
  if (wake_ >= 0) ::close(wake_);
}

void ConfigurationWatch::request(const std::string& cause) {
  {
    const std::scoped_lock lock(mutex_);
    asked_ = cause;
  }
  wake();
}

void ConfigurationWatch::wake() const {
  const std::uint64_t one = 1;
  // A counter that is full wakes as well.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void ConfigurationWatch::run() {
  std::optional<SteadyClock::time_point> due;
  SteadyClock::time_point latest;
  std::size_t former = 0;
  for (;;) {
    std::array<pollfd, 2> wanted{{{wake_, POLLIN, 0}, {inotify_, POLLIN, 0}}};
    int timeout = former > 0 ? static_cast<int>(kRetireEvery.count()) : -1;
    if (due) timeout = timeout < 0 ? millisUntil(*due) : std::min(timeout, millisUntil(*due));
    ::poll(wanted.data(), wanted.size(), timeout);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(wake_, &count, sizeof count);
    std::string cause;
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_) return;
      cause.swap(asked_);
    }
    const auto now = SteadyClock::now();
    if (readEvents()) {
      if (!due) latest = now + kMostDebounces * debounce_;
      due = std::min(now + debounce_, latest);
    }
    if (cause.empty() && due && now >= *due) cause = "watch";
    if (!cause.empty()) {
      due.reset();
      work_.reload(cause);
    }
    former = work_.retire();
  }
}

/// Whether one of our files is among them.
bool ConfigurationWatch::readEvents() const {
  if (inotify_ < 0) return false;
  bool ours = false;
  alignas(inotify_event) std::array<char, 4096> block;
  for (;;) {
    const ssize_t size = ::read(inotify_, block.data(), block.size());
    if (size <= 0) return ours;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, block.data() + at, sizeof event);
      // An overflow has lost events: one of them may have been ours.
      ours |= (event.mask & IN_Q_OVERFLOW) != 0 ||
              (event.len > 0 && isOurs(block.data() + at + sizeof event));
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

}  // namespace pagoda::app
