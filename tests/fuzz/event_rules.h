#pragma once
// What a provider plugin's events must keep to, whatever came from outside.

#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::fuzz {

using namespace pagoda::sdk;

/// Aborts when an event breaks chat.h's order, or holds text that no host would take.
struct EventRules {
  pagoda_event_sink sink = init<pagoda_event_sink>();
  bool started = false;
  std::set<std::uint32_t> finished;
  std::vector<std::uint32_t> tools = std::vector<std::uint32_t>(256);

  EventRules() {
    sink.impl = this;
    sink.emit = [](const pagoda_event_sink* self, const pagoda_event* event) noexcept {
      static_cast<EventRules*>(self->impl)->check(*event);
      return pagoda_status{PAGODA_OK};
    };
  }

  void check(const pagoda_event& event) {
    if ((event.type == PAGODA_EV_START) == started) std::abort();
    started = true;
    for (const pagoda_str text : {event.text, event.id, event.name})
      if (!json::validUtf8(view(text))) std::abort();
    const bool content = event.type != PAGODA_EV_START && event.type != PAGODA_EV_USAGE &&
                         event.type != PAGODA_EV_EXTRA;
    if (content && finished.contains(event.choice)) std::abort();
    if (event.type == PAGODA_EV_FINISH) finished.insert(event.choice);
    if (event.type == PAGODA_EV_EXTRA && !json::valid(view(event.text))) std::abort();
    if (event.type == PAGODA_EV_TOOL_BEGIN && event.index != tools.at(event.choice)++) std::abort();
    if (event.type == PAGODA_EV_TOOL_ARGS && event.index >= tools.at(event.choice)) std::abort();
  }
};

}  // namespace pagoda::fuzz
