// Provider `external`: live data from any HTTP and JSON API that the operator declares in YAML.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "exchange.h"
#include "parameters.h"
#include "schema.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::external;

#define PAGODA_EXTERNAL_ID "dev.pagoda.external"
#define PAGODA_EXTERNAL_VERSION "1.0.0"

std::string lastUserText(const pagoda_chat_request& request) {
  const pagoda_message* last = nullptr;
  for (const auto& message : Range<pagoda_message>(request.messages))
    if (message.role == PAGODA_ROLE_USER) last = &message;
  if (last == nullptr) throw Failure(PAGODA_E_INVALID_REQUEST, "the request has no user message");
  std::string text;
  for (const auto& part : Range<pagoda_part>(last->parts)) {
    if (part.kind != PAGODA_PART_TEXT) continue;
    if (!text.empty()) text += '\n';
    text += view(part.text);
  }
  return text;
}

void refuseOthers(const pagoda_chat_request& request) {
  if (request.choices > 1)
    throw Failure(PAGODA_E_UNSUPPORTED, "live data has one answer, not several choices");
  if (request.tool_choice == PAGODA_TOOL_REQUIRED || request.tool_choice == PAGODA_TOOL_NAMED)
    throw Failure(PAGODA_E_UNSUPPORTED, "an outside API calls no tools");
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA)
    throw Failure(PAGODA_E_UNSUPPORTED, "an outside API follows no JSON schema");
}

class External {
 public:
  static constexpr const char* kType = "external";
  static constexpr const char* kTitle = "Outside APIs, declared";
  static constexpr const char* kConfigSchema = PAGODA_EXTERNAL_SCHEMA;

  External(Host host, std::string_view config) : shared_(readSettings(config), host) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    refuseOthers(request);
    const std::string text = lastUserText(request);
    std::string base(view(attempt.endpoint));
    while (base.ends_with('/')) base.pop_back();
    if (base.empty()) base = shared_.settings.baseUrl;
    return std::make_unique<ApiExchange>(shared_, runFor(view(request.model), text, base), attempt,
                                         request);
  }

  void models(Models& models) {
    for (const Api& api : shared_.settings.apis) {
      pagoda_model model = Models::named(api.name);
      if (!api.title.empty()) model.title = str(api.title);
      model.capabilities = PAGODA_CAP_STREAM | PAGODA_CAP_JSON;
      model.price_input_uusd_mtok = model.price_output_uusd_mtok = 0;
      models.add(model);
    }
  }

  /// Turns a built-in declaration around.
  void selfTest() {
    const Settings settings = readSettings(
        R"json({"apis":{"t":{"parameters":{"p":{"patterns":"in ([a-z]+)"}},"steps":[{"name":"s",)json"
        R"json("url":"https://example.com/{p}"}],"answer":"{p} {/v|round:1}"}}})json");
    const Prompt prompt = Prompt::of("in Oslo", std::nullopt);
    const Api& api = settings.apis[0];
    Run run{api, prompt, readValues(api, prompt, Date{}), "", {}};
    const HttpCall call = requestOf(api.steps[0], run);
    run.answers.emplace("s", R"({"v":2})");
    if (call.url != "https://example.com/Oslo" || render(run).text != "Oslo 2.0")
      throw Failure(PAGODA_E_INTERNAL, "the built-in declaration was not understood");
  }

 private:
  Run runFor(std::string_view model, const std::string& text, const std::string& base) const {
    const auto runOf = [&](const Api& api) {
      Prompt prompt = Prompt::of(text, api.language);
      Values values = readValues(api, prompt, today());
      return Run{api, std::move(prompt), std::move(values), base, {}};
    };
    for (const Api& api : shared_.settings.apis)
      if (api.name == model) return runOf(api);
    if (model != "auto")
      throw Failure(PAGODA_E_MODEL_NOT_FOUND,
                    "no API of the name " + std::string(model) + " is declared");
    for (const Api& api : shared_.settings.apis) {
      try {
        return runOf(api);
      } catch (const Failure& failure) {
        if (failure.status != PAGODA_E_UNSUPPORTED) throw;
      }
    }
    throw Failure(PAGODA_E_UNSUPPORTED, "the prompt asks for nothing that a declared API answers");
  }

  Shared shared_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_EXTERNAL_ID R"(","version":")" PAGODA_EXTERNAL_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"Outside APIs","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Live data from HTTP and JSON APIs, declared in YAML",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"external","config_schema":)" PAGODA_EXTERNAL_SCHEMA
    R"(}],"permissions":{"hosts":["*"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_EXTERNAL_ID, PAGODA_EXTERNAL_VERSION, Providers<External>)
