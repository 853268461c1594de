#include "core/services/rate_book.h"

#include <cstring>
#include <functional>

namespace pagoda::services {
namespace {

struct Refused {
  std::string message;
  std::optional<Duration> wait;  ///< nothing: waiting does not help
};
using Verdict = std::optional<Refused>;

RateId idOf(const AddressBytes& address) {
  RateId id;
  std::memcpy(&id.high, address.data(), 8);
  std::memcpy(&id.low, address.data() + 8, 8);
  // Who has one IPv6 address has 2^64 of them: the network counts.
  if (id.high != 0) id.low = 0;
  return id;
}

// Two hashes of the name, 128 bits: callers that share an entry would share a limit.
RateId idOf(std::string_view name) {
  const std::size_t low = std::hash<std::string_view>{}(name);
  std::uint64_t high = 14'695'981'039'346'656'037ULL;  // FNV-1a
  for (const char c : name) high = (high ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  return {high | 1, low};
}

void keepTighter(std::optional<RateView::Figure>& figure, const RateMeter& meter,
                 std::int64_t limit, std::int64_t now) {
  const RateView::Figure mine{limit, meter.remaining(limit, now), meter.untilFull(now)};
  if (!figure || mine.remaining < figure->remaining) figure = mine;
}

void look(const RateMeters& meters, const RateScope& scope, std::int64_t now, RateView& view) {
  if (scope.requestsPerMinute > 0)
    keepTighter(view.requests, meters.requests, scope.requestsPerMinute, now);
  if (scope.tokensPerMinute > 0)
    keepTighter(view.tokens, meters.tokens, scope.tokensPerMinute, now);
}

void takeFrom(RateMeters& meters, const RateScope& scope, std::int64_t requests,
              std::int64_t tokens, std::int64_t now) {
  if (scope.requestsPerMinute > 0) meters.requests.take(requests, scope.requestsPerMinute, now);
  if (scope.tokensPerMinute > 0) meters.tokens.take(tokens, scope.tokensPerMinute, now);
}

Verdict check(const RateMeters& meters, const RateScope& scope, std::int64_t tokens,
              std::int64_t now, std::string_view whose) {
  const auto over = [&](std::string_view kind, std::int64_t limit) {
    return "the limit of " + std::to_string(limit) + " " + std::string(kind) + " a minute for " +
           std::string(whose) + " is reached; send fewer, or wait for Retry-After";
  };
  if (tokens > scope.tokensPerMinute && scope.tokensPerMinute > 0)
    return Refused{"the request asks for " + std::to_string(tokens) + " tokens, and " +
                       std::string(whose) + " may use " + std::to_string(scope.tokensPerMinute) +
                       " a minute; shorten the prompt or lower max_tokens",
                   std::nullopt};
  Duration wait{};
  Verdict verdict;
  if (scope.requestsPerMinute > 0) {
    wait = meters.requests.waitFor(1, scope.requestsPerMinute, now);
    if (wait > Duration{}) verdict = Refused{over("requests", scope.requestsPerMinute), wait};
  }
  if (scope.tokensPerMinute > 0) {
    const Duration longer = meters.tokens.waitFor(tokens, scope.tokensPerMinute, now);
    if (longer > wait) verdict = Refused{over("tokens", scope.tokensPerMinute), longer};
  }
  return verdict;
}

bool enterInto(RateMeters& meters, const RateScope& scope) {
  if (meters.underWay >= scope.concurrent) return false;
  ++meters.underWay;
  return true;
}

}  // namespace

std::optional<std::int64_t> RateParty::tokensPerMinute() const {
  std::optional<std::int64_t> least;
  for (const RateScope* scope : {&keyLimits, &addressLimits, &globalLimits})
    if (scope->tokensPerMinute > 0)
      least = std::min(least.value_or(scope->tokensPerMinute), scope->tokensPerMinute);
  return least;
}

RateBook::RateBook(const RateLimits& limits, const Clock& clock)
    : limits_(limits), clock_(clock), callers_(limits.tracked), addresses_(limits.tracked) {}

template <class Use>
auto RateBook::inGlobal(Use&& use) {
  const std::lock_guard lock(mutex_);
  return use(global_);
}

template <class Use>
void RateBook::everywhere(const RateParty& party, Use&& use) {
  if (party.keyLimits.limits())
    callers_.with(party.key, [&](RateMeters& meters) { use(meters, party.keyLimits); });
  if (party.addressLimits.limits())
    addresses_.with(party.address, [&](RateMeters& meters) { use(meters, party.addressLimits); });
  if (party.globalLimits.limits())
    inGlobal([&](RateMeters& meters) { use(meters, party.globalLimits); });
}

RateParty RateBook::partyOf(const Caller& caller, const AddressBytes& address) const {
  RateParty party;
  party.addressLimits = limits_.address;
  party.globalLimits = limits_.global;
  if (asksForAddress()) party.address = idOf(address);
  if (caller.key.empty()) return party;
  party.key = idOf(caller.key.value());
  party.keyLimits = limits_.key;
  if (caller.grants) {
    const KeyGrants& grants = *caller.grants;
    party.keyLimits = {grants.requestsPerMinute.value_or(limits_.key.requestsPerMinute),
                       grants.tokensPerMinute.value_or(limits_.key.tokensPerMinute),
                       grants.concurrent.value_or(limits_.key.concurrent)};
  }
  return party;
}

Result<void> RateBook::charge(const RateParty& party, std::int64_t tokens, RateView& view) {
  const std::int64_t now = nanosOf(clock_.now());
  view = {};
  Verdict refused;
  const auto tryScope = [&](RateMeters& meters, const RateScope& scope, std::string_view whose) {
    refused = check(meters, scope, tokens, now, whose);
    if (!refused) takeFrom(meters, scope, 1, tokens, now);
    look(meters, scope, now, view);
  };
  RateParty taken;  // the scopes that have counted this request
  taken.key = party.key;
  taken.address = party.address;
  if (party.keyLimits.limits()) {
    callers_.with(party.key, [&](RateMeters& m) { tryScope(m, party.keyLimits, "this key"); });
    if (!refused) taken.keyLimits = party.keyLimits;
  }
  if (!refused && party.addressLimits.limits()) {
    addresses_.with(party.address,
                    [&](RateMeters& m) { tryScope(m, party.addressLimits, "this address"); });
    if (!refused) taken.addressLimits = party.addressLimits;
  }
  if (!refused && party.globalLimits.limits())
    inGlobal([&](RateMeters& m) { tryScope(m, party.globalLimits, "this server"); });
  if (!refused) return {};
  refund(taken, tokens);
  Error error{ErrorCode::RateLimited, std::move(refused->message), {}, {}, {}};
  if (refused->wait) error.retryAfter = std::chrono::ceil<Millis>(*refused->wait);
  return tl::unexpected<Error>(std::move(error));
}

void RateBook::settle(const RateParty& party, std::int64_t charged, std::int64_t used) {
  if (charged == used) return;
  const std::int64_t now = nanosOf(clock_.now());
  everywhere(party, [&](RateMeters& meters, const RateScope& scope) {
    takeFrom(meters, scope, 0, used - charged, now);
  });
}

void RateBook::refund(const RateParty& party, std::int64_t tokens) {
  const std::int64_t now = nanosOf(clock_.now());
  everywhere(party, [&](RateMeters& meters, const RateScope& scope) {
    takeFrom(meters, scope, -1, -tokens, now);
  });
}

bool RateBook::enter(const RateParty& party) {
  const auto into = [](const RateScope& scope) {
    return [&scope](RateMeters& meters) { return enterInto(meters, scope); };
  };
  RateParty taken;
  taken.key = party.key;
  taken.address = party.address;
  bool room = true;
  if (party.keyLimits.concurrent > 0) {
    room = callers_.with(party.key, into(party.keyLimits));
    if (room) taken.keyLimits = party.keyLimits;
  }
  if (room && party.addressLimits.concurrent > 0) {
    room = addresses_.with(party.address, into(party.addressLimits));
    if (room) taken.addressLimits = party.addressLimits;
  }
  if (room && party.globalLimits.concurrent > 0) room = inGlobal(into(party.globalLimits));
  if (!room) leave(taken);
  return room;
}

void RateBook::leave(const RateParty& party) {
  everywhere(party, [](RateMeters& meters, const RateScope& scope) {
    if (scope.concurrent > 0) --meters.underWay;
  });
}

bool RateBook::wrongKey(const AddressBytes& address, Duration& wait) {
  if (limits_.wrongKeysPerMinute <= 0) return true;
  const std::int64_t now = nanosOf(clock_.now());
  return addresses_.with(idOf(address), [&](RateMeters& meters) {
    wait = meters.wrongKeys.waitFor(1, limits_.wrongKeysPerMinute, now);
    if (wait > Duration{}) return false;
    meters.wrongKeys.take(1, limits_.wrongKeysPerMinute, now);
    return true;
  });
}

}  // namespace pagoda::services
