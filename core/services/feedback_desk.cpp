#include "core/services/feedback_desk.h"

#include <pthread.h>
#include <signal.h>
#include <utility>

#include "core/services/lesson_record.h"
#include "core/services/orchestrator.h"

namespace pagoda::services {
namespace {

/// Lessons of so long share one waking of the thread.
constexpr std::chrono::milliseconds kGather{20};

/// "dev.pagoda.adaptive" of "dev.pagoda.adaptive@1.0.0", and the version.
std::pair<std::string, std::string> pluginOf(std::string_view label) {
  const std::size_t at = label.find('@');
  if (at == std::string_view::npos) return {std::string(label), {}};
  return {std::string(label.substr(0, at)), std::string(label.substr(at + 1))};
}

std::map<std::string, std::shared_ptr<Strategy>> seatsOf(const Serving& serving) {
  std::map<std::string, std::shared_ptr<Strategy>> seats;
  if (serving.strategy) seats["strategy"] = serving.strategy;
  for (const auto& [route, strategy] : serving.routeStrategies) seats["route:" + route] = strategy;
  for (const NamedStrategy& named : serving.strategies)
    seats["strategies:" + named.name] = named.strategy;
  std::erase_if(seats, [](const auto& seat) { return !seat.second->learns(); });
  return seats;
}

}  // namespace

FeedbackDesk::FeedbackDesk(StrategyMemory& memory, const Clock& clock, Log& log,
                           FeedbackOptions options)
    : memory_(memory), clock_(clock), log_(log), options_(options), thread_([this] { run(); }) {}

FeedbackDesk::~FeedbackDesk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void FeedbackDesk::seat(const Serving& serving) {
  const std::lock_guard lock(seatsMutex_);
  std::map<std::string, Seat> seats;
  for (auto& [slot, strategy] : seatsOf(serving)) {
    const auto former = seats_.find(slot);
    if (former != seats_.end() && former->second.strategy == strategy) {
      seats.insert(seats_.extract(former));
      continue;
    }
    if (former != seats_.end() && former->second.learnt) save(slot, former->second);
    seats[slot].keeps = recall(slot, *strategy);
    seats[slot].strategy = strategy;
  }
  // Whoever has no place any more may get it back with the next configuration.
  for (auto& [slot, seat] : seats_)
    if (seat.learnt) save(slot, seat);
  seats_ = std::move(seats);
}

bool FeedbackDesk::recall(const std::string& slot, Strategy& strategy) {
  const std::string plugin = pluginOf(strategy.name()).first;
  const Result<std::optional<StrategyState>> state = memory_.state(slot, plugin);
  if (!state) {
    log_.warn("what a strategy had learnt cannot be read",
              {{"strategy", slot}, {"why", state.error().message}});
    return false;
  }
  if (*state && !strategy.load((*state)->bytes, (*state)->version)) {
    log_.warn("a strategy begins anew: it does not know the form of what was learnt",
              {{"strategy", slot}, {"plugin", plugin}, {"from_version", (*state)->version}});
  }
  return true;
}

void FeedbackDesk::save(const std::string& slot, Seat& seat) {
  if (!seat.keeps) return;
  const auto [plugin, version] = pluginOf(seat.strategy->name());
  Result<std::string> bytes = seat.strategy->save();
  Result<void> kept;
  if (!bytes) {
    kept = tl::unexpected<Error>(bytes.error());
  } else if (!bytes->empty()) {
    kept = memory_.keepState(slot, plugin, {version, *std::move(bytes)}, clock_.unixNow());
  }
  seat.learnt = !kept;
  if (!kept)
    log_.warn("what a strategy has learnt cannot be saved; it is tried again",
              {{"strategy", slot}, {"why", kept.error().message}});
}

/// False: something is still to be saved.
bool FeedbackDesk::saveAll() {
  const std::lock_guard lock(seatsMutex_);
  bool all = true;
  for (auto& [slot, seat] : seats_) {
    if (seat.learnt) save(slot, seat);
    all = all && (!seat.learnt || !seat.keeps);
  }
  return all;
}

void FeedbackDesk::tell(Lesson lesson) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.queue || stopping_) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.push_back(std::move(lesson));
    wake = std::exchange(waiting_, false);
  }
  if (wake) wake_.notify_one();
}

Result<bool> FeedbackDesk::rate(RatingRow row, std::string_view decision) {
  PAGODA_TRY(const bool first, memory_.keepRating(row));
  std::optional<Lesson> lesson = lessonOf(decision);
  if (!first || !lesson) return false;
  {
    const std::lock_guard lock(seatsMutex_);
    const auto seat = seats_.find(lesson->slot);
    if (seat == seats_.end() ||
        pluginOf(seat->second.strategy->name()).first != pluginOf(lesson->strategy).first)
      return false;
  }
  lesson->source = Lesson::Source::Rating;
  lesson->decision = row.request;
  lesson->rating = row.rating;
  lesson->label = std::move(row.label);
  tell(*std::move(lesson));
  return true;
}

void FeedbackDesk::flush() {
  std::unique_lock lock(mutex_);
  flush_ = true;
  wake_.notify_one();
  idle_.wait(lock, [this] { return !flush_; });
}

void FeedbackDesk::deliver(std::vector<Lesson>& lessons) {
  const std::lock_guard lock(seatsMutex_);
  for (const Lesson& lesson : lessons) {
    const auto seat = seats_.find(lesson.slot);
    // Another plugin's memo would mean nothing to the one that sits there now.
    if (seat == seats_.end() ||
        pluginOf(seat->second.strategy->name()).first != pluginOf(lesson.strategy).first)
      continue;
    seat->second.strategy->learn(lesson);
    seat->second.learnt = true;
  }
}

void FeedbackDesk::run() {
  sigset_t all{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "pagoda-lessons");
  using SteadyClock = std::chrono::steady_clock;
  SteadyClock::time_point saveAt{};
  bool unsaved = false;
  std::vector<Lesson> lessons;
  for (bool last = false; !last;) {
    bool flushed = false;
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return stopping_ || flush_; };
      waiting_ = queue_.empty();
      if (waiting_ && !due()) {
        const auto woken = [&] { return !waiting_ || due(); };
        if (unsaved)
          wake_.wait_until(lock, saveAt, woken);
        else
          wake_.wait(lock, woken);
      }
      waiting_ = false;
      if (!queue_.empty() && !due()) wake_.wait_for(lock, kGather, due);
      std::swap(lessons, queue_);
      last = stopping_;
      flushed = flush_;
    }
    deliver(lessons);
    if (!lessons.empty() && !std::exchange(unsaved, true))
      saveAt = SteadyClock::now() + options_.saveEvery;
    lessons.clear();
    if (unsaved && (last || flushed || SteadyClock::now() >= saveAt)) {
      unsaved = !saveAll();
      saveAt = SteadyClock::now() + options_.saveEvery;
    }
    if (!flushed) continue;
    const std::lock_guard lock(mutex_);
    flush_ = false;
    idle_.notify_all();
  }
}

}  // namespace pagoda::services
