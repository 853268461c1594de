#pragma once
// All routes: who may use them, and the function that serves each.

#include <span>
#include <string_view>

#include "core/api/api_context.h"
#include "core/base/task.h"

namespace pagoda::api {

struct RequestScope;

/// Who may come in. Optional: anyone, but a caller who shows a key is told more, and a wrong key is
/// refused.
enum class Access { Open, Optional, User, Admin };

using RouteHandler = Task<void> (*)(const ApiContext& api, RequestScope& scope);

struct Route {
  std::string_view method;
  std::string_view path;  ///< ends in '/' where a parameter follows
  Access access;
  RouteHandler handler;
  /// What a key must be made for. A route that says nothing is one that calls models.
  KeyScope scope = kScopeGenerate;
};

std::span<const Route> allRoutes();

Task<void> postChatCompletions(const ApiContext& api, RequestScope& scope);
Task<void> postGenerate(const ApiContext& api, RequestScope& scope);
Task<void> postEmbeddings(const ApiContext& api, RequestScope& scope);
Task<void> postTokens(const ApiContext& api, RequestScope& scope);
Task<void> postExplain(const ApiContext& api, RequestScope& scope);
Task<void> getModels(const ApiContext& api, RequestScope& scope);
Task<void> getModel(const ApiContext& api, RequestScope& scope);
Task<void> getHealth(const ApiContext& api, RequestScope& scope);
Task<void> getLiveness(const ApiContext& api, RequestScope& scope);
Task<void> getReadiness(const ApiContext& api, RequestScope& scope);
Task<void> getInfo(const ApiContext& api, RequestScope& scope);
Task<void> getMetrics(const ApiContext& api, RequestScope& scope);
Task<void> getPrometheus(const ApiContext& api, RequestScope& scope);
Task<void> postResetMetrics(const ApiContext& api, RequestScope& scope);
Task<void> getDecision(const ApiContext& api, RequestScope& scope);
Task<void> postFeedback(const ApiContext& api, RequestScope& scope);
Task<void> getKeys(const ApiContext& api, RequestScope& scope);
Task<void> postKey(const ApiContext& api, RequestScope& scope);
Task<void> getKey(const ApiContext& api, RequestScope& scope);
Task<void> patchKey(const ApiContext& api, RequestScope& scope);
Task<void> postKeyRotation(const ApiContext& api, RequestScope& scope);
Task<void> deleteKey(const ApiContext& api, RequestScope& scope);
Task<void> postReload(const ApiContext& api, RequestScope& scope);
Task<void> getPlugins(const ApiContext& api, RequestScope& scope);
Task<void> postPlugin(const ApiContext& api, RequestScope& scope);
Task<void> postCodeInterpreter(const ApiContext& api, RequestScope& scope);
Task<void> getRunFile(const ApiContext& api, RequestScope& scope);
Task<void> getAudit(const ApiContext& api, RequestScope& scope);

}  // namespace pagoda::api
