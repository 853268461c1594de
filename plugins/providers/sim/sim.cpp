// The provider `sim`: simulated models for demonstrations and tests; see README.md.
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "answer.h"
#include "calls.h"
#include "settings.h"

namespace {

using namespace pagoda::sdk;
namespace sim = pagoda::sim;

#define PAGODA_SIM_BEHAVIOUR                                                                      \
  R"("latency_ms":{"type":"integer","minimum":0,"maximum":600000,"default":0},)"                  \
  R"("chunk_gap_ms":{"type":"integer","minimum":0,"maximum":600000,"default":0},)"                \
  R"("answer_tokens":{"type":"integer","minimum":1,"maximum":100000,"default":60},)"              \
  R"("fault":{"type":"string","enum":["none","unavailable","timeout","rate_limit","overloaded",)" \
  R"("garbage","auth"],"default":"none"},)"                                                       \
  R"("error_rate":{"type":"number","minimum":0,"maximum":1,"default":0})"

#define PAGODA_SIM_SCHEMA                                                                                       \
  R"({"type":"object","additionalProperties":false,"properties":{)"                                             \
  R"("seed":{"type":"integer","default":0},)"                                                                   \
  R"("allow_markers":{"type":"boolean","default":false,)"                                                       \
  R"("description":"let a prompt choose its fault: [[sim:fault=timeout]]"},)" PAGODA_SIM_BEHAVIOUR              \
  R"(,"models":{"type":"object","description":"what is different for one model",)"                              \
  R"("additionalProperties":{"type":"object","additionalProperties":false,"properties":{)" PAGODA_SIM_BEHAVIOUR \
  "}}}}}"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.sim","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Simulated models",)"
    R"("vendor":"Pagoda","description":"Repeatable answers, delays and faults without any model",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"sim","name":"Simulated models","config_schema":)" PAGODA_SIM_SCHEMA
    R"(}],"permissions":{"hosts":[],"secrets":[],"prompt":true,"blocking":false},"unloadable":true,"isolation":"any"})");

class Sim {
 public:
  static constexpr const char* kType = "sim";
  static constexpr const char* kTitle = "Simulated models";
  static constexpr const char* kConfigSchema = PAGODA_SIM_SCHEMA;

  Sim(Host host, std::string_view config) : settings_(sim::readSettings(config)), calls_(host) {}

  void selfTest() {
    const std::string text = sim::fillerText("self-test", 20, false, 1);
    if (!text.starts_with("[simulated self-test] ") ||
        text != sim::fillerText("self-test", 20, false, 1))
      throw Failure(PAGODA_E_INTERNAL, "the answer of the self-test is not repeatable");
  }

  void models(Models& models) {
    for (const auto& [name, behaviour] : settings_.models) {
      auto model = Models::named(name);
      const std::string title = name + " (simulated)";
      model.title = str(title);
      model.capabilities = PAGODA_CAP_STREAM | PAGODA_CAP_TOOLS | PAGODA_CAP_JSON |
                           PAGODA_CAP_JSON_SCHEMA | PAGODA_CAP_SEED;
      model.price_input_uusd_mtok = model.price_output_uusd_mtok = 0;
      models.add(model);
    }
  }

  Outcome invoke(Call call, const pagoda_chat_request& request) {
    return calls_.start(call, sim::answerTo(settings_, request));
  }

  void cancel(std::uint64_t callId) noexcept { calls_.cancel(callId); }

 private:
  const sim::Settings settings_;
  sim::Calls calls_;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.sim", "1.0.0", pagoda::sdk::Providers<Sim>)
