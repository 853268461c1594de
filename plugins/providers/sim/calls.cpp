#include "calls.h"

#include <algorithm>
#include <utility>

namespace pagoda::sim {
namespace {

constexpr std::size_t kReturning = 256;  // far more than a host has workers

constexpr const char* kGivenUp = "the caller has given up";

std::size_t stepsOf(const Answer& answer) {
  std::size_t steps = 1;
  for (const Choice& choice : answer.choices) steps = std::max(steps, choice.pieces.size());
  return steps;
}

void sendToolCalls(sdk::Events& events, const Choice& choice, std::uint32_t index) {
  for (std::uint32_t i = 0; i < choice.toolCalls.size(); ++i) {
    const ToolCall& call = choice.toolCalls[i];
    events.toolBegin(i, call.id, call.name, index);
    events.toolArguments(i, call.arguments, index);
  }
}

}  // namespace

Run::Run(Calls& calls, sdk::Call call, Answer answer)
    : calls_(calls), call_(call), id_(call.id()), answer_(std::move(answer)) {}

sdk::Outcome Run::start() {
  try {
    const sdk::Outcome outcome = play();
    if (outcome == sdk::Outcome::Pending) return outcome;
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    state_ = State::Done;
    calls_.remove(id_);
    throw;
  }
  calls_.remove(id_);
  return sdk::Outcome::Done;
}

void Run::cancel() noexcept {
  std::uint64_t work = 0;
  Ticket* ticket = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
    if (state_ != State::Waiting) return;  // the step that is playing sees to it
    state_ = State::Done;
    work = std::exchange(work_, 0);
    ticket = std::exchange(ticket_, nullptr);
  }
  const std::shared_ptr<Run> self = shared_from_this();
  // If it does not stop the callback, that finds the call done and frees the ticket itself.
  if (work != 0) {
    if (calls_.work_->cancel(calls_.host_.get(), work, 0) == PAGODA_OK)
      delete ticket;
    else
      calls_.note(work);
  }
  calls_.remove(id_);
  call_.fail(PAGODA_E_CANCELLED, kGivenUp);
}

void Run::resume(void* argument) noexcept {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(argument));
  Run& run = *ticket->run;
  {
    const std::scoped_lock lock(run.mutex_);
    if (run.state_ != State::Waiting) return;
    run.state_ = State::Playing;
    run.ticket_ = nullptr;
    run.due_ = true;
    run.calls_.note(run.work_);
  }
  auto error = sdk::init<pagoda_error>();
  const pagoda_status status = sdk::guard(&error, [&run]() -> pagoda_status {
    return run.play() == sdk::Outcome::Done ? PAGODA_OK : PAGODA_PENDING;
  });
  if (status != PAGODA_PENDING) run.end(status, error.message);
}

void Run::end(pagoda_status status, std::string_view message) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    state_ = State::Done;
  }
  calls_.remove(id_);
  if (status == PAGODA_OK)
    call_.finish();
  else
    call_.fail(status, message);
}

sdk::Outcome Run::play() {
  for (const std::size_t steps = stepsOf(answer_); step_ < steps; ++step_) {
    stopIfCancelled();
    if (!due_ && wait(step_ == 0 ? answer_.latencyMs : answer_.chunkGapMs))
      return sdk::Outcome::Pending;
    due_ = false;
    if (answer_.fault == Fault::Timeout) {  // silence; only cancel() ends it
      const std::scoped_lock lock(mutex_);
      if (cancelled_) throw sdk::Failure(PAGODA_E_CANCELLED, kGivenUp);
      state_ = State::Waiting;
      work_ = 0;
      return sdk::Outcome::Pending;
    }
    throwFault();
    playStep();
  }
  return sdk::Outcome::Done;
}

