#include "core/services/selector.h"

#include <algorithm>

#include "core/domain/parameter.h"
#include "core/services/health_board.h"

namespace pagoda::services {
namespace {

/// What a request's `model` names.
struct Pool {
  bool automatic = false;  ///< "auto" or "tierN": the strategy chooses
  std::optional<int> tier;
  const Model* only = nullptr;
  const ModelRoute* route = nullptr;
};

struct CapabilityName {
  std::uint64_t bit;
  std::string_view name;
};
constexpr CapabilityName kCapabilityNames[] = {
    {kCapTools, "tools"},       {kCapJson, "JSON answers"}, {kCapJsonSchema, "JSON schemas"},
    {kCapImageIn, "images"},    {kCapAudioIn, "audio"},     {kCapFileIn, "files"},
    {kCapLogprobs, "logprobs"},
};

tl::unexpected<Error> unknownModel(std::string_view name, const Catalogue& catalogue) {
  std::string message = "the model '" + std::string(name.substr(0, 100)) + "' is unknown";
  const std::vector<std::string> near = catalogue.near(name);
  for (std::size_t i = 0; i < near.size(); ++i)
    message += (i == 0 ? "; did you mean " : ", ") + near[i];
  message +=
      near.empty() ? "; GET /v1/models lists the known ones, 'auto' lets Pagoda choose" : "?";
  return fail(ErrorCode::UnknownModel, std::move(message), "model");
}

std::optional<int> tierAlias(std::string_view name) {
  const bool alias =
      name.size() == 5 && name.starts_with("tier") && name[4] >= '0' && name[4] <= '4';
  return alias ? std::optional<int>(name[4] - '0') : std::nullopt;
}

Result<Pool> resolve(const CorridorRequest& request, const Serving& serving, Selection& selection) {
  const std::string_view name = request.chat.model;
  const Catalogue& catalogue = *serving.catalogue;
  if (const std::optional<int> tier = tierAlias(name)) return Pool{true, tier, nullptr, nullptr};
  if (!namesModel(name)) return Pool{true, request.chat.preferredTier, nullptr, nullptr};
  if (const ModelRoute* route = catalogue.findRoute(name))
    return Pool{false, std::nullopt, nullptr, route};
  if (const Model* model = catalogue.find(name)) return Pool{false, std::nullopt, model, nullptr};
  if (const auto found = catalogue.unavailable.find(name); found != catalogue.unavailable.end())
    return fail(ErrorCode::NoCandidate,
                "no model can serve this request; " + found->first + ": " + found->second, "model");

  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return unknownModel(name, catalogue);
  const std::string_view provider = name.substr(0, slash);
  const std::string_view id = name.substr(slash + 1);
  if (const Model* model = catalogue.find(provider, id))
    return Pool{false, std::nullopt, model, nullptr};
  if (!catalogue.passthrough || id.empty() || !serving.providers->find(provider))
    return unknownModel(name, catalogue);
  if (!catalogue.unpriced)
    return fail(ErrorCode::UnknownModel,
                "the model '" + std::string(name.substr(0, 100)) +
                    "' has no price; add it to models.yaml or set models.unpriced",
                "model");
  selection.passthrough = std::make_unique<Model>();
  Model& model = *selection.passthrough;
  model.key = name;
  model.provider = provider;
  model.upstreamId = id;
  model.price = *catalogue.unpriced;
  model.kind = request.embedding ? ModelKind::Embedding : ModelKind::Chat;
  // Nothing is known of it, so nothing is held against it.
  model.capabilities = ~std::uint64_t{0};
  return Pool{false, std::nullopt, &model, nullptr};
}

std::string missingCapabilities(std::uint64_t needs, std::uint64_t has) {
  // A model that follows a schema can also answer in JSON.
  if ((has & kCapJsonSchema) != 0) has |= kCapJson;
  std::string text;
  for (const CapabilityName& capability : kCapabilityNames)
    if ((needs & ~has & capability.bit) != 0)
      text += (text.empty() ? "" : ", ") + std::string(capability.name);
  return text;
}

struct Bound {
  Tokens maxOutput = 0;
  Money worst;
  bool clamped = false;
};

/// The most that one call can cost, and the max_tokens that makes it so.
Bound boundOf(const Model& model, const CorridorRequest& request, Tokens promptTokens,
              const Serving& serving, Money purse, CalendarDay today) {
  const Price& price = model.priceAt(today);
  const Money fixed = worstFixedCost(price, promptTokens);
  const Money outputRate = worstOutputRate(price, promptTokens);
  const auto choices = static_cast<Tokens>(request.chat.choices);
  Bound bound;
  bound.maxOutput = request.chat.maxOutputTokens.value_or(serving.defaultMaxTokens);
  if (model.maxOutputTokens > 0) bound.maxOutput = std::min(bound.maxOutput, model.maxOutputTokens);
  const auto worstFor = [&](Tokens tokens) {
    Tokens total = 0;
    if (__builtin_mul_overflow(tokens, choices, &total)) return Money::max();
    return fixed + costOf(total, outputRate);
  };
  bound.worst = worstFor(bound.maxOutput);
  // Only a bound of ours is lowered to what the purse holds: who asked for a length gets it or a
  // 402.
  if (bound.worst <= purse || request.chat.maxOutputTokens || fixed >= purse ||
      outputRate <= Money{})
    return bound;
  __extension__ using Wide = __int128;
  const Wide affordable =
      static_cast<Wide>((purse - fixed).nanoUsd()) * 1'000'000 / outputRate.nanoUsd() / choices;
  if (affordable < 1) return bound;
  bound.maxOutput = static_cast<Tokens>(std::min<Wide>(affordable, bound.maxOutput));
  bound.worst = worstFor(bound.maxOutput);
  bound.clamped = true;
  return bound;
}

/// Wishes that the model would refuse the whole request for.
std::uint32_t droppedFor(const Model& model, std::uint32_t used, const ChatRequest& chat) {
  std::uint32_t dropped = used & model.refuses & ~kParNeeded;
  // Whoever does not think can do without thinking.
  if ((model.capabilities & kCapReasoning) == 0 && chat.reasoningEffort != "none")
    dropped |= used & kParReasoningEffort;
  return dropped;
}

/// Each call has its fee; a provider may take as little as one input at a time.
Bound boundOfEmbeddings(const Model& model, const CorridorRequest& request, CalendarDay today) {
  const EmbeddingRequest& embedding = *request.embedding;
  Bound bound;
  const Price& price = model.priceAt(today);
  bound.worst = embeddingCost(price, embedding);
  for (std::size_t i = 1; i < embedding.size() && price.perRequest > Money{}; ++i)
    bound.worst += price.perRequest;
  return bound;
}

/// Vectors of different models cannot be compared: one that was asked for by no name is the first
/// that is configured.
void keepFirstModel(Selection& selection) {
  const std::string first = selection.candidates.front().model->upstreamId;
  std::erase_if(selection.candidates, [&](const Candidate& candidate) {
    if (candidate.model->upstreamId == first) return false;
    selection.excluded.push_back({candidate.model->key, "its vectors are not those of " + first});
    return true;
  });
  selection.maxOutput.resize(selection.candidates.size());
}

}  // namespace

Money embeddingCost(const Price& price, const EmbeddingRequest& batch) {
  return price.perRequest + costOf(tokensBound(batch), price.input);
}

bool namesModel(std::string_view model) {
  return !model.empty() && model != "auto" && !tierAlias(model);
}

Result<Selection> select(const CorridorRequest& request, const RequestClass& requestClass,
                         const Serving& serving, const HealthBoard& health, const Purse& purses) {
  Selection selection;
  PAGODA_TRY(const Pool pool, resolve(request, serving, selection));
  selection.requestedTier = pool.tier;
  const Catalogue& catalogue = *serving.catalogue;
  const ModelKind kind = request.embedding ? ModelKind::Embedding : ModelKind::Chat;
  const bool anyReal = std::ranges::any_of(catalogue.models, [&](const Model& m) {
    return m.enabled && m.kind == kind && !m.local && !m.simulated;
  });
  const bool anySimulated = std::ranges::any_of(
      catalogue.models, [&](const Model& m) { return m.enabled && m.kind == kind && m.simulated; });
  const std::uint32_t used = parametersOf(request.chat);
  bool othersRefused = false;

  const auto consider = [&](const Model& model) {
    const auto leaveOut = [&](std::string reason, bool money = false) {
      selection.excluded.push_back({model.key, std::move(reason)});
      othersRefused = othersRefused || !money;
    };
    if (model.kind != kind) {
      if (pool.automatic) return;
      return leaveOut(kind == ModelKind::Chat ? "it makes embeddings; send it to /v1/embeddings"
                                              : "it is a model for chat, not for embeddings");
    }
    if (request.withData && model.then)
      return leaveOut("gives data, which the request has already");
    if (!model.enabled) return leaveOut("disabled by the configuration");
    if (!request.caller.mayUse(model)) return leaveOut("not allowed to this key");
    if (pool.automatic && model.simulated && anyReal)
      return leaveOut("simulated: only when asked for by name");
    if (pool.automatic && model.local && (anyReal || anySimulated))
      return leaveOut("local skills stand in only when no model is configured");
    if (!serving.providers->find(model.provider))
      return leaveOut("the provider '" + model.provider + "' is not available");
    if (request.embedding && !serving.providers->find(model.provider)->mostEmbeddings())
      return leaveOut("the provider '" + model.provider + "' has no embeddings");
    if (const std::uint32_t refused = used & model.refuses & kParNeeded; refused != 0)
      return leaveOut("cannot take " + namesOf(refused));
    const std::string missing = missingCapabilities(requestClass.needs, model.capabilities);
    if (!missing.empty()) return leaveOut("cannot take " + missing);
    // Bytes overestimate tokens several times, so a prompt is left out only where even a token for
    // every four bytes would not fit.
    if (!request.embedding && model.contextTokens > 0 &&
        requestClass.promptTokens / 4 > model.contextTokens)
      return leaveOut("the prompt is longer than its context of " +
                      std::to_string(model.contextTokens) + " tokens");

    const Money purse =
        model.simulated ? Money::max() : std::min(purses.of(model.tier), serving.maxRequestCost);
    const Bound bound = request.embedding ? boundOfEmbeddings(model, request, purses.today)
                                          : boundOf(model, request, requestClass.promptTokens,
                                                    serving, purse, purses.today);
    if (bound.worst > purse) {
      selection.cheapestWorstCase = std::min(selection.cheapestWorstCase, bound.worst);
      return leaveOut("worst case $" + bound.worst.toString() + ", $" + purse.toString() + " left",
                      true);
    }
    Candidate candidate;
    candidate.model = &model;
    candidate.expectedCost = bound.worst;
    candidate.price = &model.priceAt(purses.today);
    candidate.dropped = droppedFor(model, used, request.chat);
    candidate.budgetLeftNano = purse.nanoUsd();
    if (pool.automatic || pool.route != nullptr) {
      const ModelHealth figures = health.of(model.key);
      candidate.health = figures.health;
      candidate.errorRate = figures.errorRate;
      candidate.samples = figures.samples;
      candidate.firstTokenMsP50 = figures.firstTokenMsP50;
      candidate.totalMsP50 = figures.totalMsP50;
      candidate.totalMsP95 = figures.totalMsP95;
      candidate.inFlight = figures.inFlight;
    }
    selection.clamped = selection.clamped || bound.clamped;
    selection.candidates.push_back(candidate);
    selection.maxOutput.push_back(bound.maxOutput);
  };
  if (pool.only != nullptr && pool.only->enabled && !request.caller.mayUse(*pool.only))
    return fail(ErrorCode::Forbidden,
                "this key may not use the model '" + pool.only->key.substr(0, 100) +
                    "'; GET /v1/models lists those that it may",
                "model");
  if (pool.route != nullptr) {
    for (const std::string& key : pool.route->candidates) {
      const auto absent = catalogue.unavailable.find(key);
      if (const Model* model = catalogue.find(key)) {
        consider(*model);
      } else {
        selection.excluded.push_back(
            {key, absent == catalogue.unavailable.end() ? "not configured" : absent->second});
        othersRefused = true;
      }
    }
  } else if (pool.only != nullptr) {
    consider(*pool.only);
    // The same model at another provider stands in.
    for (const Model& model : catalogue.models)
      if (request.embedding && &model != pool.only && model.upstreamId == pool.only->upstreamId)
        consider(model);
  } else {
    for (const Model& model : catalogue.models) consider(model);
  }
  if (request.embedding && pool.only == nullptr && !selection.candidates.empty())
    keepFirstModel(selection);

  if (!selection.candidates.empty()) return selection;
  if (!othersRefused && !selection.excluded.empty()) {
    selection.onlyBudget = true;
    return fail(ErrorCode::BudgetExceeded,
                "Budget exceeded and no fallback available: this request may cost up to $" +
                    selection.cheapestWorstCase.toString() + " and $" +
                    std::min(purses.most(), serving.maxRequestCost).toString() +
                    " is left; lower max_tokens, choose a cheaper model or raise the budget");
  }
  std::string message = "no model can serve this request";
  for (const Excluded& excluded : selection.excluded)
    message += "; " + excluded.model + ": " + excluded.reason;
  if (selection.excluded.empty())
    message += request.embedding ? ": no model of 'kind: embedding' is configured"
                                 : ": no model is configured";
  return fail(ErrorCode::NoCandidate, std::move(message), "model");
}

}  // namespace pagoda::services
