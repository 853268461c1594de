#include "core/plugin_host/plan_request.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kLabelsPerCandidate = 4;
constexpr std::int64_t kNanoPerMicro = 1000;

pagoda_task taskOf(std::string_view task) {
  if (task == "coding") return PAGODA_TASK_CODE;
  if (task == "analysis") return PAGODA_TASK_REASONING;
  // premium and realtime are wishes for a tier and have no task of their own: the label says which.
  return PAGODA_TASK_GENERAL;
}

pagoda_health healthOf(Health health) {
  switch (health) {
    case Health::Up:
      return PAGODA_HEALTH_UP;
    case Health::Degraded:
      return PAGODA_HEALTH_DEGRADED;
    case Health::Probing:
      return PAGODA_HEALTH_PROBING;
    case Health::Down:
      return PAGODA_HEALTH_DOWN;
  }
  return PAGODA_HEALTH_DOWN;
}

pagoda_pair label(std::string_view name, std::string_view value) {
  return {strOf(name), strOf(value)};
}

template <std::size_t N>
std::string_view decimal(char (&out)[N], int value) {
  const auto result = std::to_chars(out, out + N, value);
  return {out, static_cast<std::size_t>(result.ptr - out)};
}

// Equal requests get equal randomness, so that a decision can be replayed. (splitmix64's finisher)
std::uint64_t seedOf(std::uint64_t id) {
  id += 0x9e3779b97f4a7c15u;
  id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
  id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
  return id ^ (id >> 31);
}

std::int64_t microUsd(const std::optional<Money>& price) {
  return price ? price->nanoUsd() / kNanoPerMicro : -1;
}

void fillFigures(const Candidate& from, pagoda_candidate& to) {
  const Model& model = *from.model;
  to.struct_size = sizeof to;
  to.flags = 0;
  to.provider = strOf(model.provider);
  to.tier = model.tier;
  to.health = healthOf(from.health);
  to.capabilities = model.capabilities;
  to.context_tokens = model.contextTokens;
  to.max_output_tokens = model.maxOutputTokens;
  const Price& price = from.price != nullptr ? *from.price : model.price;
  to.price_input_uusd_mtok = price.input.nanoUsd() / kNanoPerMicro;
  to.price_output_uusd_mtok = price.output.nanoUsd() / kNanoPerMicro;
  to.price_cache_read_uusd_mtok = microUsd(price.cacheRead);
  to.expected_cost_nusd = from.expectedCost.nanoUsd();
  to.quality = kNotKnown;
  to.error_rate = from.errorRate;
  to.tokens_per_second = from.tokensPerSecond;
  to.first_token_ms_p50 = from.firstTokenMsP50;
  to.first_token_ms_p95 = from.firstTokenMsP95;
  to.total_ms_p50 = from.totalMsP50;
  to.total_ms_p95 = from.totalMsP95;
  to.samples = from.samples;
  to.in_flight = from.inFlight;
  to.max_in_flight = -1;
  to.requests_left = -1;
  to.tokens_left = -1;
  to.budget_left_nusd = from.budgetLeftNano;
  to.region = {};
}

}  // namespace

void PlanRequest::fill(const Features& features, const Catalogue& catalogue,
                       const std::vector<Candidate>& candidates, TimePoint now) {
  fillFeatures(features);
  fillCandidates(candidates);
  catalogue_.struct_size = sizeof catalogue_;
  catalogue_.epoch = catalogue.epoch;
  catalogue_.time_ns = static_cast<std::uint64_t>(now.time_since_epoch().count());
  catalogue_.candidates = {candidates_.data(), static_cast<std::uint32_t>(candidates_.size()),
                           sizeof(pagoda_candidate)};
}

void PlanRequest::fillFeatures(const Features& features) {
  const RequestClass& request = *features.requestClass;
  featureLabels_.clear();
  featureLabels_.push_back(label("task", request.task));
  featureLabels_.push_back(label("preferred_tier", decimal(preferredTier_, request.preferredTier)));
  if (!request.matched.empty()) featureLabels_.push_back(label("keyword", request.matched.front()));
  if (features.preferredTier)
    featureLabels_.push_back(
        label("requested_tier", decimal(requestedTier_, *features.preferredTier)));

  features_ = {};
  features_.struct_size = sizeof features_;
  if (features.stream) features_.flags |= PAGODA_FEAT_STREAM;
  if (features.shadow) features_.flags |= PAGODA_FEAT_SHADOW;
  features_.decision_id = static_cast<std::uint64_t>(features.decision.number());
  features_.seed = seedOf(features_.decision_id);
  features_.task = taskOf(request.task);
  features_.task_confidence = request.confidence;
  features_.difficulty = request.difficulty.value_or(kNotKnown);
  features_.need_capabilities = request.needs;
  features_.input_tokens = request.promptTokens;
  features_.output_tokens = features.outputTokens;
  features_.deadline_ms = features.deadlineMs;
  features_.budget_nusd = features.budgetNano;
  features_.language = strOf(request.language);
  features_.tenant = strOf(features.tenant);
  features_.pool = strOf(features.pool);
  features_.labels = {featureLabels_.data(), static_cast<std::uint32_t>(featureLabels_.size()),
                      sizeof(pagoda_pair)};
  features_.turns = features.turns;
}

void PlanRequest::fillCandidates(const std::vector<Candidate>& candidates) {
  std::size_t text = 0;
  for (const Candidate& candidate : candidates) {
    text += candidate.model->provider.size() + 1 + candidate.model->upstreamId.size();
    for (const std::string& tag : candidate.model->tags) text += tag.size() + 1;
  }
  if (text_.size() < text) text_.resize(text);
  used_ = 0;
  if (labels_.size() < candidates.size() * kLabelsPerCandidate)
    labels_.resize(candidates.size() * kLabelsPerCandidate);
  candidates_.resize(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Model& model = *candidates[i].model;
    pagoda_candidate& out = candidates_[i];
    fillFigures(candidates[i], out);
    out.id = strOf(joined(model.provider, model.upstreamId));
    pagoda_pair* labels = labels_.data() + i * kLabelsPerCandidate;
    std::uint32_t count = 0;
    if (!model.tags.empty()) labels[count++] = label("tags", joinedTags(model.tags));
    if (model.local) labels[count++] = label("local", "true");
    if (model.simulated) labels[count++] = label("simulated", "true");
    labels[count++] = label("key", model.key);
    out.labels = {labels, count, sizeof(pagoda_pair)};
  }
}

std::string_view PlanRequest::joined(std::string_view a, std::string_view b) {
  char* begin = text_.data() + used_;
  std::memcpy(begin, a.data(), a.size());
  begin[a.size()] = '/';
  if (!b.empty()) std::memcpy(begin + a.size() + 1, b.data(), b.size());
  used_ += a.size() + 1 + b.size();
  return {begin, a.size() + 1 + b.size()};
}

std::string_view PlanRequest::joinedTags(const std::vector<std::string>& tags) {
  char* begin = text_.data() + used_;
  char* end = begin;
  for (const std::string& tag : tags) {
    if (end != begin) *end++ = ',';
    std::memcpy(end, tag.data(), tag.size());
    end += tag.size();
  }
  used_ += static_cast<std::size_t>(end - begin);
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace pagoda::plugin_host
