#include "answer_text.h"

#include <algorithm>

#include <pagoda/sdk.hpp>

#include "chat_completions/json_text.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;

using Writer = json::Writer<std::string>;

void writePlace(Writer& writer, std::string_view key, std::string_view raw, std::uint64_t shift) {
  const auto place = json::Reader(raw).integer();
  if (place && *place >= 0 && shift > 0) {
    writer.member(key, static_cast<std::uint64_t>(*place) + shift);
  } else {
    writer.rawMember(key, raw);
  }
}

// xAI leaves out places and titles, without which clients refuse the whole answer: then the place
// is an empty one where the text begins.
void writePage(Writer& writer, std::string_view raw, std::uint64_t shift) {
  bool start = false, end = false, title = false;
  std::string_view url = "\"\"";
  writer.beginObject().member("type", "url_citation").key("url_citation").beginObject();
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "type" || value == "null") return;
    start = start || key == "start_index";
    end = end || key == "end_index";
    title = title || key == "title";
    if (key == "url") url = value;
    if (key == "start_index" || key == "end_index") {
      writePlace(writer, key, value, shift);
    } else {
      writer.rawMember(key, value);
    }
  });
  if (!start) writer.member("start_index", shift);
  if (!end) writer.member("end_index", shift);
  if (!title) writer.rawMember("title", url);
  writer.endObject().endObject();
}

void writeLogprob(Writer& writer, std::string_view entry, bool top) {
  bool bytes = false, others = top;
  writer.beginObject();
  eachMember(entry, [&](std::string_view key, std::string_view raw) {
    bytes = bytes || key == "bytes";
    if (key != "top_logprobs" || !raw.starts_with('[')) {
      writer.rawMember(key, raw);
      return;
    }
    others = true;
    writer.key(key).beginArray();
    eachElement(raw, [&](std::string_view element) { writeLogprob(writer, element, true); });
    writer.endArray();
  });
  if (!bytes) writer.key("bytes").null();
  if (!others) writer.key("top_logprobs").beginArray().endArray();
  writer.endObject();
}

}  // namespace

void annotationsOf(std::string_view array, std::uint64_t shift, std::string& pages,
                   std::string& others) {
  eachElement(array, [&](std::string_view raw) {
    if (!raw.starts_with('{')) return;
    const bool page = memberOf(raw, "type") == R"("url_citation")";
    std::string& out = page ? pages : others;
    if (!out.empty()) out += ',';
    Writer writer(out);
    if (!page || memberOf(raw, "url_citation").starts_with('{')) {
      writer.raw(raw);
      return;
    }
    writePage(writer, raw, shift);
  });
}

std::string logprobsOf(std::string_view array) {
  std::string out;
  Writer writer(out);
  eachElement(array, [&](std::string_view entry) {
    if (entry.starts_with('{')) writeLogprob(writer, entry, false);
  });
  return out;
}

std::string usageOf(std::string_view raw) {
  std::string out;
  Writer writer(out);
  writer.beginObject();
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    const std::string_view name = key == "input_tokens"            ? "prompt_tokens"
                                  : key == "output_tokens"         ? "completion_tokens"
                                  : key == "input_tokens_details"  ? "prompt_tokens_details"
                                  : key == "output_tokens_details" ? "completion_tokens_details"
                                                                   : key;
    writer.rawMember(name, value);
  });
  writer.endObject();
  return out;
}

std::uint64_t charactersIn(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace pagoda::openai
