// Provider `openai_compatible`: any server that speaks OpenAI's chat completions.
#include <memory>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/exchange.h"
#include "chat_completions/schema.h"
#include "chat_completions/settings.h"
#include "cohere.h"
#include "ollama.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::chat_completions;

#define PAGODA_OPENAI_COMPATIBLE_ID "dev.pagoda.openai-compatible"
#define PAGODA_OPENAI_COMPATIBLE_VERSION "1.0.0"

class OpenAiCompatible {
 public:
  static constexpr const char* kType = "openai_compatible";
  static constexpr const char* kTitle = "OpenAI-compatible chat completions";
  static constexpr const char* kConfigSchema = PAGODA_CHAT_COMPLETIONS_SCHEMA;

  OpenAiCompatible(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    switch (settings_.api) {
      case Api::Ollama:
        return pagoda::ollama::chat(settings_, attempt, request);
      case Api::Cohere:
        return pagoda::cohere::chat(settings_, attempt, request);
      case Api::Chat:
        break;
    }
    return std::make_unique<ChatExchange>(settings_, attempt, request);
  }

  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt& attempt,
                                            const pagoda_embedding_request& request) {
    switch (settings_.api) {
      case Api::Ollama:
        return pagoda::ollama::embeddings(settings_, attempt, request);
      case Api::Cohere:
        return pagoda::cohere::embeddings(settings_, attempt, request);
      case Api::Chat:
        break;
    }
    return std::make_unique<EmbeddingsExchange>(settings_, attempt, request);
  }

  void selfTest() { pagoda::chat_completions::selfTest(settings_); }

 private:
  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_OPENAI_COMPATIBLE_ID R"(","version":")" PAGODA_OPENAI_COMPATIBLE_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"OpenAI-compatible","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Any server that speaks chat completions",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"openai_compatible","config_schema":)" PAGODA_CHAT_COMPLETIONS_SCHEMA
    R"(}],"permissions":{"hosts":["*"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_OPENAI_COMPATIBLE_ID, PAGODA_OPENAI_COMPATIBLE_VERSION,
              Providers<OpenAiCompatible>)