void Run::playStep() {
  sdk::Events events = call_.events();
  if (step_ == 0) {
    events.start(answer_.id, answer_.model);
    events.extra(PAGODA_EXTRA_ANSWER, R"({"simulated":true})");
  }
  for (std::uint32_t i = 0; i < answer_.choices.size(); ++i) {
    const Choice& choice = answer_.choices[i];
    if (step_ < choice.pieces.size()) events.text(choice.pieces[step_], i);
    if (step_ == 0) sendToolCalls(events, choice, i);
    if (step_ + 1 == std::max<std::size_t>(choice.pieces.size(), 1))
      events.finish(choice.finish, {}, i);
  }
  if (step_ + 1 < stepsOf(answer_)) return;
  auto usage = sdk::unknownUsage();
  usage.flags = PAGODA_USAGE_ESTIMATED;
  usage.input_tokens = answer_.promptTokens;
  usage.output_tokens = answer_.completionTokens;
  events.usage(usage);
}

/// False: there is nothing to wait for. The callback may run before this returns.
bool Run::wait(std::uint64_t delayMs) {
  if (delayMs == 0 || !calls_.canWait()) return false;
  auto ticket = std::make_unique<Ticket>(Ticket{shared_from_this()});
  const std::scoped_lock lock(mutex_);
  if (cancelled_) throw sdk::Failure(PAGODA_E_CANCELLED, kGivenUp);
  const pagoda_status status =
      calls_.work_->post(calls_.host_.get(), delayMs, resume, ticket.get(), &work_);
  if (status < 0) throw sdk::Failure(status, "the host's work queue took no more delays");
  ticket_ = ticket.release();
  state_ = State::Waiting;
  return true;
}

void Run::stopIfCancelled() {
  const std::scoped_lock lock(mutex_);
  if (cancelled_ || call_.cancelled()) throw sdk::Failure(PAGODA_E_CANCELLED, kGivenUp);
}

void Run::throwFault() const {
  switch (answer_.fault) {
    case Fault::None:
    case Fault::Timeout:
      return;
    case Fault::Unavailable:
      throw sdk::Failure(PAGODA_E_UNAVAILABLE, "simulated: the upstream is unavailable");
    case Fault::RateLimit:
      throw sdk::Failure(PAGODA_E_RATE_LIMIT, "simulated: too many requests");
    case Fault::Overloaded:
      throw sdk::Failure(PAGODA_E_OVERLOADED, "simulated: the upstream is overloaded");
    case Fault::Garbage:
      throw sdk::Failure(PAGODA_E_PROTOCOL, "simulated: the answer makes no sense");
    case Fault::Auth:
      throw sdk::Failure(PAGODA_E_AUTH, "simulated: the key was rejected");
  }
}

Calls::Calls(sdk::Host host)
    : host_(host), work_(host.extension<pagoda_host_work>(PAGODA_EXT_HOST_WORK)) {}

Calls::~Calls() {
  std::map<std::uint64_t, std::shared_ptr<Run>> left;
  {
    const std::scoped_lock lock(mutex_);
    left = runs_;
  }
  for (const auto& [id, run] : left) run->cancel();
  // The code may be unmapped next: no callback may still be on its way out of it.
  for (const std::uint64_t work : returning_) work_->cancel(host_.get(), work, 1);
}

sdk::Outcome Calls::start(sdk::Call call, Answer answer) {
  const auto run = std::make_shared<Run>(*this, call, std::move(answer));
  {
    const std::scoped_lock lock(mutex_);
    runs_[call.id()] = run;
  }
  return run->start();
}

void Calls::cancel(std::uint64_t callId) noexcept {
  std::shared_ptr<Run> run;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = runs_.find(callId);
    if (found != runs_.end()) run = found->second;
  }
  if (run) run->cancel();
}

void Calls::remove(std::uint64_t callId) noexcept {
  std::shared_ptr<Run> removed;  // freed outside the lock
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(callId);
  if (found != runs_.end()) {
    removed = std::move(found->second);
    runs_.erase(found);
  }
}

void Calls::note(std::uint64_t work) noexcept {
  const std::scoped_lock lock(mutex_);
  if (returning_.size() == kReturning) returning_.pop_front();
  returning_.push_back(work);
}

}  // namespace pagoda::sim
