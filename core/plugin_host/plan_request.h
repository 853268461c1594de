#pragma once
// Features and candidates in the ABI's form. Every request pays for it, so a thread builds it in
// memory that it keeps from one request to the next.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/strategy.h>

#include "core/domain/routing.h"

namespace pagoda::plugin_host {

/// One thread at a time. What it filled is valid until the next fill().
class PlanRequest {
 public:
  void fill(const Features& features, const Catalogue& catalogue,
            const std::vector<Candidate>& candidates, TimePoint now);
  const pagoda_features* features() const { return &features_; }
  const pagoda_catalogue* catalogue() const { return &catalogue_; }

 private:
  void fillFeatures(const Features& features);
  void fillCandidates(const std::vector<Candidate>& candidates);
  std::string_view joined(std::string_view a, std::string_view b);
  std::string_view joinedTags(const std::vector<std::string>& tags);

  std::vector<char> text_;  ///< joined strings; never grows while views into it are in use
  std::size_t used_ = 0;
  std::vector<pagoda_pair> labels_;
  std::vector<pagoda_candidate> candidates_;
  std::vector<pagoda_pair> featureLabels_;
  char preferredTier_[16] = {};
  char requestedTier_[16] = {};
  pagoda_features features_{};
  pagoda_catalogue catalogue_{};
};

}  // namespace pagoda::plugin_host
