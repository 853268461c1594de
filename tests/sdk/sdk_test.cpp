// The tables that the C++ layer builds, called as a host calls them.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <pagoda/sdk.hpp>

using namespace pagoda::sdk;

namespace {

/// Collects events as text and stops after a number of them.
struct FakeSink {
  pagoda_event_sink sink = init<pagoda_event_sink>();
  std::vector<std::string> seen;
  std::size_t limit = 100;

  FakeSink() {
    sink.impl = this;
    sink.emit = [](const pagoda_event_sink* self,
                   const pagoda_event* event) noexcept -> pagoda_status {
      auto& fake = *static_cast<FakeSink*>(self->impl);
      if (fake.seen.size() >= fake.limit) return PAGODA_E_CANCELLED;
      fake.seen.push_back(std::to_string(event->type) + ":" + std::string(view(event->text)));
      return PAGODA_OK;
    };
  }
};

struct FakeCall {
  pagoda_call call = init<pagoda_call>();
  pagoda_attempt attempt = init<pagoda_attempt>();
  FakeSink sink;
  pagoda_status finished = 99;
  std::string message;

  FakeCall() {
    call.impl = this;
    call.attempt = &attempt;
    call.events = &sink.sink;
    call.cancelled = [](const pagoda_call*) noexcept -> std::int32_t { return 0; };
    call.finish = [](const pagoda_call* self, pagoda_status status,
                     const pagoda_error* error) noexcept {
      auto& fake = *static_cast<FakeCall*>(self->impl);
      fake.finished = status;
      if (error != nullptr) fake.message = error->message;
    };
  }
};

class EchoExchange final : public Exchange {
 public:
  void request(HttpRequest&) override { throw std::runtime_error("no request in this test"); }
  void data(const Frame& frame, Events& events) override {
    if (frame.data == "bad json") pagoda::json::Reader("{").skip();
    if (frame.data == "odd") throw 42;  // NOLINT: not a std::exception, on purpose
    events.text(frame.data);
    if (frame.last) events.finish(PAGODA_FINISH_STOP, "stop");
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    report(&error, head.status == 429 ? PAGODA_E_QUOTA : PAGODA_E_UNAVAILABLE, body);
  }
};

class Echo {
 public:
  static constexpr const char* kType = "echo";
  static constexpr const char* kTitle = "Echo";
  static constexpr const char* kConfigSchema = "{}";
  Echo(Host, std::string_view config) {
    if (config == "bad") throw Failure(PAGODA_E_CONFIG, "setting x is wrong");
  }
  std::unique_ptr<Exchange> begin(const pagoda_attempt&, const pagoda_chat_request&) {
    return std::make_unique<EchoExchange>();
  }
  static constexpr std::uint32_t kMostEmbeddings = 16;
  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt&,
                                            const pagoda_embedding_request& request) {
    if (request.dimensions == 0) throw Failure(PAGODA_E_INVALID_REQUEST, "no dimensions");
    return std::make_unique<EchoExchange>();
  }
  void selfTest() { throw Failure(PAGODA_E_INTERNAL, "out of order"); }
  void models(Models& models) { models.add(Models::named("echo-1")); }
};

class Local {
 public:
  static constexpr const char* kType = "local";
  static constexpr const char* kTitle = "Local";
  static constexpr const char* kConfigSchema = "{}";
  Local(Host, std::string_view) {}
  Outcome invoke(Call call, const pagoda_chat_request& request) {
    call.events().text(view(request.model));
    if (view(request.model) != "later") return Outcome::Done;
    call.fail(PAGODA_E_TIMEOUT, "too slow");
    return Outcome::Pending;
  }
};

class First {
 public:
  static constexpr const char* kType = "first";
  static constexpr const char* kTitle = "First";
  static constexpr const char* kConfigSchema = "{}";
  First(Host, std::string_view) {}
  void plan(const pagoda_features&, const pagoda_catalogue& catalogue, Plan& plan) {
    if (Range<pagoda_candidate>(catalogue.candidates).empty())
      throw Failure(PAGODA_E_UNSUPPORTED, "nobody");
    if (!plan.setMode(PAGODA_PLAN_RACE)) plan.setMode(PAGODA_PLAN_FALLBACK);
    plan.add(0);
    plan.explain("the first");
  }
};

const pagoda_provider_api& api() {
  return *static_cast<const pagoda_provider_api*>(
      Providers<Echo, Local>::find(PAGODA_KIND_PROVIDER));
}

pagoda_provider* create(const char* type) {
  pagoda_provider* provider = nullptr;
  auto error = init<pagoda_error>();
  REQUIRE(api().create(nullptr, type, str("{}"), &provider, &error) == PAGODA_OK);
  return provider;
}

}  // namespace

