#include "core/services/prompt_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace pagoda::services {
namespace {

constexpr std::string_view kMagic = "PGR1";
static_assert(std::endian::native == std::endian::little, "the file is read as it lies in memory");

template <class T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
void take(std::string_view& bytes, T& value) {
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
}

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

std::string PromptModel::bytes() const {
  std::string bytes(kMagic);
  append(bytes, kPromptBuckets);
  append(bytes, static_cast<std::uint32_t>(kPromptFigures));
  append(bytes, static_cast<std::uint32_t>(kHeads));
  append(bytes, bias_);
  append(bytes, scale_);
  append(bytes, figures_);
  append(bytes, needSlope_);
  append(bytes, needLength_);
  append(bytes, needOffset_);
  bytes.append(reinterpret_cast<const char*>(grams_.data()), grams_.size());
  return bytes;
}

Result<PromptModel> PromptModel::parse(std::string_view bytes) {
  PromptModel model;
  constexpr std::size_t kHead = kMagic.size() + 3 * sizeof(std::uint32_t) + sizeof bias_ +
                                sizeof scale_ + sizeof figures_ + 3 * sizeof(float);
  constexpr std::size_t kSize = kHead + kPromptBuckets * kHeads;
  if (!bytes.starts_with(kMagic))
    return fail(ErrorCode::InvalidRequest, "it is not a trained router of this version (PGR1)");
  if (bytes.size() != kSize)
    return fail(ErrorCode::InvalidRequest, "it has " + std::to_string(bytes.size()) +
                                               " bytes where " + std::to_string(kSize) +
                                               " belong; train it anew with this version");
  bytes.remove_prefix(kMagic.size());
  std::array<std::uint32_t, 3> shape{};
  take(bytes, shape);
  if (shape != std::array<std::uint32_t, 3>{kPromptBuckets, kPromptFigures, kHeads})
    return fail(ErrorCode::InvalidRequest, "it was trained for another version; train it anew");
  take(bytes, model.bias_);
  take(bytes, model.scale_);
  take(bytes, model.figures_);
  take(bytes, model.needSlope_);
  take(bytes, model.needLength_);
  take(bytes, model.needOffset_);
  model.grams_.resize(bytes.size());
  std::memcpy(model.grams_.data(), bytes.data(), bytes.size());
  const auto finite = [](const auto& values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  };
  if (!finite(model.bias_) || !finite(model.scale_) ||
      !std::ranges::all_of(model.figures_, finite) || !std::isfinite(model.needSlope_) ||
      !std::isfinite(model.needLength_) || !std::isfinite(model.needOffset_))
    return fail(ErrorCode::InvalidRequest, "a weight in it is not a number");
  return model;
}

float PromptModel::lengthOf(const PromptFeatures& features) {
  return 9 * features.figures[0];
}

std::array<float, PromptModel::kHeads> PromptModel::scores(const PromptFeatures& features) const {
  std::array<std::int32_t, kHeads> sums{};
  for (const std::uint32_t gram : features.grams)
    for (std::size_t head = 0; head < kHeads; ++head) sums[head] += grams_[gram * kHeads + head];
  const auto count = static_cast<float>(std::max<std::size_t>(features.grams.size(), 1));
  std::array<float, kHeads> scores = bias_;
  for (std::size_t head = 0; head < kHeads; ++head)
    scores[head] += scale_[head] * static_cast<float>(sums[head]) / std::sqrt(count);
  for (std::size_t figure = 0; figure < kPromptFigures; ++figure) {
    if (features.figures[figure] == 0) continue;
    for (std::size_t head = 0; head < kHeads; ++head)
      scores[head] += figures_[figure][head] * features.figures[figure];
  }
  return scores;
}

PromptVerdict PromptModel::judge(const PromptFeatures& features) const {
  const std::array<float, kHeads> scores = this->scores(features);
  PromptVerdict verdict;
  const float top = *std::max_element(scores.begin(), scores.begin() + kPromptTasks.size());
  float total = 0;
  for (std::size_t task = 0; task < kPromptTasks.size(); ++task)
    total += verdict.tasks[task] = std::exp(scores[task] - top);
  for (float& probability : verdict.tasks) probability /= total;
  verdict.need =
      sigmoid(needSlope_ * scores.back() + needLength_ * lengthOf(features) + needOffset_);
  return verdict;
}

}  // namespace pagoda::services
