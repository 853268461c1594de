// Whatever a server of OpenAI's dialect, of Ollama's or of Cohere's sends, the shared translator
// reports an answer by the rules of chat.h or an error; and whatever a client sends, what goes out
// is JSON.
#include <array>

#include "tests/fuzz/provider_under_fuzz.h"

namespace {

using namespace pagoda::sdk;
using pagoda::fuzz::Provider;

Provider made(std::string_view settings) {
  return {"openai_compatible",
          std::string(R"({"base_url":"https://h/v1")").append(settings).append("}")};
}

struct Dialect {
  Provider provider;
  pagoda_framing framing;  // of its streams
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Each with quirks of its own in the reader or the writer.
  static const std::array<Dialect, 6> dialects = {{
      {made(""), PAGODA_FRAMING_SSE},
      {made(R"(,"quirks":"mistral")"), PAGODA_FRAMING_SSE},
      {made(R"(,"quirks":"deepseek","reasoning_excluded_from_completion":true)"),
       PAGODA_FRAMING_SSE},
      {made(R"(,"quirks":"perplexity","trust_cost":false,"drop":["seed"],"rename":{"stop":"end"})"),
       PAGODA_FRAMING_SSE},
      {made(R"(,"api":"ollama")"), PAGODA_FRAMING_LINES},
      {made(R"(,"api":"cohere")"), PAGODA_FRAMING_SSE},
  }};
  const Dialect& dialect = dialects[(data[0] / 4) % dialects.size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto request = init<pagoda_chat_request>();
  request.raw_json = str(R"({"messages":[]})");
  switch (data[0] % 4) {
    case 2:
      dialect.provider.readRefusal(request, body);
      break;
    case 3:
      pagoda::fuzz::withRequestOf(body, {}, [&](pagoda_chat_request& sent) {
        sent.model = str("m");
        dialect.provider.writeRequest(sent);
      });
      break;
    default:
      dialect.provider.readAnswer(request,
                                  data[0] % 4 == 1 ? PAGODA_FRAMING_WHOLE : dialect.framing, body);
  }
  return 0;
}
