#pragma once
// A host for NATIVE providers in tests: chat requests to hand over, calls that record what the
// provider answers, and the host-work extension under a clock that only the test moves.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/ext/host_services.h>
#include <pagoda/sdk.hpp>

namespace pagoda::test {

/// Runs posted work when the test advances time. One thread.
class FakeHost {
 public:
  explicit FakeHost(bool withWork = true) : withWork_(withWork) {
    host_ = sdk::init<pagoda_host>();
    host_.abi_major = PAGODA_ABI_MAJOR;
    host_.abi_minor = PAGODA_ABI_MINOR;
    host_.name = "test";
    host_.version = "1.0.0";
    host_.impl = this;
    host_.get_extension = [](const pagoda_host* host, const char* id) noexcept -> const void* {
      const FakeHost& self = of(host);
      return self.withWork_ && std::strcmp(id, PAGODA_EXT_HOST_WORK) == 0 ? &self.work_ : nullptr;
    };
    host_.log_level = [](const pagoda_host*) noexcept -> pagoda_log_level {
      return PAGODA_LOG_ERROR;
    };
    host_.log = [](const pagoda_host*, pagoda_log_level, pagoda_str) noexcept {};
    host_.now_ns = [](const pagoda_host* host) noexcept { return of(host).nowMs_ * 1'000'000; };
    work_ = sdk::init<pagoda_host_work>();
    work_.post = post;
    work_.cancel = cancel;
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const pagoda_host* get() const { return &host_; }
  std::uint64_t nowMs() const { return nowMs_; }
  std::size_t pending() const { return jobs_.size(); }
  void refuseWork() { refusing_ = true; }

  void advance(std::uint64_t ms) {
    const std::uint64_t until = nowMs_ + ms;
    for (;;) {
      const auto due = std::min_element(
          jobs_.begin(), jobs_.end(),
          [](const auto& a, const auto& b) { return a.second.atMs < b.second.atMs; });
      if (due == jobs_.end() || due->second.atMs > until) break;
      const Job job = due->second;
      jobs_.erase(due);
      nowMs_ = std::max(nowMs_, job.atMs);
      job.run(job.self);
    }
    nowMs_ = until;
  }

 private:
  struct Job {
    std::uint64_t atMs;
    pagoda_work_fn run;
    void* self;
  };
  static FakeHost& of(const pagoda_host* host) { return *static_cast<FakeHost*>(host->impl); }
  static pagoda_status post(const pagoda_host* host, std::uint64_t delayMs, pagoda_work_fn run,
                            void* self, std::uint64_t* id) noexcept {
    FakeHost& fake = of(host);
    if (fake.refusing_) return PAGODA_E_OVERLOADED;
    *id = ++fake.lastId_;
    fake.jobs_[*id] = {fake.nowMs_ + delayMs, run, self};
    return PAGODA_OK;
  }
  static pagoda_status cancel(const pagoda_host* host, std::uint64_t id, std::int32_t) noexcept {
    return of(host).jobs_.erase(id) > 0 ? PAGODA_OK : PAGODA_E_BAD_STATE;
  }

  pagoda_host host_{};
  pagoda_host_work work_{};
  bool withWork_;
  bool refusing_ = false;
  std::uint64_t nowMs_ = 0;
  std::uint64_t lastId_ = 0;
  std::map<std::uint64_t, Job> jobs_;
};

/// A chat request and all that it points to.
class TestRequest {
 public:
  explicit TestRequest(std::string prompt, std::string model = "test") : model_(std::move(model)) {
    request = sdk::init<pagoda_chat_request>();
    request.max_output_tokens = request.reasoning_tokens = -1;
    request.temperature = request.top_p = std::numeric_limits<double>::quiet_NaN();
    request.presence_penalty = request.frequency_penalty = std::numeric_limits<double>::quiet_NaN();
    request.choices = 1;
    request.model = sdk::str(model_);
    say(PAGODA_ROLE_USER, std::move(prompt));
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  TestRequest& say(pagoda_role role, std::string text, pagoda_part_kind kind = PAGODA_PART_TEXT) {
    texts_.push_back(std::move(text));
    parts_.push_back(sdk::init<pagoda_part>());
    parts_.back().kind = kind;
    parts_.back().text = sdk::str(texts_.back());
    auto message = sdk::init<pagoda_message>();
    message.role = role;
    message.parts = {&parts_.back(), 1, sizeof(pagoda_part)};
    messages_.push_back(message);
    request.messages = {messages_.data(), static_cast<std::uint32_t>(messages_.size()),
                        sizeof(pagoda_message)};
    return *this;
  }
  TestRequest& tool(std::string name, std::string schema) {
    texts_.push_back(std::move(name));
    auto tool = sdk::init<pagoda_tool>();
    tool.name = sdk::str(texts_.back());
    texts_.push_back(std::move(schema));
    tool.parameters_json = sdk::str(texts_.back());
    tools_.push_back(tool);
    request.tools = {tools_.data(), static_cast<std::uint32_t>(tools_.size()), sizeof(pagoda_tool)};
    return *this;
  }
  TestRequest& stopAt(std::string word) {
    texts_.push_back(std::move(word));
    stops_.push_back(sdk::str(texts_.back()));
    request.stop = {stops_.data(), static_cast<std::uint32_t>(stops_.size()), sizeof(pagoda_str)};
    return *this;
  }

  pagoda_chat_request request{};

 private:
  std::string model_;
  std::deque<std::string> texts_;
  std::deque<pagoda_part> parts_;
  std::vector<pagoda_message> messages_;
  std::vector<pagoda_tool> tools_;
  std::vector<pagoda_str> stops_;
};

/// One call of invoke() and everything that came of it.
class TestCall {
 public:
  struct Recorded {
    pagoda_event_type type;
    std::string text, id, name;
    pagoda_finish finish;
    std::uint32_t choice, flags;
    std::uint64_t atMs;
  };

