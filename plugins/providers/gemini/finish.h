#pragma once
// Why a candidate ended.

#include <cstdint>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// The neutral form of a finish reason; one that is not known is OTHER.
pagoda_finish finishOf(std::string_view word) noexcept;

/// The word of a reason that came as the enum's number, as another transport has it.
/// Source: google.ai.generativelanguage.v1beta Candidate.FinishReason, read 2026-11-25.
std::string_view finishName(std::int64_t number) noexcept;

}  // namespace pagoda::gemini
