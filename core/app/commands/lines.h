#pragma once
// JSON lines from a file or standard input.

#include <functional>
#include <string>

namespace pagoda::app {

/// Calls `take(line, number)` for each line that is not blank; "-" is standard input. Throws
/// StartError (Usage): the file cannot be read, or `take` threw json::Malformed.
void eachLine(const std::string& file, const std::function<void(const std::string&, int)>& take);

}  // namespace pagoda::app
