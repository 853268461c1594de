// Throws over the C boundary, from the function and with the type that its settings name:
// {"in":"begin","type":"exception"}. Written without the SDK's wrapper, whose trampolines would
// catch it.
#include <stdexcept>
#include <string>

#include <pagoda/pagoda.h>

PAGODA_MANIFEST(
    "{\"id\":\"test.throws\",\"version\":\"1.0.0\",\"abi\":{\"major\":1,\"minor\":0},\"provides\":["
    "{\"kind\":\"pagoda.provider/1\",\"type\":\"throws\"},{\"kind\":\"pagoda.provider/"
    "1\",\"type\":\"throws_native\"},"
    "{\"kind\":\"pagoda.strategy/"
    "1\",\"type\":\"throws_plan\"}],\"permissions\":{\"hosts\":[\"*\"]}}");

namespace {

struct Unrelated {};

struct Instance {
  std::string in;
  std::string type;

  void maybe(const char* function) const {
    if (in != function) return;
    if (type == "int") throw 42;
    if (type == "other") throw Unrelated{};
    throw std::runtime_error("as the settings say");
  }
};

std::string setting(pagoda_str config, const std::string& key) {
  const std::string text(config.data, config.size);
  const std::size_t at = text.find("\"" + key + "\":\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size() + 4;
  return text.substr(begin, text.find('"', begin) - begin);
}

template <class T>
const Instance& self(T* handle) {
  return *reinterpret_cast<const Instance*>(handle);
}

// The tables want noexcept functions; a plugin in C, or one that casts as this does, gives others.
template <class To, class From>
void give(To& member, From* function) {
  member = reinterpret_cast<To>(function);
}

pagoda_str str(const char* text) {
  return {text, std::char_traits<char>::length(text)};
}

template <class T>
pagoda_status create(const pagoda_host*, const char*, pagoda_str config, T** out, pagoda_error*) {
  auto* made = new Instance{setting(config, "in"), setting(config, "type")};
  if (made->in == "create") {
    const Instance copy = *made;
    delete made;
    copy.maybe("create");
  }
  *out = reinterpret_cast<T*>(made);
  return PAGODA_OK;
}
template <class T>
void destroy(T* handle) {
  const Instance copy = self(handle);
  delete &self(handle);
  copy.maybe("destroy");
}
template <class T>
pagoda_status selfTest(T* handle, pagoda_error*) {
  self(handle).maybe("self_test");
  return PAGODA_OK;
}

pagoda_status begin(pagoda_provider* p, const pagoda_attempt*, const pagoda_chat_request*,
                    pagoda_exchange** out, pagoda_error*) {
  self(p).maybe("begin");
  *out = reinterpret_cast<pagoda_exchange*>(p);
  return PAGODA_OK;
}
pagoda_status next(pagoda_exchange* x, pagoda_step* step, pagoda_error*) {
  self(x).maybe("next");
  step->kind = PAGODA_STEP_HTTP;
  return step->http->target(step->http, str("POST"), str("https://upstream.example/v1"));
}
pagoda_status onHead(pagoda_exchange* x, const pagoda_http_head*, pagoda_error*) {
  self(x).maybe("on_head");
  return PAGODA_OK;
}
pagoda_status onData(pagoda_exchange* x, const pagoda_frame*, const pagoda_event_sink*,
                     pagoda_error*) {
  self(x).maybe("on_data");
  return PAGODA_OK;
}
void onFailure(pagoda_exchange* x, const pagoda_http_head*, pagoda_bytes, pagoda_error*) {
  self(x).maybe("on_failure");
}
void end(pagoda_exchange* x) {
  self(x).maybe("end");
}
pagoda_status invoke(pagoda_provider* p, const pagoda_call*, const pagoda_chat_request*,
                     pagoda_error*) {
  self(p).maybe("invoke");
  return PAGODA_E_UNAVAILABLE;
}

pagoda_status plan(pagoda_strategy* s, const pagoda_features*, const pagoda_catalogue*,
                   pagoda_plan*, pagoda_error*) {
  self(s).maybe("plan");
  return PAGODA_OK;
}

const pagoda_provider_type kTypes[] = {
    {sizeof(pagoda_provider_type), PAGODA_MODE_TRANSLATOR, "throws", "Throws", "{}"},
    {sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE, "throws_native", "Throws", "{}"}};
const pagoda_strategy_type kPlanType{sizeof(pagoda_strategy_type), 0, "throws_plan", "Throws",
                                     "{}"};

const pagoda_provider_api& providers() {
  static const pagoda_provider_api kApi = [] {
    pagoda_provider_api api{};
    api.struct_size = sizeof api;
    api.type_count = []() noexcept -> std::uint32_t { return 2; };
    api.type_at = [](std::uint32_t index) noexcept { return index < 2 ? &kTypes[index] : nullptr; };
    give(api.create, &create<pagoda_provider>);
    give(api.destroy, &destroy<pagoda_provider>);
    give(api.self_test, &selfTest<pagoda_provider>);
    give(api.begin, &begin);
    give(api.next, &next);
    give(api.on_head, &onHead);
    give(api.on_data, &onData);
    give(api.on_failure, &onFailure);
    give(api.end, &end);
    give(api.invoke, &invoke);
    return api;
  }();
  return kApi;
}

const pagoda_strategy_api& strategies() {
  static const pagoda_strategy_api kApi = [] {
    pagoda_strategy_api api{};
    api.struct_size = sizeof api;
    api.type_count = []() noexcept -> std::uint32_t { return 1; };
    api.type_at = [](std::uint32_t index) noexcept { return index == 0 ? &kPlanType : nullptr; };
    give(api.create, &create<pagoda_strategy>);
    give(api.destroy, &destroy<pagoda_strategy>);
    give(api.self_test, &selfTest<pagoda_strategy>);
    give(api.plan, &plan);
    return api;
  }();
  return kApi;
}

const pagoda_plugin_entry kEntry{
    sizeof(pagoda_plugin_entry),
    PAGODA_ABI_MAJOR,
    PAGODA_ABI_MINOR,
    "test.throws",
    "1.0.0",
    [](const pagoda_host*, pagoda_error*) noexcept -> pagoda_status { return PAGODA_OK; },
    nullptr,
    [](const char* id) noexcept -> const void* {
      if (std::string(id) == PAGODA_KIND_PROVIDER) return &providers();
      return std::string(id) == PAGODA_KIND_STRATEGY ? &strategies() : nullptr;
    }};

}  // namespace

extern "C" PAGODA_EXPORT const pagoda_plugin_entry* pagoda_plugin_entry_v1() noexcept {
  return &kEntry;
}
