#pragma once
// Members that came in pieces: what a client would make of the deltas of a stream.

#include <string>
#include <string_view>

namespace pagoda::api {

/// What becomes of a member that comes again.
enum class Repeated {
  Replaced,  ///< the later value counts
  Merged,    ///< arrays are appended to, objects merged, all else replaced
};

/// `members` (as in ChatAnswer: without braces) with each name once, where it came first. At most
/// 256 names; empty where `members` is no JSON.
std::string mergedMembers(std::string_view members, Repeated repeated);

/// The value's bytes of the last member `name` of `members`, or empty.
std::string_view memberOf(std::string_view members, std::string_view name);

/// The inside of an object's or array's bytes: `{"a":1}` gives `"a":1`. Empty for all else.
std::string_view insideOf(std::string_view json, char open);

}  // namespace pagoda::api
