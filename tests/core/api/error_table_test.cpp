#include "core/api/error_table.h"

#include "core/api/json_body.h"

using namespace pagoda;
using namespace pagoda::api;

TEST_CASE("each error has its status, type and code", "[api][errors]") {
  struct Case {
    ErrorCode code;
    int status;
    const char* type;
    const char* openAiCode;
  };
  const Case cases[] = {
      {ErrorCode::InvalidRequest, 400, "invalid_request_error", ""},
      {ErrorCode::PayloadTooLarge, 413, "invalid_request_error", "payload_too_large"},
      {ErrorCode::UnsupportedMedia, 415, "invalid_request_error", "unsupported_media_type"},
      {ErrorCode::Unauthenticated, 401, "authentication_error", "invalid_api_key"},
      {ErrorCode::UnknownModel, 404, "invalid_request_error", "model_not_found"},
      {ErrorCode::NoCandidate, 422, "invalid_request_error", "no_candidate"},
      {ErrorCode::BudgetExceeded, 402, "insufficient_quota", "budget_exceeded"},
      {ErrorCode::RateLimited, 429, "rate_limit_error", "rate_limit_exceeded"},
      {ErrorCode::ContextLength, 400, "invalid_request_error", "context_length_exceeded"},
      {ErrorCode::ContentFiltered, 400, "invalid_request_error", "content_policy_violation"},
      {ErrorCode::UpstreamFailed, 502, "upstream_error", "upstream_failed"},
      {ErrorCode::UpstreamTimeout, 504, "upstream_error", "upstream_timeout"},
      {ErrorCode::DeadlineExceeded, 504, "upstream_error", "deadline_exceeded"},
      {ErrorCode::StorageUnavailable, 503, "server_error", "storage_unavailable"},
      {ErrorCode::Internal, 500, "server_error", "internal_error"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.openAiCode << c.status) {
      CHECK(rowOf(c.code).status == c.status);
      CHECK(rowOf(c.code).type == c.type);
      CHECK(rowOf(c.code).openAiCode == c.openAiCode);
    }
  }
}

TEST_CASE("the error body is OpenAI's, with the failed attempts and nothing of their bodies",
          "[api][errors]") {
  Error error;
  error.code = ErrorCode::UpstreamFailed;
  error.message = "every attempt failed: \"x\"";
  AttemptRecord failed;
  failed.model = "large";
  failed.upstreamModel = "large-id";
  failed.provider = "dear";
  failed.failure = AttemptFailure{};
  failed.failure->kind = FailureKind::Unavailable;
  failed.failure->httpStatus = 503;
  failed.failure->message = "upstream said sk-secret";
  AttemptRecord silent = failed;
  silent.failure->httpStatus = 0;
  std::string body;
  appendErrorJson(body, error, "req_1", {failed, AttemptRecord{}, silent});
  CHECK(
      body ==
      R"({"error":{"message":"every attempt failed: \"x\"","type":"upstream_error","param":null,"code":"upstream_failed"},"request_id":"req_1",)"
      R"("attempts":[{"model":"large","upstream_model":"large-id","provider":"dear","failure":"unavailable","http_status":503},)"
      R"({"model":"large","upstream_model":"large-id","provider":"dear","failure":"unavailable","http_status":null}]})");
  CHECK(JsonDocument::parse(body));
}

TEST_CASE("an upstream's code is passed on only where it is a plain word", "[api][errors]") {
  Error error;
  error.code = ErrorCode::UpstreamRejected;
  error.message = "m";
  error.upstreamCode = "unsupported_parameter";
  std::string body;
  appendErrorJson(body, error, "r");
  CHECK_THAT(body, Catch::Contains(R"("code":"unsupported_parameter")"));
  error.upstreamCode = "<html>";
  body.clear();
  appendErrorJson(body, error, "r");
  CHECK_THAT(body, Catch::Contains(R"("code":"upstream_rejected")"));
}
