#include "embeddings.h"

#include <algorithm>

#include "failure.h"

namespace pagoda::gemini {

namespace {

using sdk::view;

// Source: the services' limits, read 2026-11-25. gemini-embedding-001 takes one text in predict.
constexpr std::uint32_t kBatchMost = 100;
constexpr std::uint32_t kPredictMost = 250;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

EmbeddingCalls::EmbeddingCalls(const Settings& settings, const pagoda_embedding_request& request)
    : settings_(settings),
      request_(request),
      model_(view(request.model)),
      total_(request.inputs.count) {
  if ((request.flags & PAGODA_EMBED_TOKENS) != 0 || total_ == 0)
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "Gemini embeds texts, not token ids");
  if (!settings.vertex) {
    most_ = kBatchMost;
  } else if (contains(model_, "gemini-embedding-") && !contains(model_, "-001")) {
    form_ = Form::Single;
  } else {
    form_ = Form::Predict;
    most_ = contains(model_, "gemini-embedding-") ? 1 : kPredictMost;
  }
}

std::uint32_t EmbeddingCalls::size() const {
  return std::min(most_, total_ - done_);
}

std::string_view EmbeddingCalls::method() const {
  switch (form_) {
    case Form::Single:
      return "embedContent";
    case Form::Predict:
      return "predict";
    case Form::Batch:
      break;
  }
  return "batchEmbedContents";
}

void EmbeddingCalls::writeText(json::Writer<sdk::Buffer>& writer, std::string_view text) const {
  writer.key("content").beginObject().key("parts").beginArray();
  writer.beginObject().member("text", text).endObject();
  writer.endArray().endObject();
}

void EmbeddingCalls::writeSettings(json::Writer<sdk::Buffer>& writer,
                                   std::string_view taskName) const {
  // From gemini-embedding-2 on the task stands in the text itself.
  const bool takesTask = !contains(model_, "gemini-embedding-") || contains(model_, "-001");
  if ((request_.flags & PAGODA_EMBED_QUERY) != 0 && takesTask)
    writer.member(taskName, "RETRIEVAL_QUERY");
  if (form_ != Form::Predict && request_.dimensions > 0)
    writer.member("outputDimensionality", request_.dimensions);
}

void EmbeddingCalls::writeBody(sdk::Buffer& out) const {
  const sdk::Range<pagoda_str> inputs(request_.inputs);
  json::Writer<sdk::Buffer> writer(out);
  writer.beginObject();
  if (form_ == Form::Single) {
    writeText(writer, view(inputs[done_]));
    writeSettings(writer, "taskType");
    writer.endObject();
    return;
  }
  writer.key(form_ == Form::Batch ? "requests" : "instances").beginArray();
  for (std::uint32_t i = done_; i < done_ + size(); ++i) {
    writer.beginObject();
    if (form_ == Form::Batch) {
      writer.member("model", resourceOf(settings_, model_));
      writeText(writer, view(inputs[i]));
      writeSettings(writer, "taskType");
    } else {
      writer.member("content", view(inputs[i]));
      writeSettings(writer, "task_type");
    }
    writer.endObject();
  }
  writer.endArray();
  if (form_ == Form::Predict && request_.dimensions > 0) {
    writer.key("parameters").beginObject();
    writer.member("outputDimensionality", request_.dimensions).endObject();
  }
  writer.endObject();
}

void EmbeddingCalls::vector(json::Reader& values, sdk::Events& events) {
  if (values.kind() != json::Kind::Array) return values.skip();
  events.embedding(done_ + found_, values.raw());
  ++found_;
}

// {"values":[...]}, with {"statistics":{"token_count":n}} in predict's answers.
void EmbeddingCalls::vectorsIn(json::Reader& value, sdk::Events& events) {
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "values") {
      vector(member, events);
    } else if (key == "embeddings") {
      vectorsIn(member, events);
    } else if (key == "statistics") {
      member.object([&](std::string_view name, json::Reader& count) {
        if (name != "token_count") return;
        const std::int64_t tokens = static_cast<std::int64_t>(count.number().value_or(-1));
        if (tokens >= 0) tokens_ = std::max<std::int64_t>(tokens_, 0) + tokens;
      });
    }
  });
}

void EmbeddingCalls::read(std::string_view text, sdk::Events& events) {
  if (!json::validUtf8(text))
    throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent text that is not UTF-8");
  if (!started_) events.start({}, model_);
  started_ = true;
  found_ = 0;
  json::Reader reader(text);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "embedding") {
      vectorsIn(value, events);
    } else if (key == "embeddings" || key == "predictions") {
      value.array([&](json::Reader& element) {
        if (found_ < size()) vectorsIn(element, events);
      });
    } else if (key == "usageMetadata") {
      value.object([&](std::string_view name, json::Reader& count) {
        if (name != "promptTokenCount") return;
        const std::int64_t tokens = count.integer().value_or(-1);
        if (tokens >= 0) tokens_ = std::max<std::int64_t>(tokens_, 0) + tokens;
      });
    } else if (key == "error" && value.kind() == json::Kind::Object) {
      throw failureInBody(text);
    }
  });
  reader.finish();
  if (found_ != size())
    throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream did not send a vector for each text");
  done_ += found_;
  if (done() && tokens_ >= 0) events.usage(tokens_, 0);
}

}  // namespace pagoda::gemini
