#pragma once
// Checks that the places of a declaration's templates exist, so that a slip shows at the start and
// not with the first prompt.

#include "declaration.h"

namespace pagoda::external {

/// Throws Failure(PAGODA_E_CONFIG).
void checkApi(const Api& api);

}  // namespace pagoda::external
