// Counts its calls in a variable of which every version of the library must have its own. Built
// with g++'s defaults, the variable is an STB_GNU_UNIQUE symbol.
#include <string>

#include <pagoda/pagoda.h>

#define STATE_NOTE                                        \
  "{\"id\":\"" STATE_ID "\",\"version\":\"" STATE_VERSION \
  "\",\"abi\":{\"major\":1,\"minor\":0},"                 \
  "\"provides\":[{\"kind\":\"pagoda.provider/1\",\"type\":\"state\"}]}"
PAGODA_MANIFEST(STATE_NOTE);

struct Counter {
  static inline int calls = 0;
};

namespace {

pagoda_str str(const std::string& text) {
  return {text.data(), text.size()};
}

const pagoda_provider_type kType{sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE, "state", "State",
                                 "{}"};
int instance;

pagoda_status create(const pagoda_host*, const char*, pagoda_str, pagoda_provider** out,
                     pagoda_error*) noexcept {
  *out = reinterpret_cast<pagoda_provider*>(&instance);
  return PAGODA_OK;
}

pagoda_status invoke(pagoda_provider*, const pagoda_call* call, const pagoda_chat_request*,
                     pagoda_error*) noexcept {
  const std::string text = std::string(STATE_VERSION) + ":" + std::to_string(++Counter::calls);
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

const pagoda_provider_api kApi = [] {
  pagoda_provider_api api{};
  api.struct_size = sizeof api;
  api.type_count = []() noexcept -> std::uint32_t { return 1; };
  api.type_at = [](std::uint32_t index) noexcept { return index == 0 ? &kType : nullptr; };
  api.create = create;
  api.destroy = [](pagoda_provider*) noexcept {};
  api.invoke = invoke;
  return api;
}();

const pagoda_plugin_entry kEntry{
    sizeof(pagoda_plugin_entry),
    PAGODA_ABI_MAJOR,
    PAGODA_ABI_MINOR,
    STATE_ID,
    STATE_VERSION,
    [](const pagoda_host*, pagoda_error*) noexcept -> pagoda_status { return PAGODA_OK; },
    nullptr,
    [](const char* id) noexcept -> const void* {
      return std::string(id) == PAGODA_KIND_PROVIDER ? &kApi : nullptr;
    }};

}  // namespace

extern "C" const pagoda_plugin_entry* pagoda_plugin_entry_v1() noexcept {
  return &kEntry;
}