TEST_CASE("one table serves translators and native providers", "[sdk]") {
  REQUIRE(api().type_count() == 2);
  CHECK(std::string(api().type_at(0)->type) == "echo");
  CHECK(api().type_at(0)->mode == PAGODA_MODE_TRANSLATOR);
  CHECK(api().type_at(1)->mode == PAGODA_MODE_NATIVE);
  CHECK(api().type_at(2) == nullptr);
  CHECK(Providers<Echo>::find("pagoda.strategy/1") == nullptr);
  CHECK(static_cast<const pagoda_provider_api*>(Providers<Echo>::find(PAGODA_KIND_PROVIDER))
            ->invoke == nullptr);
  CHECK(static_cast<const pagoda_provider_api*>(Providers<Local>::find(PAGODA_KIND_PROVIDER))
            ->begin == nullptr);
}

TEST_CASE("a refused configuration leaves no instance and says why", "[sdk]") {
  pagoda_provider* provider = create("echo");
  api().destroy(provider);
  auto error = init<pagoda_error>();
  CHECK(api().create(nullptr, "echo", str("bad"), &provider, &error) == PAGODA_E_CONFIG);
  CHECK(provider == nullptr);
  CHECK(std::string(error.message) == "setting x is wrong");
  CHECK(api().create(nullptr, "other", str("{}"), &provider, &error) == PAGODA_E_CONFIG);
}

TEST_CASE("no exception leaves an exchange", "[sdk]") {
  pagoda_provider* provider = create("echo");
  pagoda_exchange* exchange = nullptr;
  auto attempt = init<pagoda_attempt>();
  auto request = init<pagoda_chat_request>();
  auto error = init<pagoda_error>();
  REQUIRE(api().begin(provider, &attempt, &request, &exchange, &error) == PAGODA_OK);

  auto step = init<pagoda_step>();
  CHECK(api().next(exchange, &step, &error) == PAGODA_E_INTERNAL);
  CHECK(std::string(error.message) == "no request in this test");

  FakeSink sink;
  auto frame = init<pagoda_frame>();
  const auto feed = [&](std::string_view text) {
    frame.data = bytes(text);
    return api().on_data(exchange, &frame, &sink.sink, &error);
  };
  CHECK(feed("bad json") == PAGODA_E_PROTOCOL);
  CHECK(feed("odd") == PAGODA_E_INTERNAL);
  CHECK(feed("hello") == PAGODA_OK);
  frame.flags = PAGODA_FRAME_LAST;
  CHECK(feed("end") == PAGODA_OK);
  CHECK(sink.seen == std::vector<std::string>{"2:hello", "2:end", "8:stop"});
  sink.limit = 0;
  CHECK(feed("more") == PAGODA_E_CANCELLED);

  auto head = init<pagoda_http_head>();
  head.status = 429;
  api().on_failure(exchange, &head, bytes("no\nmoney"), &error);
  CHECK(error.status == PAGODA_E_QUOTA);
  CHECK(std::string(error.message) == "no money");
  api().end(exchange);

  CHECK(api().self_test(provider, &error) == PAGODA_E_INTERNAL);
  api().destroy(provider);
}

TEST_CASE("a provider offers the further calls that its class has, and no others", "[sdk]") {
  pagoda_provider* echo = create("echo");
  const auto* embeddings = static_cast<const pagoda_provider_embeddings*>(
      api().get_extension(echo, PAGODA_EXT_PROVIDER_EMBEDDINGS));
  REQUIRE(embeddings != nullptr);
  CHECK(embeddings->most_inputs == 16);
  CHECK(api().get_extension(echo, PAGODA_EXT_PROVIDER_TOKENS) == nullptr);

  const auto attempt = init<pagoda_attempt>();
  auto request = init<pagoda_embedding_request>();
  auto error = init<pagoda_error>();
  pagoda_exchange* exchange = nullptr;
  CHECK(embeddings->begin(echo, &attempt, &request, &exchange, &error) == PAGODA_E_INVALID_REQUEST);
  CHECK(exchange == nullptr);
  request.dimensions = 3;
  REQUIRE(embeddings->begin(echo, &attempt, &request, &exchange, &error) == PAGODA_OK);
  api().end(exchange);
  api().destroy(echo);

  pagoda_provider* local = create("local");
  CHECK(api().get_extension(local, PAGODA_EXT_PROVIDER_EMBEDDINGS) == nullptr);
  api().destroy(local);
}

TEST_CASE("a native call ends at once or later", "[sdk]") {
  pagoda_provider* provider = create("local");
  auto request = init<pagoda_chat_request>();
  auto error = init<pagoda_error>();
  FakeCall now;
  request.model = str("now");
  CHECK(api().invoke(provider, &now.call, &request, &error) == PAGODA_OK);
  CHECK(now.finished == 99);
  CHECK(now.sink.seen == std::vector<std::string>{"2:now"});

  FakeCall later;
  request.model = str("later");
  CHECK(api().invoke(provider, &later.call, &request, &error) == PAGODA_PENDING);
  CHECK(later.finished == PAGODA_E_TIMEOUT);
  CHECK(later.message == "too slow");
  pagoda_exchange* exchange = nullptr;
  CHECK(api().begin(provider, &later.attempt, &request, &exchange, &error) ==
        PAGODA_E_NOT_IMPLEMENTED);
  api().cancel(provider, 1);
  api().destroy(provider);
}

