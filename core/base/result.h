#pragma once
// Result<T>: a value or the Error that took its place. tl::expected, since C++20 has no
// std::expected.

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "core/base/error.h"

namespace pagoda {

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::NoCandidate, "no model of tier 3 is available");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string param = {}) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.param = std::move(param);
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

#define PAGODA_CAT_(a, b) a##b
#define PAGODA_CAT(a, b) PAGODA_CAT_(a, b)
#define PAGODA_TRY_(leave, slot, declaration, ...)                             \
  auto slot = (__VA_ARGS__);                                                   \
  if (!slot) leave ::tl::unexpected<::pagoda::Error>(std::move(slot).error()); \
  declaration = *std::move(slot)

/// Declares a variable with the value of a Result, or leaves the function with its error:
/// `PAGODA_TRY(const Plan plan, planner_.plan(request));`. PAGODA_CO_TRY does so in a coroutine.
#define PAGODA_TRY(declaration, ...) \
  PAGODA_TRY_(return, PAGODA_CAT(result_, __LINE__), declaration, __VA_ARGS__)
#define PAGODA_CO_TRY(declaration, ...) \
  PAGODA_TRY_(co_return, PAGODA_CAT(result_, __LINE__), declaration, __VA_ARGS__)

/// The same for Result<void>.
#define PAGODA_CHECK(...)                                                                 \
  if (auto PAGODA_CAT(result_, __LINE__) = (__VA_ARGS__); !PAGODA_CAT(result_, __LINE__)) \
  return ::tl::unexpected<::pagoda::Error>(std::move(PAGODA_CAT(result_, __LINE__)).error())
#define PAGODA_CO_CHECK(...)                                                              \
  if (auto PAGODA_CAT(result_, __LINE__) = (__VA_ARGS__); !PAGODA_CAT(result_, __LINE__)) \
  co_return ::tl::unexpected<::pagoda::Error>(std::move(PAGODA_CAT(result_, __LINE__)).error())

}  // namespace pagoda
