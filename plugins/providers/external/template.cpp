#include "template.h"

#include <pagoda/sdk.hpp>

namespace pagoda::external {
namespace {

constexpr std::size_t kMostPlaces = 64;

bool isName(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!good) return false;
  }
  return true;
}

Reference readReference(std::string_view text) {
  Reference reference;
  const std::size_t bar = text.find('|');
  std::string_view place = text.substr(0, bar);
  if (bar != std::string_view::npos) reference.filters = readFilters(text.substr(bar + 1));
  if (place.starts_with('/')) {
    reference.kind = Reference::Kind::Here;
    reference.pointer = Pointer(place);
    return reference;
  }
  const std::size_t colon = place.find(':');
  const std::string_view head = place.substr(0, colon);
  if (!isName(head))
    throw sdk::Failure(PAGODA_E_CONFIG, "{" + std::string(text) +
                                            "} is no place of a template; write {{ for a brace");
  reference.name = head;
  if (colon == std::string_view::npos) return reference;
  const std::string_view tail = place.substr(colon + 1);
  if (head == "list" || head == "secret") {
    reference.kind = head == "list" ? Reference::Kind::List : Reference::Kind::Secret;
    reference.name = tail;
    if (!isName(tail))
      throw sdk::Failure(PAGODA_E_CONFIG, "{" + std::string(text) + "} names nothing");
    return reference;
  }
  reference.kind = Reference::Kind::Step;
  reference.pointer = Pointer(tail);
  return reference;
}

}  // namespace

Template::Template(std::string_view text) {
  std::size_t places = 0;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = (c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c;
    if (doubled) {
      literal += c;
      ++i;
    } else if (c == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos)
        throw sdk::Failure(PAGODA_E_CONFIG, "a '{' without '}'; write {{ for a brace");
      if (++places > kMostPlaces)
        throw sdk::Failure(PAGODA_E_CONFIG, "a template with more than 64 places");
      pieces_.push_back({std::move(literal), readReference(text.substr(i + 1, end - i - 1))});
      literal.clear();
      i = end;
    } else {
      literal += c;
    }
  }
  if (!literal.empty()) pieces_.push_back({std::move(literal), std::nullopt});
}

void Template::each(const std::function<void(const Reference&)>& visit) const {
  for (const Piece& piece : pieces_)
    if (piece.reference) visit(*piece.reference);
}

std::string Template::lines(const Scope& scope) const {
  std::string out;
  std::string line;
  bool whole = true;
  bool places = false;
  bool values = false;
  const auto endLine = [&](bool newLine) {
    if (whole) out += line;
    if (whole && newLine) out += '\n';
    line.clear();
    whole = true;
  };
  for (const Piece& piece : pieces_) {
    std::string_view literal = piece.literal;
    for (std::size_t end = literal.find('\n'); end != std::string_view::npos;
         end = literal.find('\n')) {
      line += literal.substr(0, end);
      endLine(true);
      literal.remove_prefix(end + 1);
    }
    line += literal;
    if (!piece.reference) continue;
    places = true;
    if (!whole) continue;
    const auto value = valueOf(*piece.reference, scope);
    whole = value.has_value();
    values = values || whole;
    if (value) line += *value;
  }
  endLine(false);
  if (places && !values) return {};
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::optional<std::string> Template::whole(const Scope& scope,
                                           std::string (*encode)(std::string_view)) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (!piece.reference) continue;
    const auto value = valueOf(*piece.reference, scope);
    if (!value) return std::nullopt;
    out += encode != nullptr ? encode(*value) : *value;
  }
  return out;
}

std::optional<std::string> valueOf(const Reference& reference, const Scope& scope) {
  std::optional<std::string> value = scope.value(reference);
  // Rendered lists, whose values went through here before.
  if (reference.kind == Reference::Kind::List) return value;
  return filtered(std::move(value), reference.filters, scope.filters);
}

}  // namespace pagoda::external
