#pragma once
// Turns the bytes of an answer, whole or streamed, into events.

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "partial_args.h"
#include "usage.h"

namespace pagoda::gemini {

struct AnswerPart;

/// One answer. Calls match: whole | chunk* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer of this dialect or ends early, PAGODA_E_UNAVAILABLE for a candidate that came to
/// nothing by a fault of the model's, the upstream's own error if the body reports one, or what the
/// host's sink answered. Members that the events lack are passed on as extras.
class AnswerReader {
 public:
  explicit AnswerReader(std::string_view requestId) : requestId_(requestId) {}

  /// A GenerateContentResponse, or the array of them that a stream without alt=sse is.
  void whole(std::string_view text, sdk::Events& events);
  /// One GenerateContentResponse of a stream.
  void chunk(std::string_view text, sdk::Events& events);
  /// The stream is over; fails if the answer is not.
  void end(sdk::Events& events);

 private:
  struct Candidate {
    explicit Candidate(std::uint32_t index) : number(index) {}
    std::uint32_t number;
    std::string finish;  // the upstream's word, empty until it came
    bool content = false;
    std::uint32_t calls = 0;
    bool callOpen = false;  // its arguments come in pieces
    PartialArgs args;
    std::string extra;  // as it was last passed on
    // Members whose last value counts: raw, with their names.
    std::vector<std::pair<std::string, std::string>> late;
  };

  std::size_t response(std::string_view text, sdk::Events& events);
  void start(std::string_view id, std::string_view model, sdk::Events& events);
  void feedback(std::string_view raw);
  void candidate(std::string_view raw, std::uint32_t position, sdk::Events& events);
  void candidateMember(Candidate& candidate, std::string_view key, json::Reader& value);
  void content(Candidate& candidate, std::string_view raw, sdk::Events& events);
  void part(Candidate& candidate, std::string_view raw, sdk::Events& events);
  void call(Candidate& candidate, const AnswerPart& part, sdk::Events& events);
  void endCall(Candidate& candidate, sdk::Events& events);
  void media(Candidate& candidate, const AnswerPart& part, sdk::Events& events);
  void signature(std::string_view raw, pagoda_extra_place place, const Candidate& candidate,
                 sdk::Events& events);
  void finish(sdk::Events& events);
  void finishOne(Candidate& candidate, sdk::Events& events);
  Candidate& find(std::int64_t index, std::uint32_t position);
  std::string_view text(std::string_view raw, std::string& buffer);

  std::string requestId_;
  std::deque<Candidate> candidates_;
  UsageCounts usage_;
  std::string block_;  // why the prompt was refused, empty if it was not
  std::string buffer_;
  std::string scratch_;
  std::string extra_;
  std::string lastExtra_;
  bool started_ = false;
  bool usageSaid_ = false;
  bool done_ = false;
};

}  // namespace pagoda::gemini
