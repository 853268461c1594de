#include "failure.h"

#include "chat_completions/failures.h"

namespace pagoda::qwen {

const char* const kNoCredentials =
    "Alibaba Cloud credentials not provided: set DASHSCOPE_API_KEY (api_key), a Model Studio key; "
    "ALIBABA_ACCESS_KEY_ID and ALIBABA_ACCESS_KEY_SECRET do not open the models";

namespace {

// What both dialects answer to a request without a key. Source: DashScope, read 2026-11-25.
bool saysNoKey(std::string_view body) {
  for (const std::string_view sentence :
       {"No API-key provided", "No API key provided", "didn't provide an API key"}) {
    if (body.find(sentence) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  chat_completions::readFailure(head, body, error);
  if (error.status != PAGODA_E_AUTH) return;
  sdk::report(&error, PAGODA_E_AUTH,
              saysNoKey(body) ? kNoCredentials
                              : "Alibaba Cloud rejected the API key: it holds for one region and "
                                "plan, which region or base_url must name");
}

}  // namespace pagoda::qwen
