#include "chat_completions/embeddings.h"

#include <utility>

#include "chat_completions/failures.h"
#include "chat_completions/request_body.h"
#include "chat_completions/usage.h"

namespace pagoda::chat_completions {

namespace {

using json::Edit;

// Far above what any server takes in one request.
constexpr std::int64_t kMostVectors = 100'000;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

int base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// Base64 of signed bytes as a JSON array of numbers.
std::string numbersOfInt8(std::string_view base64) {
  std::string out = "[";
  unsigned bits = 0;
  int have = 0;
  while (base64.ends_with('=')) base64.remove_suffix(1);
  for (const char c : base64) {
    const int digit = base64Digit(c);
    if (digit < 0) nonsense("the upstream sent a vector that is not base64");
    bits = (bits << 6) | static_cast<unsigned>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    if (out.size() > 1) out += ',';
    json::appendNumber(out, static_cast<int>(static_cast<std::int8_t>((bits >> have) & 0xFF)));
  }
  return out + "]";
}

struct Answer {
  std::string_view data, usage;
  std::string id, model;
  std::string extra;

  explicit Answer(std::string_view text) {
    json::Writer writer(extra);
    writer.beginObject();
    json::Reader reader(text);
    std::string buffer;
    const bool object = reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "data") {
        data = value.raw();
      } else if (key == "usage") {
        usage = value.raw();
      } else if (key == "id") {
        id = value.string(buffer).value_or("");
      } else if (key == "model") {
        model = value.string(buffer).value_or("");
      } else if (key != "object" && key != "created") {
        const std::string name(key);
        if (const std::string_view raw = value.raw(); raw != "null") writer.rawMember(name, raw);
      }
    });
    reader.finish();
    writer.endObject();
    if (!object) nonsense("the upstream sent JSON that is not an object");
  }
};

class BodyWriter {
 public:
  BodyWriter(const pagoda_embedding_request& request, const Settings& settings)
      : extra_(sdk::view(request.extra_json)), settings_(settings) {
    json::appendString(model_, sdk::view(request.model));
  }

  void write(std::string_view raw, sdk::Buffer& out) {
    json::rewriteObject(
        raw, out, [&](std::string_view key, std::string_view value) { return edit(key, value); },
        [&](auto& tail) {
          if (!hasModel_) tail.add("model", model_);
          if (settings_.embeddingBase64) tail.add("encoding_format", "\"base64\"");
          if (!dimensions_.empty()) tail.add(settings_.embeddingDimensions, dimensions_);
          if (extra_.empty()) return;
          json::Reader reader(extra_);
          reader.object([&](std::string_view key, json::Reader& value) {
            const std::string name(key);
            tail.add(name, value.raw());
          });
        });
  }

 private:
  bool isExtra(std::string_view key) const {
    bool found = false;
    if (extra_.empty()) return found;
    json::Reader reader(extra_);
    reader.object([&](std::string_view name, json::Reader&) { found = found || name == key; });
    return found;
  }

  Edit edit(std::string_view key, std::string_view value) {
    if (key == "model" && !hasModel_) {
      hasModel_ = true;
      return {Edit::Action::Replace, model_};
    }
    // The host serves the client's format itself.
    if (key == "model" || key == "encoding_format" || redirects(key) || isExtra(key))
      return {Edit::Action::Drop, {}};
    for (const std::string& dropped : settings_.drop) {
      if (dropped == key) return {Edit::Action::Drop, {}};
    }
    if (key == "dimensions" && settings_.embeddingDimensions != "dimensions") {
      dimensions_ = value;
      return {Edit::Action::Drop, {}};
    }
    return {};
  }

  std::string_view extra_;
  const Settings& settings_;
  std::string model_;
  std::string_view dimensions_;
  bool hasModel_ = false;
};

}  // namespace

void writeEmbeddingsBody(const pagoda_embedding_request& request, const Settings& settings,
                         sdk::Buffer& out) {
  BodyWriter(request, settings).write(sdk::view(request.raw_json), out);
}

void readEmbeddings(std::string_view text, const pagoda_embedding_request& request,
                    const Settings& settings, sdk::Events& events) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
  const Answer answer(text);
  if (!answer.data.starts_with('[')) {
    if (isError(text)) throw failureInBody(text);
    nonsense("the upstream sent an answer without vectors");
  }
  events.start(answer.id, answer.model.empty() ? sdk::view(request.model) : answer.model);
  VectorSink vectors(request);
  std::int64_t position = 0;
  json::Reader reader(answer.data);
  reader.array([&](json::Reader& element) {
    std::int64_t index = position++;
    std::string_view vector;
    element.object([&](std::string_view key, json::Reader& value) {
      if (key == "index") index = value.integer().value_or(index);
      if (key == "embedding") vector = value.raw();
    });
    vectors.put(index, vector, settings.embeddingInt8, events);
  });
  vectors.finish();
  if (answer.extra != "{}") events.extra(PAGODA_EXTRA_ANSWER, answer.extra);
  if (!answer.usage.starts_with('{')) return;
  const Usage usage = readUsage(answer.usage, settings);
  if (!usage.extra.empty()) events.extra(PAGODA_EXTRA_USAGE, usage.extra);
  events.usage(usage.counts);
}

void VectorSink::put(std::int64_t index, std::string_view raw, bool int8, sdk::Events& events) {
  const std::size_t inputs = request_.inputs.count;  // 0: token ids, of which only raw_json tells
  if (index < 0 || index >= kMostVectors || (inputs != 0 && std::cmp_greater_equal(index, inputs)))
    nonsense("the upstream sent a vector for an input that is not there");
  const auto place = static_cast<std::size_t>(index);
  if (seen_.size() <= place) seen_.resize(place + 1, '0');
  if (seen_[place] == '1') nonsense("the upstream sent two vectors for one input");
  seen_[place] = '1';
  ++count_;
  const auto number = static_cast<std::uint32_t>(index);
  if (raw.starts_with('[')) {
    bool numbers = true;
    bool any = false;
    json::Reader reader(raw);
    reader.array([&](json::Reader& element) {
      any = true;
      numbers = numbers && element.kind() == json::Kind::Number;
    });
    if (!numbers || !any) nonsense("the upstream sent a vector that is not of numbers");
    return events.embedding(number, raw);
  }
  if (!raw.starts_with('"')) nonsense("the upstream sent something that is no vector");
  const std::string_view text = *json::Reader(raw).string(buffer_);
  if (text.empty()) nonsense("the upstream sent an empty vector");
  if (int8) return events.embedding(number, numbersOfInt8(text));
  events.embedding(number, {}, text);
}

void VectorSink::finish() const {
  const bool whole = request_.inputs.count == 0 ? count_ > 0 && count_ == seen_.size()
                                                : count_ == request_.inputs.count;
  if (!whole) nonsense("the upstream sent no vector for some inputs");
}

}  // namespace pagoda::chat_completions
