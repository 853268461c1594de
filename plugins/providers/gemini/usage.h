#pragma once
// Token counts: usageMetadata in Pagoda's meaning.

#include <cstdint>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Gathers the usageMetadata of an answer's chunks. They are cumulative; a later one may leave out
/// what an earlier one said, which stays then unless the later one's own total shows it to be
/// whole.
///
/// input = promptTokenCount + toolUsePromptTokenCount; output = candidatesTokenCount +
/// thoughtsTokenCount, which the service counts apart. Counts that cannot be true (negative, above
/// 10^9) raise PAGODA_USAGE_ABSURD and are left out.
class UsageCounts {
 public:
  /// Reads one usageMetadata object; true if a count changed. Throws json::Malformed.
  bool read(std::string_view usageJson);
  pagoda_usage counts() const;
  bool known() const {
    return absurd_ || last_.prompt >= 0 || last_.candidates >= 0 || last_.thoughts >= 0;
  }
  /// The members without a neutral form, as the last chunk had them; an object, or empty.
  const std::string& extra() const { return extra_; }

 private:
  struct Counts {
    std::int64_t prompt = -1, candidates = -1, thoughts = -1, toolUse = -1, cached = -1, total = -1;
    bool operator==(const Counts&) const = default;
    /// The parts make up the total.
    bool whole() const;
    void fillFrom(const Counts& earlier);
  };

  void count(json::Reader& value, std::int64_t& field);

  Counts last_;
  bool absurd_ = false;
  std::string extra_;
  std::string buffer_;
};

}  // namespace pagoda::gemini