  explicit TestCall(const FakeHost& host, std::string requestId = "req_1")
      : host_(host), requestId_(std::move(requestId)) {
    attempt_ = sdk::init<pagoda_attempt>();
    attempt_.request_id = sdk::str(requestId_);
    sink_ = sdk::init<pagoda_event_sink>();
    sink_.impl = this;
    sink_.emit = [](const pagoda_event_sink* sink, const pagoda_event* event) noexcept {
      return static_cast<TestCall*>(sink->impl)->take(*event);
    };
    call_ = sdk::init<pagoda_call>();
    call_.impl = this;
    call_.id = 7;
    call_.attempt = &attempt_;
    call_.events = &sink_;
    call_.cancelled = [](const pagoda_call* call) noexcept -> std::int32_t {
      return static_cast<const TestCall*>(call->impl)->cancelled ? 1 : 0;
    };
    call_.finish = [](const pagoda_call* call, pagoda_status outcome,
                      const pagoda_error* details) noexcept {
      auto& self = *static_cast<TestCall*>(call->impl);
      ++self.finishes;
      self.status = outcome;
      if (details != nullptr) self.error = *details;
    };
  }
  TestCall(const TestCall&) = delete;
  TestCall& operator=(const TestCall&) = delete;

  /// Calls invoke; `status` is its result, or PAGODA_PENDING until finish() comes.
  void run(const pagoda_provider_api& api, pagoda_provider* provider, const TestRequest& request) {
    error = sdk::init<pagoda_error>();
    status = PAGODA_PENDING;
    const pagoda_status returned = api.invoke(provider, &call_, &request.request, &error);
    if (returned != PAGODA_PENDING) status = returned;
  }

  std::string text(std::uint32_t choice = 0) const {
    std::string all;
    for (const Recorded& e : events)
      if (e.type == PAGODA_EV_TEXT && e.choice == choice) all += e.text;
    return all;
  }
  std::size_t count(pagoda_event_type type) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [type](const Recorded& e) { return e.type == type; }));
  }
  const Recorded* first(pagoda_event_type type) const {
    for (const Recorded& e : events)
      if (e.type == type) return &e;
    return nullptr;
  }
  std::uint64_t id() const { return call_.id; }

  std::vector<Recorded> events;
  pagoda_usage usage{};
  pagoda_status status = PAGODA_PENDING;
  pagoda_error error{};
  int finishes = 0;
  bool cancelled = false;
  std::size_t cancelAfterEvents = SIZE_MAX;  ///< then emit answers PAGODA_E_CANCELLED

 private:
  pagoda_status take(const pagoda_event& e) {
    events.push_back({e.type, std::string(sdk::view(e.text)), std::string(sdk::view(e.id)),
                      std::string(sdk::view(e.name)), e.finish, e.choice, e.flags, host_.nowMs()});
    if (e.usage != nullptr) usage = *e.usage;
    return events.size() >= cancelAfterEvents ? PAGODA_E_CANCELLED : PAGODA_OK;
  }

  const FakeHost& host_;
  std::string requestId_;
  pagoda_attempt attempt_{};
  pagoda_event_sink sink_{};
  pagoda_call call_{};
};

}  // namespace pagoda::test
