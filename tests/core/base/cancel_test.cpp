#include "core/base/cancel.h"

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

TEST_CASE("cancel calls every waiter once", "[base][cancel]") {
  CancelSource source;
  int calls = 0;
  const CancelRegistration one(&source, [&] { ++calls; });
  const CancelRegistration two(&source, [&] { ++calls; });
  CHECK_FALSE(source.cancelled());
  source.cancel();
  source.cancel();
  CHECK(source.cancelled());
  CHECK(calls == 2);
}

TEST_CASE("who has left is not called", "[base][cancel]") {
  CancelSource source;
  int calls = 0;
  CancelRegistration first(&source, [&] { calls += 1; });
  auto middle = std::make_unique<CancelRegistration>(&source, [&] { calls += 10; });
  CancelRegistration last(&source, [&] { calls += 100; });
  middle.reset();
  first.leave();
  first.leave();
  source.cancel();
  CHECK(calls == 100);
}

TEST_CASE("a registration without a source does nothing", "[base][cancel]") {
  CancelRegistration none(nullptr, [] { FAIL("called"); });
  none.leave();
}

TEST_CASE("a callback may destroy its own registration, and others", "[base][cancel]") {
  CancelSource source;
  int calls = 0;
  std::unique_ptr<CancelRegistration> one;
  std::unique_ptr<CancelRegistration> two;
  one = std::make_unique<CancelRegistration>(&source, [&] { calls += 100; });
  two = std::make_unique<CancelRegistration>(&source, [&] {
    ++calls;
    one.reset();
    two.reset();
  });
  source.cancel();
  CHECK(calls == 1);
}

TEST_CASE("a callback may destroy the source", "[base][cancel]") {
  auto source = std::make_unique<CancelSource>();
  int calls = 0;
  CancelRegistration never(source.get(), [&] { calls += 100; });
  CancelRegistration destroys(source.get(), [&] {
    ++calls;
    source.reset();
  });
  source->cancel();
  CHECK(calls == 1);
  CHECK(source == nullptr);
}

TEST_CASE("a registration may outlive its source", "[base][cancel]") {
  auto source = std::make_unique<CancelSource>();
  CancelRegistration registration(source.get(), [] { FAIL("called"); });
  source.reset();
  registration.leave();
}

}  // namespace
}  // namespace pagoda
