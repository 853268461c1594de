// Whatever an upstream sends, the plugin `openai` reports an answer of Responses by the rules of
// chat.h or an error; and whatever conversation a client sends, what goes out is JSON.
#include "tests/fuzz/provider_under_fuzz.h"

namespace {

using namespace pagoda::sdk;

constexpr std::string_view kConfig = R"({"api":"responses","reasoning_summary":"auto"})";
constexpr std::string_view kRequest =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"c"}}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const pagoda::fuzz::Provider provider("openai", kConfig);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool whole = data[0] % 4 == 1;
  auto request = init<pagoda_chat_request>();
  request.raw_json = str(whole ? kRequest : std::string_view(R"({"messages":[]})"));
  switch (data[0] % 4) {
    case 2:
      provider.readRefusal(request, body);
      break;
    case 3:
      pagoda::fuzz::withRequestOf(body, "openai-responses-v1", [&](pagoda_chat_request& sent) {
        sent.model = str("gpt-5.4");
        provider.writeRequest(sent);
      });
      break;
    default:
      provider.readAnswer(request, whole ? PAGODA_FRAMING_WHOLE : PAGODA_FRAMING_SSE, body);
  }
  return 0;
}
