// Whatever an upstream sends, the plugin `gemini` reports an answer by the rules of chat.h or an
// error; and whatever schema a client sends, what goes out is JSON.
#include "plugins/providers/gemini/schema.h"
#include "tests/fuzz/provider_under_fuzz.h"

namespace {

using namespace pagoda::sdk;

void convertSchema(std::string_view schema) {
  try {
    pagoda::fuzz::require(pagoda::json::valid(pagoda::gemini::subsetOf(schema).json));
  } catch (const pagoda::json::Malformed&) {
  } catch (const Failure&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const pagoda::fuzz::Provider provider("gemini", R"({"base_url":"https://h/v1beta"})");
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto request = init<pagoda_chat_request>();
  switch (data[0] % 4) {
    case 2:
      provider.readRefusal(request, body);
      break;
    case 3:
      // Schemas come from a host that has checked them.
      if (pagoda::json::validUtf8(body) && pagoda::json::valid(body)) convertSchema(body);
      break;
    default:
      provider.readAnswer(request, data[0] % 4 == 1 ? PAGODA_FRAMING_WHOLE : PAGODA_FRAMING_SSE,
                          body);
  }
  return 0;
}
