#pragma once
// Trains a PromptModel from labelled prompts. Deterministic: the same examples in the same order
// give the same bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/services/prompt_model.h"

namespace pagoda::services {

struct PromptExample {
  std::string prompt;
  std::string source;               ///< where it is from; each source of a task weighs alike
  std::optional<std::size_t> task;  ///< index into kPromptTasks
  std::optional<float> gain;        ///< quality of the strong answer minus the weak one's, -1 to 1
};

class PromptTrainer {
 public:
  /// Errors: InvalidRequest when there is nothing to learn from. Takes seconds.
  Result<PromptModel> train(const std::vector<PromptExample>& examples);

 private:
  struct Sample {
    PromptFeatures features;
    float taskWeight = 0;
    float gainWeight = 0;
    const PromptExample* example = nullptr;
  };
  void prepare(const std::vector<PromptExample>& examples);
  void epoch();
  void learn(const Sample& sample, bool withGrams);
  void fitNeed();
  PromptModel quantised() const;

  std::vector<Sample> samples_;
  std::vector<float> grams_, gramsSquared_;      // buckets x heads
  std::vector<float> figures_, figuresSquared_;  // (figures + 1 for the bias) x heads
  float needSlope_ = 1, needLength_ = 0, needOffset_ = 0;
  std::uint64_t random_ = 1;
};

}  // namespace pagoda::services
