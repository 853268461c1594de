#pragma once
// The trained router's file.

#include <memory>
#include <string>
#include <vector>

#include "core/app/mistake.h"
#include "core/services/prompt_model.h"

namespace pagoda::app {

inline constexpr const char* kRouterFile = "router.pgr";

/// `directory`/router.pgr if it is there, else the router that is built in. A file that cannot be
/// read is a mistake; the built-in one is returned then.
std::shared_ptr<const services::PromptModel> readRouter(const std::string& directory,
                                                        std::vector<Mistake>& mistakes);

}  // namespace pagoda::app
