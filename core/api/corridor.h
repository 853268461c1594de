#pragma once
// What every route that walks the corridor does before and after.

#include <string_view>

#include "core/api/request_scope.h"
#include "core/services/orchestrator.h"

namespace pagoda::api {

/// Id, caller, deadline and times; the route fills in what is asked for.
services::CorridorRequest beginCorridor(const ApiContext& api, RequestScope& scope, bool streaming);

/// 200 with the outcome's headers. Awaited by the caller before `body` dies.
Task<void> sendAnswer(RequestScope& scope, const Outcome& outcome, std::string_view body);

}  // namespace pagoda::api
