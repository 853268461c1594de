#pragma once
// logprobsResult in the form of OpenAI's `logprobs`.

#include <string>
#include <string_view>

namespace pagoda::gemini {

/// {"content":[{"token","logprob","bytes","top_logprobs"}],"refusal":null}. Throws json::Malformed.
std::string logprobsOf(std::string_view logprobsResult);

}  // namespace pagoda::gemini
