#pragma once
// Token counts: usageMetadata in Pagoda's meaning.

#include <cstdint>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Gathers the usageMetadata of an answer's chunks. They are cumulative, and later ones may leave
/// out what earlier ones said.
///
/// input = promptTokenCount + toolUsePromptTokenCount; output = candidatesTokenCount +
/// thoughtsTokenCount, which the service counts apart. Counts that cannot be true (negative, above
/// 10^9) raise PAGODA_USAGE_ABSURD and are left out.
class UsageCounts {
 public:
  /// Reads one usageMetadata object; true if a count changed. Throws json::Malformed.
  bool read(std::string_view usageJson);
  pagoda_usage counts() const;
  bool known() const { return absurd_ || prompt_ >= 0 || candidates_ >= 0 || thoughts_ >= 0; }
  /// The members without a neutral form, as the last chunk had them; an object, or empty.
  const std::string& extra() const { return extra_; }

 private:
  void count(json::Reader& value, std::int64_t& field);

  std::int64_t prompt_ = -1;
  std::int64_t candidates_ = -1;
  std::int64_t thoughts_ = -1;
  std::int64_t toolUse_ = -1;
  std::int64_t cached_ = -1;
  std::int64_t total_ = -1;
  bool absurd_ = false;
  std::string extra_;
  std::string buffer_;
};

}  // namespace pagoda::gemini
