#include "core/api/stream_sink.h"

namespace pagoda::api {

StreamSink::StreamSink(ResponseWriter& response, StreamHead head)
    : response_(response), head_(std::move(head)) {}

void StreamSink::begin(const Outcome& outcome) {
  modelKey_ = outcome.model;
  response_.start(200, head_.headers(outcome));
}

Task<Result<void>> StreamSink::drain() {
  return response_.flush();
}

}  // namespace pagoda::api
