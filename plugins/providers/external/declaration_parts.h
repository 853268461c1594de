#pragma once
// The readers of a declaration's parts, for declaration.cpp.

#include <string_view>
#include <vector>

#include "config_reader.h"
#include "declaration.h"

namespace pagoda::external {

/// All throw Failure(PAGODA_E_CONFIG) with the place of the mistake.
Parameter readParameter(std::string_view name, const ConfigValue& value);
std::vector<ErrorRule> readErrors(const ConfigValue& value);
/// `common` are the rules of the API, which come after the step's own.
Step readStep(const ConfigValue& value, const std::vector<ErrorRule>& common, std::size_t index);

/// For a member that is none.
[[noreturn]] void refuseUnknown(const ConfigValue& value);

}  // namespace pagoda::external
