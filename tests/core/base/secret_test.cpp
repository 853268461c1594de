#include "core/base/secret.h"

#include <type_traits>

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST_CASE("a secret that was moved from holds nothing of a short value", "[base][secret]") {
  Secret first(std::string("short-key"));
  const char* bytes = first.reveal().data();
  const Secret second(std::move(first));
  CHECK(second.reveal() == "short-key");
  // A short value lies within the object, which still lives.
  CHECK(std::string_view(bytes, 9) == std::string_view("\0\0\0\0\0\0\0\0\0", 9));
}

TEST_CASE("secrets copy, move and assign like values", "[base][secret]") {
  const std::string longText(60, 'k');
  Secret a(longText);
  Secret b(std::string("other"));
  b = a;
  CHECK(b.reveal() == longText);
  Secret& same = b;
  b = same;
  CHECK(b.reveal() == longText);
  b = std::move(a);
  CHECK(b.reveal() == longText);
  b = Secret();
  CHECK(b.empty());
}

TEST_CASE("equalConstantTime compares every byte", "[base][secret]") {
  CHECK(equalConstantTime("", ""));
  CHECK(equalConstantTime("abc", "abc"));
  CHECK_FALSE(equalConstantTime("abc", "abd"));
  CHECK_FALSE(equalConstantTime("xbc", "abc"));
  CHECK_FALSE(equalConstantTime("abc", "abcd"));
  CHECK_FALSE(equalConstantTime("", "a"));
  CHECK(equalConstantTime(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
}

TEST_CASE("scrub leaves no trace of a secret", "[base][secret]") {
  struct Case {
    const char* name;
    std::string text;
    const char* secret;
    const char* expected;
  };
  const Case cases[] = {
      {"everywhere", "sk-12345 and sk-12345", "sk-12345", "*** and ***"},
      {"side by side", "sk-12345sk-12345", "sk-12345", "******"},
      {"the whole text", "sk-12345", "sk-12345", "***"},
      {"not there", "nothing", "sk-12345", "nothing"},
      {"too short to be one", "a cat sat", "cat", "a cat sat"},
      {"no secret", "text", "", "text"},
      {"a secret of stars ends", "********", "****", "******"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      std::string text = c.text;
      scrub(text, Secret(c.secret));
      CHECK(text == c.expected);
    }
  }
}

}  // namespace
}  // namespace pagoda
