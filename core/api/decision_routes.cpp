// GET /v1/decisions/{id}: why a past request went where it went; POST /v1/feedback: how good its
// answer was. For its owner and for admins.

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"
#include "core/services/feedback_desk.h"

namespace pagoda::api {
namespace {

// Whether a decision record is the caller's own.
bool owns(const Caller& caller, std::string_view decision) {
  bool own = false;
  try {
    json::Reader reader(decision);
    std::string buffer;
    reader.object([&](std::string_view member, json::Reader& value) {
      if (member == "key") own = !caller.key.empty() && value.string(buffer) == caller.key.value();
    });
  } catch (const json::Malformed&) {
    return false;
  }
  return own;
}

Error absentDecision() {
  return {ErrorCode::NotFound, "there is no decision record of this request id", {}, {}, {}};
}

/// Another caller's record is answered like one that is not there.
Task<Result<std::string>> ownDecision(const ApiContext& api, RequestScope& scope,
                                      std::optional<RequestId> id) {
  if (!id) co_return tl::unexpected<Error>(absentDecision());
  std::function<Result<std::string>()> look = [&ledger = api.ledger, request = *id] {
    return ledger.decision(request);
  };
  Result<std::string> decision = co_await onWorker<std::string>(scope, std::move(look));
  const bool absent = decision ? !scope.isAdmin() && !owns(scope.caller, *decision)
                               : decision.error().code == ErrorCode::NotFound;
  if (absent) co_return tl::unexpected<Error>(absentDecision());
  co_return decision;
}

struct Feedback {
  std::optional<RequestId> request;
  double rating = 0;
  std::string label;
};

Result<Feedback> readFeedback(const JsonValue& root) {
  if (!root.isObject()) return wrong("the body", "a JSON object");
  Feedback feedback;
  for (const JsonValue member : root.children())
    if (member.key() != "request_id" && member.key() != "rating" && member.key() != "label")
      return fail(ErrorCode::InvalidRequest,
                  "unknown member '" + shownText(member.key()) +
                      "'; feedback has request_id, rating and label",
                  std::string(member.key().substr(0, 64)));
  const auto id = root.find("request_id");
  if (!id) return missing("request_id");
  PAGODA_TRY(const std::string_view text, readName(*id, "request_id"));
  feedback.request = RequestId::parse(text);
  const auto rating = root.find("rating");
  if (!rating) return missing("rating");
  PAGODA_TRY(feedback.rating, readNumber(*rating, "rating", {0, 1}));
  if (const auto label = root.find("label"); label && !label->isNull()) {
    PAGODA_TRY(feedback.label, readName(*label, "label"));
    if (feedback.label.size() > 64) return wrong("label", "at most 64 bytes, such as \"too-long\"");
  }
  return feedback;
}

}  // namespace

Task<void> getDecision(const ApiContext& api, RequestScope& scope) {
  const Result<std::string> decision =
      co_await ownDecision(api, scope, RequestId::parse(scope.parameter));
  if (!decision) {
    co_await sendError(scope, decision.error());
    co_return;
  }
  co_await sendJson(scope, 200, *decision);
}

Task<void> postFeedback(const ApiContext& api, RequestScope& scope) {
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await sendError(scope, document.error());
    co_return;
  }
  const Result<Feedback> feedback = readFeedback((*document)->root());
  if (!feedback) {
    co_await sendError(scope, feedback.error());
    co_return;
  }
  const Result<std::string> decision = co_await ownDecision(api, scope, feedback->request);
  if (!decision) {
    co_await sendError(scope, decision.error());
    co_return;
  }
  services::FeedbackDesk* desk = api.orchestrator.feedback();
  if (desk == nullptr) {
    const Error error{ErrorCode::StorageUnavailable, "this server keeps no feedback", {}, {}, {}};
    co_await sendError(scope, error);
    co_return;
  }
  RatingRow row;
  row.request = *feedback->request;
  row.key = scope.caller.key;
  row.time = api.clock.unixNow();
  row.rating = feedback->rating;
  row.label = feedback->label;
  std::function<Result<bool>()> keep = [desk, row, text = *decision] {
    return desk->rate(row, text);
  };
  const Result<bool> learnt = co_await onWorker<bool>(scope, std::move(keep));
  if (!learnt) {
    co_await sendError(scope, learnt.error());
    co_return;
  }
  const std::string body = R"({"object":"feedback","request_id":")" + row.request.toString() +
                           (*learnt ? R"(","learned":true})" : R"(","learned":false})");
  co_await sendJson(scope, 200, body);
}

}  // namespace pagoda::api
