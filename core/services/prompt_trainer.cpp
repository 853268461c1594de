#include "core/services/prompt_trainer.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace pagoda::services {
namespace {

constexpr std::size_t kHeads = PromptModel::kHeads;
constexpr std::size_t kTasks = kPromptTasks.size();
constexpr int kEpochs = 24;
// Whether a strong model will do better is mostly noise, so that head learns slowly and forgets.
struct Pace {
  float rate;
  float decay;
};
constexpr Pace kTaskPace{0.25f, 2e-5f};
constexpr Pace kNeedPace{0.007f, 5e-3f};
// The share of steps in which the n-grams are left out, so that the plain figures learn to decide
// alone: that is what is left of a prompt whose words nobody has seen.
constexpr std::uint64_t kBlindPercent = 45;
constexpr float kGradientFloor = 0.05f;
// Of the logarithm of the length beside one logit of what was learned. Longer questions are harder
// ones; on prompts unlike those of the training that holds better than anything learned from words.
constexpr double kLengthWeight = 1.5;

std::uint64_t next(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

double lossOf(const std::vector<std::pair<double, bool>>& points, double slope, double offset) {
  double loss = 0;
  for (const auto& [x, hit] : points) {
    const double logit = slope * x + offset, against = hit ? -logit : logit;
    loss += std::max(against, 0.0) + std::log1p(std::exp(-std::abs(against)));
  }
  return loss;
}

/// Slope and offset of the likeliest sigmoid(slope * x + offset), by Newton's method on x of mean 0
/// and spread 1, with steps halved until they help: without either it runs off where hits are rare.
/// The slope stays positive, so that an order by x stays that order.
std::pair<double, double> fitLogistic(std::vector<std::pair<double, bool>> points) {
  const double count = static_cast<double>(points.size());
  double mean = 0, spread = 0;
  for (const auto& point : points) mean += point.first / count;
  for (const auto& point : points) spread += (point.first - mean) * (point.first - mean) / count;
  spread = std::max(std::sqrt(spread), 1e-9);
  for (auto& point : points) point.first = (point.first - mean) / spread;

  double slope = 1, offset = 0, loss = lossOf(points, slope, offset);
  for (int round = 0; round < 50; ++round) {
    double a = 0, b = 0, aa = 1e-3, ab = 0, bb = 1e-3;
    for (const auto& [x, hit] : points) {
      const double p = 1 / (1 + std::exp(-(slope * x + offset)));
      const double error = p - (hit ? 1 : 0), weight = p * (1 - p);
      a += error * x;
      b += error;
      aa += weight * x * x;
      ab += weight * x;
      bb += weight;
    }
    const double determinant = aa * bb - ab * ab;
    const double toSlope = (bb * a - ab * b) / determinant;
    const double toOffset = (aa * b - ab * a) / determinant;
    double step = 1, nextSlope = slope, nextOffset = offset, nextLoss = loss;
    do {
      nextSlope = std::max(slope - step * toSlope, 1e-3);
      nextOffset = offset - step * toOffset;
      nextLoss = lossOf(points, nextSlope, nextOffset);
      step /= 2;
    } while (nextLoss > loss && step > 1e-6);
    if (nextLoss >= loss) break;
    slope = nextSlope, offset = nextOffset, loss = nextLoss;
  }
  return {slope / spread, offset - slope * mean / spread};
}

}  // namespace

Result<PromptModel> PromptTrainer::train(const std::vector<PromptExample>& examples) {
  prepare(examples);
  if (samples_.empty())
    return fail(ErrorCode::InvalidRequest,
                "no line has a label (coding, general, analysis, premium, realtime) or outcomes "
                "(strong_correct and weak_correct)");
  for (int number = 0; number < kEpochs; ++number) epoch();
  fitNeed();
  return quantised();
}

void PromptTrainer::prepare(const std::vector<PromptExample>& examples) {
  samples_.clear();
  grams_.assign(std::size_t{kPromptBuckets} * kHeads, 0);
  gramsSquared_.assign(grams_.size(), kGradientFloor);
  figures_.assign((kPromptFigures + 1) * kHeads, 0);
  figuresSquared_.assign(figures_.size(), kGradientFloor);
  random_ = 0x2545F4914F6CDD1Dull;
  std::map<std::size_t, std::map<std::string, float>> perTask;
  std::map<std::string, float> perSource;
  float labelled = 0, measured = 0;
  for (const PromptExample& example : examples) {
    if (example.task) ++perTask[*example.task][example.source], ++labelled;
    if (example.gain) ++perSource[example.source], ++measured;
  }
  for (const PromptExample& example : examples) {
    if (!example.task && !example.gain) continue;
    Sample& sample = samples_.emplace_back();
    sample.example = &example;
    readPromptFeatures(example.prompt, sample.features);
    // Between "each prompt alike" and "each source alike": the square root.
    if (example.task) {
      const auto& sources = perTask[*example.task];
      const float even = labelled / static_cast<float>(perTask.size() * sources.size());
      sample.taskWeight = std::clamp(std::sqrt(even / sources.at(example.source)), 0.3f, 3.0f);
    }
    if (example.gain) {
      const float even = measured / static_cast<float>(perSource.size());
      sample.gainWeight = std::clamp(std::sqrt(even / perSource.at(example.source)), 0.3f, 3.0f);
    }
  }
}

void PromptTrainer::epoch() {
  for (std::size_t i = samples_.size(); i > 1; --i)
    std::swap(samples_[i - 1], samples_[next(random_) % i]);
  for (const Sample& sample : samples_) learn(sample, next(random_) % 100 >= kBlindPercent);
}

void PromptTrainer::learn(const Sample& sample, bool withGrams) {
  const PromptFeatures& features = sample.features;
  const float unit =
      1 / std::sqrt(static_cast<float>(std::max<std::size_t>(features.grams.size(), 1)));
  std::array<float, kHeads> scores{};
  const float* bias = &figures_[kPromptFigures * kHeads];
  std::copy(bias, bias + kHeads, scores.begin());
  for (std::size_t figure = 0; figure < kPromptFigures; ++figure)
    for (std::size_t head = 0; head < kHeads; ++head)
      scores[head] += figures_[figure * kHeads + head] * features.figures[figure];
  if (withGrams)
    for (const std::uint32_t gram : features.grams)
      for (std::size_t head = 0; head < kHeads; ++head)
        scores[head] += unit * grams_[gram * kHeads + head];

  std::array<float, kHeads> slope{};
  if (sample.example->task) {
    const float top = *std::max_element(scores.begin(), scores.begin() + kTasks);
    float total = 0;
    std::array<float, kTasks> shares{};
    for (std::size_t task = 0; task < kTasks; ++task)
      total += shares[task] = std::exp(scores[task] - top);
    for (std::size_t task = 0; task < kTasks; ++task)
      slope[task] = sample.taskWeight *
                    (shares[task] / total - (*sample.example->task == task ? 1.0f : 0.0f));
  }
  if (sample.example->gain)
    slope[kTasks] = sample.gainWeight * (scores[kTasks] - *sample.example->gain);

  const auto step = [](float& weight, float& squared, float gradient, const Pace& pace) {
    squared += gradient * gradient;
    weight -= pace.rate * gradient / std::sqrt(squared);
  };
  for (std::size_t head = 0; head < kHeads; ++head) {
    if (slope[head] == 0) continue;
    const Pace& pace = head < kTasks ? kTaskPace : kNeedPace;
    for (std::size_t figure = 0; figure <= kPromptFigures; ++figure) {
      const float value = figure == kPromptFigures ? 1.0f : features.figures[figure];
      const std::size_t at = figure * kHeads + head;
      if (value != 0) step(figures_[at], figuresSquared_[at], slope[head] * value, pace);
    }
    if (!withGrams) continue;
    for (const std::uint32_t gram : features.grams) {
      const std::size_t at = gram * kHeads + head;
      step(grams_[at], gramsSquared_[at], slope[head] * unit + pace.decay * grams_[at], pace);
    }
  }
}

void PromptTrainer::fitNeed() {
  const PromptModel model = quantised();
  std::vector<std::pair<double, bool>> learned, whole;
  std::vector<double> lengths;
  for (const Sample& sample : samples_) {
    if (!sample.example->gain) continue;
    const bool hit = *sample.example->gain > 0;
    learned.emplace_back(model.scores(sample.features).back(), hit);
    lengths.push_back(kLengthWeight * PromptModel::lengthOf(sample.features));
  }
  if (learned.empty()) return;
  const auto [slope, unused] = fitLogistic(learned);
  for (std::size_t i = 0; i < learned.size(); ++i)
    whole.emplace_back(slope * learned[i].first + lengths[i], learned[i].second);
  const auto [scale, offset] = fitLogistic(whole);
  needSlope_ = static_cast<float>(scale * slope);
  needLength_ = static_cast<float>(scale * kLengthWeight);
  needOffset_ = static_cast<float>(offset);
}

PromptModel PromptTrainer::quantised() const {
  PromptModel model;
  model.needSlope_ = needSlope_;
  model.needLength_ = needLength_;
  model.needOffset_ = needOffset_;
  model.grams_.resize(grams_.size());
  for (std::size_t head = 0; head < kHeads; ++head) {
    model.bias_[head] = figures_[kPromptFigures * kHeads + head];
    for (std::size_t figure = 0; figure < kPromptFigures; ++figure)
      model.figures_[figure][head] = figures_[figure * kHeads + head];
    float largest = 1e-6f;
    for (std::size_t at = head; at < grams_.size(); at += kHeads)
      largest = std::max(largest, std::abs(grams_[at]));
    model.scale_[head] = largest / 127;
    for (std::size_t at = head; at < grams_.size(); at += kHeads)
      model.grams_[at] = static_cast<std::int8_t>(std::lround(grams_[at] / model.scale_[head]));
  }
  return model;
}

}  // namespace pagoda::services
