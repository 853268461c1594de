#include "core/base/result.h"

#include <catch2/catch.hpp>

#include "core/base/task.h"

namespace pagoda {
namespace {

Result<std::string> textOf(int number) {
  if (number < 0) return fail(ErrorCode::InvalidRequest, "the number is negative", "number");
  return std::to_string(number);
}

Result<void> refuseOdd(int number) {
  if (number % 2 != 0) return fail(ErrorCode::Forbidden, "the number is odd");
  return {};
}

Result<std::size_t> lengthOf(int number, bool* reached = nullptr) {
  PAGODA_CHECK(refuseOdd(number));
  PAGODA_TRY(const std::string first, textOf(number));
  PAGODA_TRY(std::string second, textOf(number + 1));
  if (reached != nullptr) *reached = true;
  return first.size() + second.size();
}

Task<Result<std::size_t>> lengthLater(int number) {
  PAGODA_CO_CHECK(refuseOdd(number));
  PAGODA_CO_TRY(const std::string text, textOf(number));
  co_return text.size();
}

Result<std::size_t> waitFor(Task<Result<std::size_t>> task) {
  std::optional<Result<std::size_t>> result;
  const auto keep = [](Task<Result<std::size_t>> owned,
                       std::optional<Result<std::size_t>>& out) -> Task<void> {
    out.emplace(co_await owned);
  };
  spawn(keep(std::move(task), result));
  return result.value();
}

TEST_CASE("PAGODA_TRY gives the value or leaves with the error unchanged", "[base][result]") {
  CHECK(lengthOf(98).value() == 4);
  bool reached = false;
  const Result<std::size_t> failed = lengthOf(-2, &reached);
  REQUIRE_FALSE(failed);
  CHECK_FALSE(reached);
  CHECK(failed.error().code == ErrorCode::InvalidRequest);
  CHECK(failed.error().message == "the number is negative");
  CHECK(failed.error().param == "number");
}

TEST_CASE("PAGODA_CHECK leaves with the error of a Result without value", "[base][result]") {
  CHECK(lengthOf(3).error().code == ErrorCode::Forbidden);
}

TEST_CASE("in coroutines the same holds", "[base][result]") {
  CHECK(waitFor(lengthLater(10)).value() == 2);
  CHECK(waitFor(lengthLater(-2)).error().param == "number");
  CHECK(waitFor(lengthLater(3)).error().code == ErrorCode::Forbidden);
}

TEST_CASE("an error passes on with its hints", "[base][result]") {
  Error error;
  error.code = ErrorCode::RateLimited;
  error.upstreamCode = "slow_down";
  error.retryAfter = std::chrono::milliseconds(250);
  const Result<int> failed = fail(error);
  CHECK(failed.error().upstreamCode == "slow_down");
  CHECK(failed.error().retryAfter == std::chrono::milliseconds(250));
}

TEST_CASE("every error code has a name of its own", "[base][result]") {
  std::map<std::string, int> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code)
    ++names[std::string(nameOf(static_cast<ErrorCode>(code)))];
  CHECK(names.size() == static_cast<std::size_t>(ErrorCode::Internal) + 1);
}

}  // namespace
}  // namespace pagoda
