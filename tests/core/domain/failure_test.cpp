#include "core/domain/failure.h"

#include <catch2/catch.hpp>

#include "core/domain/http_server.h"

namespace pagoda {
namespace {

TEST_CASE("every failure kind has a name of its own", "[domain][failure]") {
  std::map<std::string, int> names;
  for (int kind = 0; kind <= static_cast<int>(FailureKind::Incompatible); ++kind)
    ++names[std::string(nameOf(static_cast<FailureKind>(kind)))];
  CHECK(names.size() == static_cast<std::size_t>(FailureKind::Incompatible) + 1);
}

TEST_CASE("headers are counted, and the first value is the header's", "[domain][http]") {
  HttpRequest request;
  request.headers = {{"host", "a"}, {"x", "1"}, {"x", "2"}, {"empty", ""}};
  CHECK(request.header("x") == "1");
  CHECK(request.count("x") == 2);
  CHECK(request.header("absent").empty());
  CHECK(request.count("absent") == 0);
  CHECK(request.count("empty") == 1);
}

}  // namespace
}  // namespace pagoda
