#pragma once
// What an API says when it does not answer: by its declared rules, else by the host's reading.

#include <string_view>

#include "run.h"

namespace pagoda::external {

/// Throws Failure when the body of a 2xx is a failure by the rules. Throws json::Malformed when it
/// is not JSON.
void checkErrors(const Step& step, const Run& run, int httpStatus, std::string_view body);

/// Throws Failure(PAGODA_E_UNSUPPORTED) when the body lacks what the step expects: the place, the
/// symbol or the page is not known there, and another model may know.
void checkExpected(const Step& step, const Run& run, std::string_view body);

/// Corrects the host's reading of another status.
void readFailure(const Step& step, const Run& run, int httpStatus, std::string_view body,
                 pagoda_error& error);

}  // namespace pagoda::external
