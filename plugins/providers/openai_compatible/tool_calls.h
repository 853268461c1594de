#pragma once
// Tool calls of one choice, whole or in pieces. Servers number them from 0 or 1, not at all, or all
// alike; repeat or leave out the id; and send arguments as text, as an object, or not at all.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::openai_compatible {

class ToolCalls {
 public:
  ToolCalls(std::uint32_t choice, std::string_view requestId)
      : choice_(choice), requestId_(requestId) {}

  /// Passes the elements of a `tool_calls` array on as events. Throws json::Malformed.
  void read(std::string_view array, sdk::Events& events);
  bool empty() const noexcept { return calls_.empty(); }

 private:
  struct Call {
    std::int64_t upstreamIndex;  // -1 if none was given
    std::string id;
    std::string pending;  // arguments that came before the name
    bool begun = false;
  };
  struct Element;

  void readElement(std::string_view element, sdk::Events& events);
  std::uint32_t find(const Element& element);
  void begin(std::uint32_t index, const Element& element, sdk::Events& events);

  std::uint32_t choice_;
  std::string requestId_;
  std::vector<Call> calls_;
};

}  // namespace pagoda::openai_compatible
