#pragma once
// What POST /assistant/code-interpreter and POST /code share: members of their bodies, and what
// they say about runs and files.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/json.hpp>

#include "core/api/api_context.h"
#include "core/api/json_body.h"
#include "core/api/request_scope.h"
#include "core/domain/sandbox.h"
#include "core/services/code_dialogue.h"
#include "core/services/code_languages.h"
#include "core/services/code_runner.h"
#include "core/services/run_shelf.h"

namespace pagoda::api {

/// What both routes need of the server. Built by the wiring; outlives every request.
struct CodeParts {
  services::CodeRunner runner;
  services::RunShelf shelf;
};

using JsonWriter = json::Writer<std::string>;

/// A list of {"name", "content"} or {"name", "content_base64"}. Errors: InvalidRequest, with the
/// member as param; paths are the sandbox's to judge.
Result<std::vector<SandboxFile>> readFiles(JsonValue value, std::string_view param);
Result<const services::CodeLanguage*> readLanguage(JsonValue value, std::string_view param);
/// A decimal number of dollars.
Result<Money> readMaxCost(JsonValue value, std::string_view param);
/// Bytes of base64; error: wrong(param, ...).
Result<std::string> decodeBase64(std::string_view text, std::string_view param);

/// A string member whose text may hold any bytes.
void writeText(JsonWriter& json, std::string_view name, std::string_view text);
/// Members of a run: status, exit code, output, times.
void writeRun(JsonWriter& json, const SandboxResult& result);
/// `files`: name, size, link and expiry of what the shelf keeps for the caller.
void writeKeptFiles(JsonWriter& json, services::RunShelf& shelf, const RequestScope& scope,
                    std::vector<SandboxFile> files);

/// One conversation's frame: the first call has the request's own id, later ones new ones.
services::DialogueFrame dialogueFrame(const ApiContext& api, RequestScope& scope, std::string model,
                                      std::optional<Money> mostCost);

/// Refuses a request where nothing can be run. Error: Overloaded, with the sandbox's reason.
Result<CodeParts*> codeParts(const ApiContext& api);

}  // namespace pagoda::api
