// POST /admin/reload, GET /admin/plugins and POST /admin/plugins/{load, swap, rollback, retire}.

#include <algorithm>
#include <array>

#include "core/api/error_table.h"
#include "core/api/fields.h"
#include "core/api/operations.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

// What the server was told to become cannot be: not the request is malformed, but what it names.
constexpr int kUnprocessable = 422;

struct ActionRow {
  std::string_view name;
  PluginAction action;
  bool file, id, version;
};
constexpr std::array kActions = std::to_array<ActionRow>({
    {"load", PluginAction::Load, true, false, false},
    {"swap", PluginAction::Swap, false, true, true},
    {"rollback", PluginAction::Rollback, false, true, false},
    {"retire", PluginAction::Retire, false, true, true},
});

std::string actorOf(const RequestScope& scope) {
  return scope.caller.key.empty() ? std::string("admin") : scope.caller.key.value();
}

Error nothingToOperate() {
  return {
      ErrorCode::NotFound, "this server has nothing that can be changed while it runs", {}, {}, {}};
}

/// The members that the action takes, all of them needed.
Result<PluginOrder> readOrder(const ActionRow& row, JsonValue root) {
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  PluginOrder order;
  order.action = row.action;
  for (const JsonValue member : root.children()) {
    const std::string_view name = member.key();
    std::string* target = nullptr;
    if (name == "file" && row.file) target = &order.file;
    if (name == "id" && row.id) target = &order.id;
    if (name == "version" && row.version) target = &order.version;
    if (target == nullptr)
      return fail(ErrorCode::InvalidRequest,
                  "unknown member '" + shownText(name) + "'; " + std::string(row.name) + " takes " +
                      (row.file      ? "file"
                       : row.version ? "id and version"
                                     : "id"),
                  shownText(name));
    PAGODA_TRY(const std::string_view text, readString(member, name));
    *target = text;
  }
  if (row.file && order.file.empty()) return missing("file");
  if (row.id && order.id.empty()) return missing("id");
  if (row.version && order.version.empty()) return missing("version");
  return order;
}

Task<void> sendReply(RequestScope& scope, const OperationReply& reply) {
  if (!reply.error) {
    co_await sendJson(scope, 200, reply.json);
    co_return;
  }
  std::string body;
  appendErrorJson(body, *reply.error, scope.idText);
  if (!reply.json.empty()) {
    body.pop_back();  // the report goes in beside the error
    body.append(",\"report\":").append(reply.json).append("}");
  }
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.emplace_back("cache-control", "no-store");
  const ErrorCode code = reply.error->code;
  const bool unfit = code == ErrorCode::InvalidRequest || code == ErrorCode::PluginFault;
  co_await scope.response.send(unfit ? kUnprocessable : httpStatusOf(code), headers, body);
}

}  // namespace

Task<void> postReload(const ApiContext& api, RequestScope& scope) {
  if (api.operations == nullptr) {
    const Error error = nothingToOperate();
    co_await sendError(scope, error);
    co_return;
  }
  std::function<Result<OperationReply>()> reload =
      [operations = api.operations, actor = actorOf(scope)]() -> Result<OperationReply> {
    return operations->reload(actor);
  };
  const Result<OperationReply> reply = co_await onWorker<OperationReply>(scope, std::move(reload));
  if (!reply) {
    co_await sendError(scope, reply.error());
    co_return;
  }
  co_await sendReply(scope, *reply);
}

Task<void> getPlugins(const ApiContext& api, RequestScope& scope) {
  if (api.operations == nullptr) {
    const Error error = nothingToOperate();
    co_await sendError(scope, error);
    co_return;
  }
  const std::string body = R"({"object":"list","data":)" + api.operations->plugins() + "}";
  co_await sendJson(scope, 200, body);
}

Task<void> postPlugin(const ApiContext& api, RequestScope& scope) {
  const auto row = std::ranges::find(kActions, scope.parameter, &ActionRow::name);
  if (row == kActions.end() || api.operations == nullptr) {
    const Error absent{ErrorCode::NotFound,
                       "there is nothing at this path; plugins take load, swap, rollback, retire",
                       {},
                       {},
                       {}};
    co_await refuse(api, scope, absent);
    co_return;
  }
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await refuse(api, scope, document.error());
    co_return;
  }
  const Result<PluginOrder> order = readOrder(*row, (*document)->root());
  if (!order) {
    co_await refuse(api, scope, order.error());
    co_return;
  }
  std::function<Result<OperationReply>()> change =
      [operations = api.operations, order = *order,
       actor = actorOf(scope)]() -> Result<OperationReply> {
    return operations->change(order, actor);
  };
  const Result<OperationReply> reply = co_await onWorker<OperationReply>(scope, std::move(change));
  if (!reply) {
    co_await sendError(scope, reply.error());
    co_return;
  }
  co_await sendReply(scope, *reply);
}

}  // namespace pagoda::api
