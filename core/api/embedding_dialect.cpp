#include "core/api/embedding_dialect.h"

#include <limits>

#include "core/api/fields.h"
#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kMostInputs = 2048;
constexpr std::size_t kMostIds = 300'000;  // of all inputs together, as OpenAI counts
constexpr std::int64_t kMostDimensions = 1 << 20;
constexpr IntegerRange kIdRange{0, std::numeric_limits<std::int32_t>::max()};
constexpr std::string_view kWantedInput =
    "a string, an array of 1 to 2048 strings, or token ids: an array of integers or of such arrays";

// One input of token ids. False: it is none.
bool countIds(JsonValue ids, Tokens& total) {
  if (!ids.isArray() || ids.children().empty()) return false;
  for (const JsonValue id : ids.children()) {
    const auto number = id.integer();
    if (!number || *number < kIdRange.lowest || *number > kIdRange.highest) return false;
    ++total;
  }
  return total <= static_cast<Tokens>(kMostIds);
}

bool addText(JsonValue text, EmbeddingRequest& request) {
  if (!text.isString() || text.text().empty()) return false;
  request.texts.push_back(text.text());
  request.inputs.push_back(text.raw());
  return true;
}

Result<void> readInput(JsonValue input, EmbeddingRequest& request) {
  const auto refused = [](std::string_view wanted) { return wrong("input", wanted); };
  if (input.isString()) {
    if (addText(input, request)) return {};
    return refused("a text that is not empty");
  }
  if (!input.isArray() || input.children().empty()) return refused(kWantedInput);
  const JsonValue first = *input.children().begin();
  if (first.kind() == JsonKind::Number) {
    if (!countIds(input, request.tokenIds)) return refused(kWantedInput);
    request.inputs.push_back(input.raw());
    return {};
  }
  for (const JsonValue one : input.children()) {
    if (request.inputs.size() == kMostInputs) return refused("an array of at most 2048 inputs");
    if (first.isString()) {
      if (!addText(one, request)) return refused("an array of texts that are not empty");
    } else {
      if (!countIds(one, request.tokenIds)) return refused(kWantedInput);
      request.inputs.push_back(one.raw());
    }
  }
  return {};
}

Result<void> readMember(JsonValue member, EmbeddingCall& call) {
  const std::string_view key = member.key();
  if (key == "model") {
    PAGODA_TRY(call.model, readName(member, key));
  } else if (key == "input") {
    PAGODA_CHECK(readInput(member, call.request));
  } else if (key == "encoding_format") {
    if (!member.isString() || (member.text() != "float" && member.text() != "base64"))
      return wrong(key, "\"float\" or \"base64\"");
    call.base64 = member.text() == "base64";
  } else if (key == "dimensions") {
    PAGODA_TRY(call.request.dimensions, readInteger(member, key, {1, kMostDimensions}));
  } else if (key == "user") {
    PAGODA_TRY(call.request.user, readString(member, key));
  } else if (redirectsGateway(key)) {
    return wrong(key, "left out: where a request goes is for the configuration to say");
  }
  return {};
}

void appendVector(std::string& out, const Embedding& embedding, bool base64) {
  if (!base64) {
    out += embedding.numbers.empty()
               ? numbersOf(vectorOfBase64(embedding.base64).value_or(std::vector<float>{}))
               : embedding.numbers;
    return;
  }
  out += '"';
  out += embedding.base64.empty()
             ? base64Of(vectorOfNumbers(embedding.numbers).value_or(std::vector<float>{}))
             : embedding.base64;
  out += '"';
}

}  // namespace

Result<EmbeddingCall> readEmbeddings(std::shared_ptr<JsonDocument> document) {
  const JsonValue root = document->root();
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  EmbeddingCall call;
  for (const JsonValue member : root.children()) {
    if (member.isNull() && member.key() != "model" && member.key() != "input") continue;
    PAGODA_CHECK(readMember(member, call));
  }
  if (call.model.empty()) return missing("model");
  if (call.request.inputs.empty()) return missing("input");
  call.request.rawJson = root.raw();
  call.request.storage = std::move(document);
  return call;
}

std::string writeEmbeddings(const Outcome& outcome, bool base64) {
  const ChatAnswer& answer = outcome.answer;
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < answer.embeddings.size(); ++i) {
    out += i == 0 ? R"({"object":"embedding","index":)" : R"(,{"object":"embedding","index":)";
    appendInteger(out, static_cast<std::int64_t>(i));
    out += R"(,"embedding":)";
    appendVector(out, answer.embeddings[i], base64);
    out += '}';
  }
  out += R"(],"model":)";
  appendJsonString(out, answer.upstreamModel.empty() ? outcome.model : answer.upstreamModel);
  const Tokens prompt = std::max<Tokens>(0, answer.usage.prompt.value_or(0));
  out += R"(,"usage":{"prompt_tokens":)";
  appendInteger(out, prompt);
  out += R"(,"total_tokens":)";
  appendInteger(out, prompt);
  out += "}}";
  return out;
}

}  // namespace pagoda::api
