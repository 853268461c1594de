// Whatever DashScope sends in either dialect, as deltas or as the text so far, the plugin `qwen`
// reports an answer by the rules of chat.h or an error; and what goes out is JSON.
#include <array>

#include "tests/fuzz/provider_under_fuzz.h"

namespace {

using namespace pagoda::sdk;

constexpr std::array<std::string_view, 3> kConfigs = {
    R"({"thinking":true,"thinking_budget":100})",
    R"({"api":"native"})",
    R"({"api":"native","incremental_output":false})",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::array<pagoda::fuzz::Provider, kConfigs.size()> providers = {{
      {"qwen", kConfigs[0]},
      {"qwen", kConfigs[1]},
      {"qwen", kConfigs[2]},
  }};
  const pagoda::fuzz::Provider& provider = providers[(data[0] / 4) % providers.size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto request = init<pagoda_chat_request>();
  request.model = str("qwen3-max");
  request.raw_json = str(R"({"messages":[]})");
  switch (data[0] % 4) {
    case 2:
      provider.readRefusal(request, body);
      break;
    case 3:
      pagoda::fuzz::withRequestOf(body, {}, [&](pagoda_chat_request& sent) {
        sent.model = str("qwen3-max");
        sent.flags = body.size() % 2 == 0 ? PAGODA_REQ_STREAM : 0;
        provider.writeRequest(sent);
      });
      break;
    default:
      provider.readAnswer(request, data[0] % 4 == 1 ? PAGODA_FRAMING_WHOLE : PAGODA_FRAMING_SSE,
                          body);
  }
  return 0;
}
