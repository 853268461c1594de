#include "core/net/framer.h"

#include <algorithm>

#include "core/net/aws_framer.h"
#include "core/net/json_array_framer.h"
#include "core/net/line_framers.h"
#include "core/net/sse_framer.h"

namespace pagoda::net {
namespace {

/// "Text/Event-Stream; charset=utf-8" becomes "text/event-stream".
std::string mediaType(std::string_view contentType) {
  std::string type(contentType.substr(0, contentType.find(';')));
  type.erase(std::find_if(type.begin(), type.end(), [](char c) { return c == ' ' || c == '\t'; }),
             type.end());
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type;
}

bool isJson(std::string_view type) {
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

bool isJsonLines(std::string_view type) {
  return type == "application/x-ndjson" || type == "application/ndjson" ||
         type == "application/jsonl" || type == "application/x-jsonlines" ||
         type == "application/stream+json";
}

}  // namespace

FrameStep Framer::failTooLarge(std::size_t limit) {
  return fail(FailureKind::TooLarge,
              "a frame of the answer is larger than " + std::to_string(limit) + " bytes");
}

std::unique_ptr<Framer> makeFramer(Framing framing, std::size_t maxFrame, std::size_t maxBody,
                                   std::size_t sizeHint) {
  switch (framing) {
    case Framing::Whole:
      return std::make_unique<WholeFramer>(maxBody, sizeHint);
    case Framing::Sse:
      return std::make_unique<SseFramer>(maxFrame);
    case Framing::Lines:
      return std::make_unique<LinesFramer>(maxFrame);
    case Framing::Raw:
      return std::make_unique<RawFramer>();
    case Framing::AwsEventStream:
      return std::make_unique<AwsFramer>(maxFrame);
    case Framing::JsonArray:
      return std::make_unique<JsonArrayFramer>(maxFrame, maxBody);
  }
  return std::make_unique<RawFramer>();
}

Framing framingFor(Framing asked, std::string_view contentType, bool lengthKnown) {
  if (asked == Framing::Whole && contentType.size() < 17)
    return asked;  // no event stream is shorter
  const std::string type = mediaType(contentType);
  if (type == "text/event-stream") return Framing::Sse;
  if (asked == Framing::Whole || asked == Framing::Raw) return asked;
  if (type == "application/vnd.amazon.eventstream") return Framing::AwsEventStream;
  if (isJsonLines(type)) return Framing::Lines;
  if (type == "text/html") return Framing::Whole;
  if (isJson(type)) {
    // A streamed array is JSON as well; its framer looks at the first byte. Lines come under this
    // type from some servers, which never know the length beforehand.
    if (asked == Framing::JsonArray) return asked;
    if (asked == Framing::Lines && !lengthKnown) return asked;
    return Framing::Whole;
  }
  return asked;
}

}  // namespace pagoda::net
