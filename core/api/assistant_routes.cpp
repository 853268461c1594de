// POST /assistant/code-interpreter, and GET /assistant/runs/{id}/files/{name} for what it produced.

#include "core/api/code_json.h"
#include "core/api/corridor.h"
#include "core/api/fields.h"
#include "core/api/rate_gate.h"
#include "core/api/routes.h"
#include "core/services/code_interpreter.h"

namespace pagoda::api {
namespace {

constexpr std::string_view kMembers =
    "prompt, code, language, files, stdin, model, max_rounds, max_cost_usd, timeout_ms";
constexpr std::int64_t kMostRuns = 10;

struct Call {
  services::InterpreterRequest request;
  std::string model = "auto";
  std::optional<Money> mostCost;
};

Result<void> readMember(JsonValue member, const SandboxLimits& limits, Call& call) {
  const std::string_view name = member.key();
  services::InterpreterRequest& request = call.request;
  if (name == "prompt") {
    PAGODA_TRY(request.prompt, readString(member, name));
  } else if (name == "code") {
    PAGODA_TRY(request.code, readString(member, name));
  } else if (name == "language") {
    PAGODA_TRY(request.language, readLanguage(member, name));
  } else if (name == "files") {
    PAGODA_TRY(request.files, readFiles(member, name));
  } else if (name == "stdin") {
    PAGODA_TRY(request.standardInput, readString(member, name));
  } else if (name == "model") {
    PAGODA_TRY(call.model, readName(member, name));
  } else if (name == "max_rounds") {
    PAGODA_TRY(const std::int64_t runs, readInteger(member, name, {1, kMostRuns}));
    request.mostRuns = static_cast<int>(runs);
  } else if (name == "max_cost_usd") {
    PAGODA_TRY(call.mostCost, readMaxCost(member, name));
  } else if (name == "timeout_ms") {
    PAGODA_TRY(const std::int64_t wall, readInteger(member, name, {1, limits.wall.count()}));
    request.limits.wall = Millis(wall);
  } else {
    return fail(
        ErrorCode::InvalidRequest,
        "unknown member '" + shownText(name) + "'; the members are " + std::string(kMembers),
        shownText(name));
  }
  return {};
}

Result<Call> readCall(JsonValue root, const CodeParts& parts) {
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  Call call;
  call.request.language = services::findLanguage("python");
  call.request.limits = parts.runner.limits();
  for (const JsonValue member : root.children())
    PAGODA_CHECK(readMember(member, parts.runner.limits(), call));
  if (call.request.prompt.empty() == call.request.code.empty())
    return fail(ErrorCode::InvalidRequest,
                "send either 'prompt', for a model to write code, or 'code', to run it", "prompt");
  if (!parts.runner.isInstalled(*call.request.language))
    return fail(ErrorCode::InvalidRequest,
                std::string(call.request.language->shown) +
                    " cannot be run here: the server's machine has no '" +
                    std::string(call.request.language->program) + "'",
                "language");
  return call;
}

std::string writeAnswer(CodeParts& parts, const RequestScope& scope, std::string_view language,
                        const services::DialogueFrame& frame, services::InterpreterAnswer& answer) {
  std::string body;
  JsonWriter json(body);
  json.beginObject().member("id", scope.idText).member("object", "code_interpreter");
  writeText(json, "text", answer.text);
  json.key("runs").beginArray();
  for (const services::InterpreterRun& run : answer.runs) {
    json.beginObject();
    writeText(json, "code", run.code);
    json.member("language", language);
    writeRun(json, run.result);
    json.endObject();
  }
  json.endArray();
  writeKeptFiles(json, parts.shelf, scope, std::move(answer.files));
  json.member("sandbox", parts.runner.state().layer);
  if (answer.model.empty()) {
    json.key("model_used").null().key("tier_used").null();
  } else {
    json.member("model_used", answer.model).member("tier_used", answer.tier);
  }
  json.member("calls", frame.calls).rawMember("cost", frame.cost.toString());
  if (!answer.stopped.empty()) json.member("stopped", answer.stopped);
  if (answer.error) json.member("error", answer.error->message);
  const auto latency = scope.runtime.clock().now() - scope.http.received;
  json.member("latency_ms", std::chrono::duration_cast<Millis>(latency).count());
  json.endObject();
  return body;
}

/// By the first call, whose prompt is the caller's; the later ones count when they are settled.
Task<std::optional<services::RateTicket>> enterBySize(const ApiContext& api, RequestScope& scope,
                                                      const services::InterpreterRequest& request) {
  services::CorridorRequest first;
  Message& message = first.chat.messages.emplace_back();
  message.role = Role::User;
  message.parts.emplace_back().text = request.prompt;
  std::optional<services::RateTicket> ticket =
      co_await enterByRate(api, scope, request.prompt.empty() ? nullptr : &first);
  co_return ticket;
}

/// The last part of a path, as a name that any system takes.
std::string attachmentName(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' ||
        c == '\\')
      c = '_';
  return name;
}

}  // namespace

Task<void> postCodeInterpreter(const ApiContext& api, RequestScope& scope) {
  const Result<CodeParts*> parts = codeParts(api);
  if (!parts) {
    co_await refuse(api, scope, parts.error());
    co_return;
  }
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await refuse(api, scope, document.error());
    co_return;
  }
  Result<Call> call = readCall((*document)->root(), **parts);
  if (!call) {
    co_await refuse(api, scope, call.error());
    co_return;
  }
  std::optional<services::RateTicket> ticket = co_await enterBySize(api, scope, call->request);
  if (!ticket) co_return;
  const std::string_view language = call->request.language->name;
  services::DialogueFrame frame = dialogueFrame(api, scope, std::move(call->model), call->mostCost);
  CancelSource* const gone = &scope.response.clientGone();
  services::InterpreterRequest request = std::move(call->request);
  Result<services::InterpreterAnswer> answer =
      co_await services::interpret(std::move(request), (*parts)->runner, frame, gone);
  ticket->settle(frame.tokens);
  scope.answered = answer.has_value();
  scope.charged = frame.cost;
  if (!answer) {
    co_await sendError(scope, answer.error());
    co_return;
  }
  const std::string body = writeAnswer(**parts, scope, language, frame, *answer);
  co_await sendJson(scope, 200, body);
}

Task<void> getRunFile(const ApiContext& api, RequestScope& scope) {
  constexpr std::string_view kFiles = "/files/";
  const std::size_t at = scope.parameter.find(kFiles);
  std::shared_ptr<const std::string> content;
  std::string path;
  if (at != std::string::npos && api.code != nullptr) {
    path = scope.parameter.substr(at + kFiles.size());
    content = api.code->shelf.find(scope.parameter.substr(0, at), scope.caller.key, path);
  }
  if (!content) {
    const Error absent{
        ErrorCode::NotFound, "no such file, or its time is over: run the code again", {}, {}, {}};
    co_await refuse(api, scope, absent);
    co_return;
  }
  HeaderList headers = baseHeaders(scope, "application/octet-stream");
  headers.emplace_back("content-disposition",
                       "attachment; filename=\"" + attachmentName(path) + "\"");
  headers.emplace_back("cache-control", "private, no-store");
  headers.emplace_back("content-security-policy", "default-src 'none'; sandbox");
  co_await scope.response.send(200, headers, *content);
}

}  // namespace pagoda::api
