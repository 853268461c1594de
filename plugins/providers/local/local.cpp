// The provider `local`: answers with small skills in the process; see README.md.
#include <ctime>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "skills.h"

namespace {

using namespace pagoda::sdk;
namespace local = pagoda::local;

#define PAGODA_LOCAL_SCHEMA                                                                  \
  R"({"type":"object","additionalProperties":false,"properties":{)"                          \
  R"("max_input_bytes":{"type":"integer","minimum":1,"maximum":16777216,"default":1048576,)" \
  R"("description":"longest user message that is answered"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.local","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Local skills",)"
    R"("vendor":"Pagoda","description":"Calculation, units, dates, summaries and conversions without a model",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"local","name":"Local skills","config_schema":)" PAGODA_LOCAL_SCHEMA
    R"(}],"permissions":{"hosts":[],"secrets":[],"prompt":true,"blocking":true},"unloadable":true,"isolation":"any"})");

constexpr std::size_t kChunkBytes = 48;  // of one text event when streaming

local::Date today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday};
}

std::string lastUserText(const pagoda_chat_request& request) {
  const pagoda_message* last = nullptr;
  for (const auto& message : Range<pagoda_message>(request.messages))
    if (message.role == PAGODA_ROLE_USER) last = &message;
  if (last == nullptr) throw Failure(PAGODA_E_INVALID_REQUEST, "the request has no user message");
  std::string text;
  for (const auto& part : Range<pagoda_part>(last->parts)) {
    if (part.kind != PAGODA_PART_TEXT)
      throw Failure(PAGODA_E_UNSUPPORTED,
                    "the local skills read text only, no images, audio or files");
    if (!text.empty()) text += '\n';
    text += view(part.text);
  }
  return text;
}

void refuseWhatNeedsAModel(const pagoda_chat_request& request) {
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA)
    throw Failure(PAGODA_E_UNSUPPORTED, "the local skills cannot follow a JSON schema");
  if (request.tool_choice == PAGODA_TOOL_REQUIRED || request.tool_choice == PAGODA_TOOL_NAMED)
    throw Failure(PAGODA_E_UNSUPPORTED, "the local skills cannot call tools");
}

/// The text as it goes out, and why it ends.
struct Cut {
  std::string_view text;
  pagoda_finish finish = PAGODA_FINISH_STOP;
};

Cut cut(std::string_view text, const pagoda_chat_request& request) {
  for (const auto& stop : Range<pagoda_str>(request.stop))
    if (stop.size > 0) text = text.substr(0, text.find(view(stop)));
  if (request.max_output_tokens < 0) return {text};
  const std::string_view kept = local::cutAtTokens(text, request.max_output_tokens);
  return {kept, kept.size() < text.size() ? PAGODA_FINISH_LENGTH : PAGODA_FINISH_STOP};
}

class Local {
 public:
  static constexpr const char* kType = "local";
  static constexpr const char* kTitle = "Local skills";
  static constexpr const char* kConfigSchema = PAGODA_LOCAL_SCHEMA;

  Local(Host /*host*/, std::string_view config) {
    if (config.empty()) return;
    pagoda::json::Reader reader(config);
    const bool object = reader.object([this](std::string_view key, pagoda::json::Reader& value) {
      if (key != "max_input_bytes")
        throw Failure(PAGODA_E_CONFIG, "unknown setting \"" + std::string(key) + "\"");
      const auto bytes = value.integer();
      if (!bytes || *bytes < 1)
        throw Failure(PAGODA_E_CONFIG, "max_input_bytes must be a whole number from 1 on");
      maxInput_ = static_cast<std::size_t>(*bytes);
    });
    if (!object) throw Failure(PAGODA_E_CONFIG, "the settings must be an object");
  }

  void selfTest() {
    if (local::answer("2 + 3 * 4", today()).text != "2 + 3 * 4 = 14")
      throw Failure(PAGODA_E_INTERNAL, "the calculation of the self-test is wrong");
  }

  void models(Models& models) {
    auto model = Models::named("skills");
    model.title = str("Local skills (not a language model)");
    model.capabilities = PAGODA_CAP_STREAM | PAGODA_CAP_JSON;
    model.price_input_uusd_mtok = model.price_output_uusd_mtok = 0;
    models.add(model);
  }

  Outcome invoke(Call call, const pagoda_chat_request& request) {
    refuseWhatNeedsAModel(request);
    const std::string prompt = lastUserText(request);
    if (prompt.size() > maxInput_)
      throw Failure(PAGODA_E_TOO_LARGE,
                    "the message is longer than " + std::to_string(maxInput_) + " bytes");
    stopIfCancelled(call);
    std::string text = local::answer(prompt, today()).text;
    if (request.format == PAGODA_FORMAT_JSON) {
      std::string object;
      pagoda::json::Writer<std::string> writer(object);
      writer.beginObject().member("answer", std::string_view(text)).endObject();
      text = std::move(object);
    }
    send(call, request, prompt, text);
    return Outcome::Done;
  }

 private:
  static void stopIfCancelled(Call call) {
    if (call.cancelled()) throw Failure(PAGODA_E_CANCELLED, "the caller has given up");
  }

  static void send(Call call, const pagoda_chat_request& request, std::string_view prompt,
                   std::string_view text) {
    const Cut answer = cut(text, request);
    Events events = call.events();
    events.start("local-" + std::string(view(call.attempt().request_id)), view(request.model));
    const std::size_t chunk =
        (request.flags & PAGODA_REQ_STREAM) != 0 ? kChunkBytes : answer.text.size();
    for (std::uint32_t choice = 0; choice < request.choices; ++choice) {
      for (std::string_view rest = answer.text; !rest.empty();) {
        stopIfCancelled(call);
        const std::string_view piece = local::cutAtChar(rest, chunk);
        events.text(piece, choice);
        rest.remove_prefix(piece.size());
      }
      events.finish(answer.finish, {}, choice);
    }
    auto usage = unknownUsage();
    usage.flags = PAGODA_USAGE_ESTIMATED;
    usage.input_tokens = local::estimateTokens(prompt);
    usage.output_tokens = local::estimateTokens(answer.text) * request.choices;
    events.usage(usage);
  }

  std::size_t maxInput_ = 1U << 20;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.local", "1.0.0", pagoda::sdk::Providers<Local>)
