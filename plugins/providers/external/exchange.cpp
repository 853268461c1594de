#include "exchange.h"

#include <algorithm>

#include "failures.h"

namespace pagoda::external {
namespace {

// As a model would count them, roughly: the bound is the caller's wish for a short answer, not the
// price, which does not depend on it.
std::string_view cutToTokens(std::string_view text, std::int64_t tokens) {
  std::int64_t quarters = tokens > 1'000'000 ? 4'000'000 : tokens * 4;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xC0) == 0x80) continue;
    quarters -= byte < 0x80 ? 1 : 4;
    if (quarters < 0) return text.substr(0, at);
  }
  return text;
}

std::string_view cutAtStops(std::string_view text, const pagoda_array& stops) {
  for (const pagoda_str& stop : sdk::Range<pagoda_str>(stops))
    if (stop.size != 0) text = text.substr(0, text.find(sdk::view(stop)));
  return text;
}

}  // namespace

ApiExchange::ApiExchange(Shared& shared, Run run, const pagoda_attempt& attempt,
                         const pagoda_chat_request& request)
    : shared_(shared),
      run_(std::move(run)),
      request_(request),
      id_("external-" + std::string(sdk::view(attempt.request_id))) {}

std::optional<std::string> ApiExchange::cached(const Step& step) const {
  if (step.cacheTtlNs == 0 || !PAGODA_CAN(shared_.host.get(), now_ns)) return std::nullopt;
  return shared_.cache.find(call_.cacheKey(), shared_.host.nowNs());
}

void ApiExchange::next(pagoda_step& step) {
  for (; at_ < run_.api.steps.size(); ++at_) {
    call_ = requestOf(this->step(), run_);
    // Events need a response to come with, unless the host can do without.
    auto known = !last() || shared_.readySteps ? cached(this->step()) : std::nullopt;
    if (!known) {
      step.kind = PAGODA_STEP_HTTP;
      sdk::HttpRequest http(step.http);
      request(http);
      return;
    }
    run_.answers.insert_or_assign(this->step().name, std::move(*known));
    if (!last()) continue;
    ready_ = true;
    ++at_;
    step.kind = kStepReady;
    return;
  }
  step.kind = PAGODA_STEP_DONE;
}

void ApiExchange::data(const sdk::Frame& frame, sdk::Events& events) {
  if (ready_) {
    if (frame.last) emit(events);
    return;
  }
  if (at_ >= run_.api.steps.size())
    throw sdk::Failure(PAGODA_E_BAD_STATE, "a frame after the last answer");
  if (frame.data.size() > run_.api.mostBytes - body_.size())
    throw sdk::Failure(PAGODA_E_TOO_LARGE, run_.api.name + " sent more than max_bytes");
  body_ += frame.data;
  if (frame.last) take(events);
}

void ApiExchange::take(sdk::Events& events) {
  const Step& done = step();
  checkErrors(done, run_, status_, body_);
  costNusd_ += done.priceNusd;
  // What was paid is told at once: a later step may fail.
  if (done.priceNusd != 0) bill(events);
  checkExpected(done, run_, body_);
  if (done.cacheTtlNs != 0 && PAGODA_CAN(shared_.host.get(), now_ns))
    shared_.cache.put(call_.cacheKey(), body_,
                      shared_.host.nowNs() + static_cast<std::uint64_t>(done.cacheTtlNs));
  run_.answers.insert_or_assign(done.name, std::move(body_));
  body_.clear();
  ++at_;
  if (at_ == run_.api.steps.size()) emit(events);
}

void ApiExchange::failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) {
  if (at_ < run_.api.steps.size()) readFailure(step(), run_, head.status, body, error);
}

void ApiExchange::start(sdk::Events& events) {
  if (started_) return;
  started_ = true;
  events.start(id_, run_.api.name);
}

void ApiExchange::bill(sdk::Events& events) {
  start(events);
  pagoda_usage usage = sdk::unknownUsage();
  usage.cost_nusd = costNusd_;
  events.usage(usage);
}

void ApiExchange::emit(sdk::Events& events) {
  const Answer answer = render(run_);
  const bool json = request_.format == PAGODA_FORMAT_JSON;
  const std::string whole = json ? answerJson(answer) : answer.text;
  std::string_view text = cutAtStops(whole, request_.stop);
  bool cut = false;
  if (request_.max_output_tokens >= 0) {
    const std::string_view shorter = cutToTokens(text, request_.max_output_tokens);
    cut = shorter.size() < text.size();
    text = shorter;
  }
  start(events);
  if (!text.empty()) events.text(text);
  if (!answer.sources.empty()) {
    // Places in the text are told only where the text is as it was.
    if (!json && text.size() == whole.size())
      events.extra(PAGODA_EXTRA_MESSAGE, annotationsJson(answer));
    events.extra(PAGODA_EXTRA_ANSWER, citationsJson(answer));
  }
  events.finish(cut ? PAGODA_FINISH_LENGTH : PAGODA_FINISH_STOP, cut ? "length" : "stop");
  bill(events);
}

}  // namespace pagoda::external
