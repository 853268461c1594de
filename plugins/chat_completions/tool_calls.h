#pragma once
// Tool calls of one choice, whole or in pieces. Servers number them from 0 or 1, not at all, or all
// alike; repeat or leave out the id; and send arguments as text, as an object, or not at all.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::chat_completions {

class ToolCalls {
 public:
  ToolCalls(std::uint32_t choice, std::string_view requestId)
      : choice_(choice), requestId_(requestId) {}

  /// Passes the elements of a `tool_calls` array on as events. Throws json::Malformed.
  void read(std::string_view array, sdk::Events& events);
  /// One element that is a call of its own, whatever its number and id (Ollama sends whole calls).
  void whole(std::string_view element, sdk::Events& events);
  /// A `function_call`, the form before `tools`: the choice's one call of that form, or a piece of
  /// it.
  void legacy(std::string_view function, sdk::Events& events);
  bool empty() const noexcept { return begun_ == 0; }
  /// Whether a call was announced that never got a name, so that no client can carry it out.
  bool hasNameless() const noexcept;

 private:
  struct Call {
    std::int64_t upstreamIndex;  // -1 if none was given
    std::string id;
    std::string pending;  // arguments that came before the name
    bool begun = false;
    std::uint32_t number = 0;  // the events' index, once begun
  };
  struct Element;

  void pass(Call& call, const Element& element, sdk::Events& events);
  Call& find(const Element& element);
  void begin(Call& call, const Element& element, sdk::Events& events);

  std::uint32_t choice_;
  std::string requestId_;
  std::vector<Call> calls_;
  std::uint32_t begun_ = 0;
};

}  // namespace pagoda::chat_completions
