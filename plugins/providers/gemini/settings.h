#pragma once
// An instance's settings, the addresses that follow from them, and what a model's name tells.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

#define PAGODA_GEMINI_SCHEMA                                                                  \
  R"({"type":"object","required":["base_url"],"properties":{)"                                \
  R"("base_url":{"type":"string","minLength":1,"description":)"                               \
  R"("such as https://generativelanguage.googleapis.com/v1beta"},)"                           \
  R"("vertex":{"type":"boolean","description":"Vertex AI's addresses; by the host's name"},)" \
  R"("project":{"type":"string","description":"Vertex AI: the cloud project"},)"              \
  R"("location":{"type":"string","default":"global","description":"Vertex AI: the region"},)" \
  R"("auth":{"enum":["auto","key","bearer","none"],"default":"auto","description":)"          \
  R"("x-goog-api-key or authorization; auto: bearer for Vertex AI"},)"                        \
  R"("headers":{"type":"object","additionalProperties":{"type":"string"}},)"                  \
  R"("safety_settings":{"type":"array","items":{"type":"object"},"description":)"             \
  R"("sent where the request has none"},)"                                                    \
  R"("include_thoughts":{"type":"boolean","default":true,"description":)"                     \
  R"("ask for thought summaries where the request asks for reasoning"},)"                     \
  R"("signature_fallback":{"type":"string","default":"skip_thought_signature_validator",)"    \
  R"("description":"thought signature for calls of other models; empty: none"},)"             \
  R"("schema":{"enum":["subset","json_schema"],"default":"subset","description":)"            \
  R"("subset: parameters and responseSchema; json_schema: as the client wrote them"}}})"

namespace pagoda::gemini {

enum class Auth { Key, Bearer, None };

struct Settings {
  std::string baseUrl;  // with Vertex AI's project and location, without a slash at the end
  bool vertex = false;
  Auth auth = Auth::Key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string safetySettings;  // a JSON array, or empty
  bool includeThoughts = true;
  std::string signatureFallback = "skip_thought_signature_validator";
  bool jsonSchema = false;
};

/// Reads the instance's configuration, one JSON object. Members that are not settings are ignored.
/// Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting at fault.
Settings readSettings(std::string_view configJson);

/// The model's resource below the base URL: "models/gemini-2.5-flash", "tunedModels/x", and for
/// Vertex AI "publishers/google/models/x" or "endpoints/1". Throws sdk::Failure where a name could
/// leave that place.
std::string resourceOf(const Settings& settings, std::string_view model);

/// The address of `method`, such as "generateContent", for `model`. `base` may hold a query and
/// wins over the settings' when it is not empty.
std::string urlOf(const Settings& settings, std::string_view base, std::string_view model,
                  std::string_view method, std::string_view query = {});

/// How a model is told how much to think.
/// Source: Gemini API, "Thinking" and "OpenAI compatibility", read 2026-11-25.
enum class Thinking {
  None,
  Budget,  // thinkingBudget, Gemini 2.5
  Level    // thinkingLevel, Gemini 3 and later
};

struct Model {
  Thinking thinking = Thinking::None;
  bool pro = false;   // cannot stop thinking
  bool lite = false;  // thinks only when told to
  /// Refuses an earlier function call without a thought signature (Gemini 3 and later).
  bool needsSignature = false;
};

/// What the name tells; an alias without a number, such as gemini-flash-latest, is the newest kind.
Model modelOf(std::string_view name);

}  // namespace pagoda::gemini
