// Provider `openrouter`: the models of many providers behind one key and one bill.
#include <memory>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/exchange.h"
#include "chat_completions/schema.h"
#include "wire.h"

namespace {

using namespace pagoda::sdk;
namespace chat = pagoda::chat_completions;

#define PAGODA_OPENROUTER_ID "dev.pagoda.openrouter"
#define PAGODA_OPENROUTER_VERSION "1.0.0"
// clang-format off
#define PAGODA_OPENROUTER_SCHEMA                                                               \
  R"({"type":"object","properties":{)" PAGODA_CHAT_COMPLETIONS_PROPERTIES                      \
  R"(,"provider":{"type":"object","additionalProperties":true,)"                               \
  R"("description":"preferences that win over the client's: order, only, data_collection"},)"  \
  R"("transforms":{"type":"array","items":{"type":"string"}},)"                                \
  R"("plugins":{"type":"array"},)"                                                             \
  R"("referer":{"type":"string","description":"header HTTP-Referer, names this application"},)" \
  R"("title":{"type":"string","description":"header X-Title"}}})"
// clang-format on

class OpenRouter {
 public:
  static constexpr const char* kType = "openrouter";
  static constexpr const char* kTitle = "OpenRouter";
  static constexpr const char* kConfigSchema = PAGODA_OPENROUTER_SCHEMA;

  OpenRouter(Host, std::string_view config) : settings_(pagoda::openrouter::readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    return std::make_unique<chat::ChatExchange>(settings_, attempt, request);
  }

  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt& attempt,
                                            const pagoda_embedding_request& request) {
    return std::make_unique<chat::EmbeddingsExchange>(settings_, attempt, request);
  }

  void selfTest() { chat::selfTest(settings_); }

 private:
  chat::Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_OPENROUTER_ID R"(","version":")" PAGODA_OPENROUTER_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"OpenRouter","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"OpenRouter's models, with its stated cost",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"openrouter","config_schema":)" PAGODA_OPENROUTER_SCHEMA
    R"(}],"permissions":{"hosts":["openrouter.ai"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_OPENROUTER_ID, PAGODA_OPENROUTER_VERSION, Providers<OpenRouter>)
