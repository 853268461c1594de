#pragma once
// The one place where ErrorCode meets HTTP: status, OpenAI's error type and code, and the error
// body.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/ids.h"
#include "core/domain/answer.h"

namespace pagoda::api {

struct ErrorRow {
  ErrorCode code;
  int status;
  std::string_view type;        ///< OpenAI's `error.type`
  std::string_view openAiCode;  ///< OpenAI's `error.code`; empty: null
};

const ErrorRow& rowOf(ErrorCode code) noexcept;
/// For Orchestrator::Parts::statusOf.
int httpStatusOf(ErrorCode code) noexcept;

/// Appends `{"error":{"message","type","param","code"},"request_id"}` and, if any attempt failed,
/// the list `attempts`. Nothing of an upstream's body is in it.
void appendErrorJson(std::string& out, const Error& error, std::string_view requestId,
                     const std::vector<AttemptRecord>& attempts = {});

/// The code that stands for an HTTP status which the server's protocol layer chose.
ErrorCode codeOfStatus(int status) noexcept;

}  // namespace pagoda::api
