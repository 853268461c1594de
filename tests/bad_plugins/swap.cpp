// A provider and a strategy of which several versions are swapped while they serve. Each answers
// with its version and how many answers it has given. SWAP_FAULT makes a version that cannot serve.
#include <atomic>
#include <cstdint>
#include <string>
#include <unistd.h>

#include <pagoda/pagoda.h>

#define SWAP_NOTE                                                     \
  "{\"id\":\"test.swap\",\"version\":\"" SWAP_VERSION                 \
  "\",\"abi\":{\"major\":1,\"minor\":0},"                             \
  "\"provides\":[{\"kind\":\"pagoda.provider/1\",\"type\":\"swap\"}," \
  "{\"kind\":\"pagoda.strategy/1\",\"type\":\"swap_plan\"}]}"
PAGODA_MANIFEST(SWAP_NOTE);

namespace {

enum class Fault { None, SelfTest, CreateThrows, CreateHangs, InitThrows };
constexpr Fault kFault = Fault::SWAP_FAULT;

// Each version of the library must have its own.
std::atomic<int> answers{0};
int instance;

pagoda_str str(const std::string& text) {
  return {text.data(), text.size()};
}

void misbehave(Fault now) {
  if (kFault != now) return;
  if (now == Fault::CreateHangs)
    for (;;) ::pause();
  throw 42;
}

// The tables want noexcept functions; a plugin in C gives others, and so does this one.
template <class To, class From>
void give(To& member, From* function) {
  member = reinterpret_cast<To>(function);
}

template <class T>
pagoda_status create(const pagoda_host*, const char*, pagoda_str, T** out, pagoda_error*) {
  misbehave(Fault::CreateThrows);
  misbehave(Fault::CreateHangs);
  *out = reinterpret_cast<T*>(&instance);
  return PAGODA_OK;
}
template <class T>
void destroy(T*) {}
template <class T>
pagoda_status selfTest(T*, pagoda_error*) {
  return kFault == Fault::SelfTest ? PAGODA_E_INTERNAL : PAGODA_OK;
}

pagoda_status invoke(pagoda_provider*, const pagoda_call* call, const pagoda_chat_request*,
                     pagoda_error*) {
  const std::string text = std::string(SWAP_VERSION) + ":" + std::to_string(++answers);
  pagoda_event event{};
  event.struct_size = sizeof event;
  event.type = PAGODA_EV_START;
  call->events->emit(call->events, &event);
  event.type = PAGODA_EV_TEXT;
  event.text = str(text);
  call->events->emit(call->events, &event);
  event.text = {};
  event.type = PAGODA_EV_FINISH;
  return call->events->emit(call->events, &event);
}

pagoda_status plan(pagoda_strategy*, const pagoda_features*, const pagoda_catalogue* catalogue,
                   pagoda_plan* plan, pagoda_error*) {
  for (std::uint32_t i = 0; i < catalogue->candidates.count; ++i) {
    pagoda_plan_step step{};
    step.struct_size = sizeof step;
    step.candidate = i;
    step.max_output_tokens = -1;
    plan->add_step(plan, &step);
  }
  plan->explain(plan, str(SWAP_VERSION));
  return PAGODA_OK;
}

const pagoda_provider_type kProvider{sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE, "swap",
                                     "Swap", "{}"};
const pagoda_strategy_type kStrategy{sizeof(pagoda_strategy_type), 0, "swap_plan", "Swap", "{}"};

const pagoda_provider_api kProviders = [] {
  pagoda_provider_api api{};
  api.struct_size = sizeof api;
  api.type_count = []() noexcept -> std::uint32_t { return 1; };
  api.type_at = [](std::uint32_t index) noexcept { return index == 0 ? &kProvider : nullptr; };
  give(api.create, create<pagoda_provider>);
  give(api.destroy, destroy<pagoda_provider>);
  give(api.self_test, selfTest<pagoda_provider>);
  give(api.invoke, invoke);
  return api;
}();

const pagoda_strategy_api kStrategies = [] {
  pagoda_strategy_api api{};
  api.struct_size = sizeof api;
  api.type_count = []() noexcept -> std::uint32_t { return 1; };
  api.type_at = [](std::uint32_t index) noexcept { return index == 0 ? &kStrategy : nullptr; };
  give(api.create, create<pagoda_strategy>);
  give(api.destroy, destroy<pagoda_strategy>);
  give(api.self_test, selfTest<pagoda_strategy>);
  give(api.plan, plan);
  return api;
}();

pagoda_status init(const pagoda_host*, pagoda_error*) {
  misbehave(Fault::InitThrows);
  return PAGODA_OK;
}

const pagoda_plugin_entry kEntry = [] {
  pagoda_plugin_entry entry{};
  entry.struct_size = sizeof entry;
  entry.abi_major = PAGODA_ABI_MAJOR;
  entry.abi_minor = PAGODA_ABI_MINOR;
  entry.id = "test.swap";
  entry.version = SWAP_VERSION;
  give(entry.init, init);
  entry.get_kind = [](const char* id) noexcept -> const void* {
    if (std::string(id) == PAGODA_KIND_PROVIDER) return &kProviders;
    return std::string(id) == PAGODA_KIND_STRATEGY ? &kStrategies : nullptr;
  };
  return entry;
}();

}  // namespace

extern "C" const pagoda_plugin_entry* pagoda_plugin_entry_v1() noexcept {
  return &kEntry;
}
