#include "core/api/rate_gate.h"

#include <algorithm>

#include "core/services/classifier.h"

namespace pagoda::api {
namespace {

using services::RateView;

// "8.64s", "17ms", "6m0s", rounded up: after that time it is so.
std::string durationText(Duration time) {
  const std::int64_t ms = std::chrono::ceil<Millis>(time).count();
  if (ms < 1000) return std::to_string(ms) + "ms";
  std::string text;
  if (ms >= 60'000) text = std::to_string(ms / 60'000) + "m";
  text += std::to_string(ms / 1000 % 60);
  std::string rest = std::to_string(1000 + ms % 1000).substr(1);
  rest.erase(rest.find_last_not_of('0') + 1);
  if (!rest.empty()) text += "." + rest;
  return text + "s";
}

void addFigure(HeaderList& headers, const std::optional<RateView::Figure>& figure,
               const std::string& kind) {
  if (!figure) return;
  headers.emplace_back("x-ratelimit-limit-" + kind, std::to_string(figure->limit));
  headers.emplace_back("x-ratelimit-remaining-" + kind, std::to_string(figure->remaining));
  headers.emplace_back("x-ratelimit-reset-" + kind, durationText(figure->untilFull));
}

// Prompt and answer. Where the client sets no bound to the answer, the default one counts, but not
// so that the request could never be let in.
std::int64_t tokensAskedFor(const services::CorridorRequest& request, Tokens defaultMaxTokens,
                            std::int64_t limit) {
  if (request.embedding)
    return std::max<std::int64_t>(1, services::estimatedTokens(textBytes(*request.embedding)));
  const ChatRequest& chat = request.chat;
  const std::int64_t prompt = services::estimatedTokens(services::textBytes(chat));
  constexpr std::int64_t kMost = 1'000'000'000;
  if (chat.maxOutputTokens)
    return prompt + std::min<std::int64_t>(*chat.maxOutputTokens, kMost) * chat.choices;
  return std::max(prompt, std::min<std::int64_t>(prompt + defaultMaxTokens, limit));
}

}  // namespace

services::AddressBytes addressOf(const services::RateLimiter& rates, const HttpRequest& request) {
  const services::AddressBytes peer =
      services::parseAddress(request.peer).value_or(services::AddressBytes{});
  if (!rates.proxies().trusts(peer)) return peer;
  std::vector<std::string_view> forwarded;
  for (const auto& [name, value] : request.headers)
    if (name == "x-forwarded-for") forwarded.push_back(value);
  return rates.proxies().clientOf(peer, forwarded);
}

Task<std::optional<services::RateTicket>> enterByRate(const ApiContext& api, RequestScope& scope,
                                                      const services::CorridorRequest* corridor) {
  if (api.rates == nullptr) co_return services::RateTicket{};
  services::RateLimiter& rates = *api.rates;
  const services::AddressBytes address =
      rates.book().asksForAddress() ? addressOf(rates, scope.http) : services::AddressBytes{};
  const services::RateParty party = rates.book().partyOf(scope.caller, address);
  if (!party.limited()) co_return services::RateTicket{};
  const std::optional<std::int64_t> limit = party.tokensPerMinute();
  const std::int64_t tokens =
      limit && corridor != nullptr
          ? tokensAskedFor(*corridor, api.orchestrator.serving()->defaultMaxTokens, *limit)
          : 0;
  scope.rate.emplace();
  Result<services::RateTicket> ticket =
      co_await rates.admit(party, tokens, *scope.rate, scope.runtime, &scope.response.clientGone());
  if (!ticket) {
    co_await refuse(api, scope, ticket.error());
    co_return std::nullopt;
  }
  co_return std::optional<services::RateTicket>(*std::move(ticket));
}

void settleRate(services::RateTicket& ticket, const Outcome& outcome) {
  std::int64_t used = 0;
  for (const AttemptRecord& attempt : outcome.attempts) {
    const Usage& usage = attempt.usage;
    if (usage.prompt || usage.completion) {
      used += usage.prompt.value_or(0) + usage.completion.value_or(0);
    } else if (!attempt.failure || attempt.cost > Money{}) {
      used += ticket.tokens();  // it did something and does not say how much
    }
  }
  ticket.settle(used);
}

Error countWrongKey(const ApiContext& api, const HttpRequest& request, Error error) {
  if (api.rates == nullptr || error.code != ErrorCode::Unauthenticated) return error;
  Duration wait{};
  if (api.rates->book().wrongKey(addressOf(*api.rates, request), wait)) return error;
  api.metrics.count("wrong_keys_throttled_total");
  return {ErrorCode::RateLimited,
          "too many wrong API keys came from this address; a right one is let in at once",
          {},
          {},
          std::chrono::ceil<Millis>(wait)};
}

void addRateHeaders(HeaderList& headers, const services::RateView& view) {
  addFigure(headers, view.requests, "requests");
  addFigure(headers, view.tokens, "tokens");
}

}  // namespace pagoda::api
