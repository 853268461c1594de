// A connection's bytes through the request parser and the chunked decoder, whole and cut in pieces:
// both have to come to the same reading.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/net/chunked_decoder.h"
#include "core/net/request_parser.h"

namespace {

using namespace pagoda::net;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Reading {
  RequestParser::State state = RequestParser::State::More;
  int status = 0;
  std::size_t size = 0;
  std::string fields;
  std::string body;
  ChunkedDecoder::State bodyState = ChunkedDecoder::State::More;
  bool operator==(const Reading&) const = default;
};

void readBody(std::string_view bytes, std::size_t step, Reading& reading) {
  ChunkedDecoder decoder(4096);
  while (!bytes.empty() && reading.bodyState == ChunkedDecoder::State::More) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    reading.bodyState = decoder.decode(piece, reading.body);
    require(reading.body.size() <= 4096);
  }
}

/// `parser` may have served a request before.
Reading read(RequestParser& parser, std::string_view input, std::size_t step) {
  Reading reading;
  std::string buffer;
  parser.reset();
  while (buffer.size() < input.size() && reading.state == RequestParser::State::More) {
    buffer.append(input.substr(buffer.size(), step));
    buffer.shrink_to_fit();
    reading.state = parser.parse(buffer.data(), buffer.size());
  }
  if (reading.state == RequestParser::State::Refused) {
    reading.status = parser.refusal().status;
    require(reading.status >= 400 && reading.status < 600 && !parser.refusal().why.empty());
  }
  if (reading.state != RequestParser::State::Complete) return reading;

  const RequestHead& head = parser.head();
  const pagoda::HttpRequest& request = head.request;
  reading.size = head.size;
  require(head.size <= buffer.size());
  require(request.http10 || request.count("host") == 1);
  require(request.path.front() == '/' || request.path == "*");
  require(request.count("content-length") + request.count("transfer-encoding") <= 1);
  reading.fields = std::string(request.method) + ' ' + std::string(request.path) + '?' +
                   std::string(request.query);
  for (const auto& [name, value] : request.headers) {
    require(!name.empty() && name.find_first_of("\r\n :") == std::string_view::npos);
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    reading.fields.append(name).append(":").append(value).append("\n");
  }
  if (head.body == BodyKind::Chunked) readBody(input.substr(head.size), step, reading);
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  RequestParser parser(HeadLimits{2048, 512, 16});
  const Reading whole = read(parser, input, size == 0 ? 1 : size);
  const Reading pieces = read(parser, input, size % 7 + 1);
  require(whole == pieces);
  return 0;
}