TEST_CASE("a strategy writes its plan and may lack the optional calls", "[sdk]") {
  const auto& table =
      *static_cast<const pagoda_strategy_api*>(Strategies<First>::find(PAGODA_KIND_STRATEGY));
  pagoda_strategy* strategy = nullptr;
  auto error = init<pagoda_error>();
  REQUIRE(table.create(nullptr, "first", str("{}"), &strategy, &error) == PAGODA_OK);

  struct FakePlan {
    pagoda_plan plan = init<pagoda_plan>();
    std::vector<pagoda_plan_step> steps;
    pagoda_plan_mode mode = -1;
    std::string reason;
  } fake;
  fake.plan.impl = &fake;
  fake.plan.set_mode = [](pagoda_plan* plan, pagoda_plan_mode mode) noexcept -> pagoda_status {
    if (mode == PAGODA_PLAN_RACE) return PAGODA_E_UNSUPPORTED;
    static_cast<FakePlan*>(plan->impl)->mode = mode;
    return PAGODA_OK;
  };
  fake.plan.add_step = [](pagoda_plan* plan,
                          const pagoda_plan_step* step) noexcept -> pagoda_status {
    static_cast<FakePlan*>(plan->impl)->steps.push_back(*step);
    return PAGODA_OK;
  };
  fake.plan.explain = [](pagoda_plan* plan, pagoda_str reason) noexcept {
    static_cast<FakePlan*>(plan->impl)->reason = view(reason);
  };

  const auto features = init<pagoda_features>();
  auto catalogue = init<pagoda_catalogue>();
  CHECK(table.plan(strategy, &features, &catalogue, &fake.plan, &error) == PAGODA_E_UNSUPPORTED);
  const auto candidate = init<pagoda_candidate>();
  catalogue.candidates = {&candidate, 1, sizeof candidate};
  CHECK(table.plan(strategy, &features, &catalogue, &fake.plan, &error) == PAGODA_OK);
  CHECK(fake.mode == PAGODA_PLAN_FALLBACK);
  REQUIRE(fake.steps.size() == 1);
  CHECK(fake.steps[0].max_output_tokens == -1);
  CHECK(fake.reason == "the first");

  // What no type has is null: the host prepares nothing for it.
  CHECK(table.review == nullptr);
  CHECK(table.feedback == nullptr);
  CHECK(table.save == nullptr);
  CHECK(table.load == nullptr);
  table.destroy(strategy);
}

TEST_CASE("an array is walked by its stride", "[sdk]") {
  struct Longer {
    pagoda_tool tool;
    std::uint64_t sinceLaterVersion;
  };
  Longer tools[3] = {};
  for (std::uint32_t i = 0; i < 3; ++i) tools[i].tool.flags = i;
  const Range<pagoda_tool> range(pagoda_array{tools, 3, sizeof(Longer)});
  std::uint32_t expected = 0;
  for (const pagoda_tool& tool : range) CHECK(tool.flags == expected++);
  CHECK(expected == 3);
  CHECK(range[2].flags == 2);
}

TEST_CASE("a message is cut between characters and kept on one line", "[sdk]") {
  auto error = init<pagoda_error>();
  std::string longText = "line\none ";
  while (longText.size() < 1000) longText += "日";
  report(&error, PAGODA_E_PROTOCOL, longText);
  const std::string message = error.message;
  CHECK(message.size() < sizeof error.message);
  CHECK(message.size() > sizeof error.message - 4);
  CHECK(pagoda::json::validUtf8(message));
  CHECK(message.substr(0, 9) == "line one ");
}

TEST_CASE("a buffer grows through its owner and stops at the owner's limit", "[sdk]") {
  struct Owner {
    pagoda_buf buffer;
    std::string storage;
  } owner{};
  owner.storage.resize(4);
  owner.buffer.pos = reinterpret_cast<std::uint8_t*>(owner.storage.data());
  owner.buffer.end = owner.buffer.pos + 4;
  owner.buffer.grow = [](pagoda_buf*, std::size_t) noexcept -> std::int32_t {
    return PAGODA_E_TOO_LARGE;
  };
  Buffer buffer(&owner.buffer);
  buffer.append("abcd");
  CHECK(owner.storage == "abcd");
  try {
    buffer.append("e");
    FAIL("the limit was not noticed");
  } catch (const Failure& failure) {
    CHECK(failure.status == PAGODA_E_TOO_LARGE);
  }
}
