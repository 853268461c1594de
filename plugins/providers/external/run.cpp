#include "run.h"

namespace pagoda::external {
namespace {

std::optional<std::string> named(const Run& run, const std::string& name, std::size_t index) {
  if (name == "language") return std::string(codeOf(run.prompt.language));
  if (name == "prompt") return run.prompt.text;
  if (name == "base_url") return run.baseUrl;
  if (name == "index" && index != 0) return std::to_string(index);
  const auto found = run.values.find(name);
  if (found == run.values.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> scalarAt(std::optional<std::string_view> json) {
  return json ? scalarText(*json) : std::nullopt;
}

}  // namespace

Pointer::Resolve Run::resolver() const {
  return [this](std::string_view name) { return named(*this, std::string(name), 0); };
}

std::optional<std::string_view> Run::find(std::string_view step, const Pointer& pointer) const {
  const auto answer = answers.find(step);
  if (answer == answers.end()) return std::nullopt;
  return pointer.find(answer->second, resolver());
}

Scope Run::scope(std::optional<std::string_view> element, std::size_t index) const {
  Scope scope;
  scope.value = [this, element, index](const Reference& reference) -> std::optional<std::string> {
    switch (reference.kind) {
      case Reference::Kind::Name:
        return named(*this, reference.name, index);
      case Reference::Kind::Step:
        return scalarAt(find(reference.name, reference.pointer));
      case Reference::Kind::Here:
        return scalarAt(element ? reference.pointer.find(*element, resolver())
                                : find(api.steps.back().name, reference.pointer));
      default:
        return std::nullopt;
    }
  };
  scope.filters.language = prompt.language;
  scope.filters.tables = &api.tables;
  scope.filters.parameter = resolver();
  return scope;
}

}  // namespace pagoda::external
