#pragma once
// Which requests need the Responses API.

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::openai {

/// What a model's name tells. Azure's deployments may have any name, so nothing may tell.
struct ModelTraits {
  bool reasons = false;
  bool responsesOnly = false;     ///< chat completions does not know it
  bool toolsByResponses = false;  ///< chat completions refuses tools unless the effort is none
};
ModelTraits traitsOf(std::string_view model);

/// Models that refused chat completions and named Responses instead, as an instance learned it.
/// Any number of threads.
class Learned {
 public:
  void add(std::string_view model);
  bool has(std::string_view model) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> models_;
};

/// Whether the request goes to Responses. Throws json::Malformed.
bool goesToResponses(const Settings& settings, const pagoda_chat_request& request,
                     const Learned& learned);

/// Whether the request declares a custom tool. Throws json::Malformed.
bool knowsCustomTools(const pagoda_chat_request& request);

/// Whether a refusal of chat completions says that Responses would answer.
bool wantsResponses(int httpStatus, std::string_view body);

}  // namespace pagoda::openai
