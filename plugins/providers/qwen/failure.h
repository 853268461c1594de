#pragma once
// DashScope's refusals that need other words than the shared ones.

#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::qwen {

/// What the operator reads when there is no key at all.
extern const char* const kNoCredentials;

/// Corrects `error` as chat_completions::readFailure does, and says in this provider's terms what
/// is wrong with the key.
void readFailure(const pagoda_http_head& head, std::string_view body, pagoda_error& error);

/// Runs `write`, which fills an HTTP request; a host without the key makes it fail with
/// kNoCredentials.
template <class F>
void withCredentials(F&& write) {
  try {
    write();
  } catch (const sdk::Failure& failure) {
    if (failure.status != PAGODA_E_AUTH) throw;
    throw sdk::Failure(PAGODA_E_AUTH, kNoCredentials);
  }
}

}  // namespace pagoda::qwen
