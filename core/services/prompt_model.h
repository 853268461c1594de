#pragma once
// The learned half of the router: from a prompt's features the task and the need of a strong model.
// A linear model over hashed n-grams and plain figures; trained by prompt_trainer.h, shipped as one
// file.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/services/prompt_features.h"

namespace pagoda::services {

inline constexpr std::array<std::string_view, 5> kPromptTasks{"coding", "general", "analysis",
                                                              "premium", "realtime"};

struct PromptVerdict {
  std::array<float, kPromptTasks.size()> tasks{};  ///< probabilities, in the order of kPromptTasks
  float need = 0;  ///< probability that a strong model does better than a weak one, 0 to 1
};

/// Immutable once read; thread-safe.
class PromptModel {
 public:
  static constexpr std::size_t kHeads = kPromptTasks.size() + 1;  ///< the tasks, then the need

  /// Reads the file that bytes() writes: "PGR1", then little-endian figures and int8 weights.
  /// Errors: InvalidRequest that says what is wrong with the file.
  static Result<PromptModel> parse(std::string_view bytes);
  std::string bytes() const;

  PromptVerdict judge(const PromptFeatures& features) const;

 private:
  friend class PromptTrainer;
  /// Natural logarithm of the length in characters.
  static float lengthOf(const PromptFeatures& features);
  std::array<float, kHeads> scores(const PromptFeatures& features) const;
  std::array<float, kHeads> bias_{};
  std::array<float, kHeads> scale_{};  ///< of one step of an int8 weight
  std::array<std::array<float, kHeads>, kPromptFigures> figures_{};
  // From the need's score and the length to a probability.
  float needSlope_ = 1, needLength_ = 0, needOffset_ = 0;
  std::vector<std::int8_t> grams_;  ///< kPromptBuckets rows of kHeads
};

}  // namespace pagoda::services
