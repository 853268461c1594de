#include "failures.h"

#include <array>
#include <charconv>

namespace pagoda::external {
namespace {

constexpr std::size_t kLongestMessage = 300;

bool isEmpty(std::string_view json) {
  json::Reader reader(json);
  bool empty = true;
  std::string buffer;
  switch (reader.kind()) {
    case json::Kind::Object:
      reader.object([&](std::string_view, json::Reader&) { empty = false; });
      return empty;
    case json::Kind::Array:
      reader.array([&](json::Reader&) { empty = false; });
      return empty;
    case json::Kind::String:
      return reader.string(buffer)->empty();
    default:
      return false;
  }
}

bool equal(std::string_view seen, const std::string& wanted) {
  if (seen == wanted) return true;
  double a = 0;
  double b = 0;
  const auto read = [](std::string_view text, double& out) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && stop == text.data() + text.size();
  };
  return read(seen, a) && read(wanted, b) && a == b;
}

bool applies(const ErrorRule& rule, const Run& run, int httpStatus, std::string_view body) {
  if (rule.httpStatus && *rule.httpStatus != httpStatus) return false;
  if (!rule.path) return true;
  const auto value = rule.path->find(body, run.resolver());
  if (!value) return false;
  if (rule.isEmpty && !isEmpty(*value)) return false;
  const auto text = scalarText(*value);
  if (rule.equals && (!text || !equal(*text, *rule.equals))) return false;
  return !rule.matches || (text && rule.matches->find(folded(*text)));
}

const ErrorRule* ruleFor(const Step& step, const Run& run, int httpStatus, std::string_view body) {
  for (const ErrorRule& rule : step.errors)
    if (applies(rule, run, httpStatus, body)) return &rule;
  return nullptr;
}

std::optional<std::string> textAt(const Pointer& pointer, std::string_view body) {
  const auto value = pointer.find(body);
  if (!value) return std::nullopt;
  auto text = scalarText(*value);
  if (!text || *text == "true" || *text == "false") return std::nullopt;
  std::string clean = cleaned(*text, kLongestMessage);
  return clean.empty() ? std::nullopt : std::optional(std::move(clean));
}

// Where APIs put what they have to say.
std::string commonMessage(std::string_view body) {
  static const std::array<Pointer, 9> kPlaces = {
      Pointer("/error/message"), Pointer("/error/detail"), Pointer("/detail/error"),
      Pointer("/error"),         Pointer("/message"),      Pointer("/reason"),
      Pointer("/detail"),        Pointer("/title"),        Pointer("/errors/*/message")};
  for (const Pointer& place : kPlaces)
    if (auto text = textAt(place, body)) return *text;
  return {};
}

std::string messageOf(const ErrorRule& rule, std::string_view body) {
  if (!rule.text.empty()) return rule.text;
  std::optional<std::string> text;
  if (rule.message) text = textAt(*rule.message, body);
  if (!text && rule.path) text = textAt(*rule.path, body);
  return text ? *text : commonMessage(body);
}

std::string sayingOf(const Run& run, const std::string& said) {
  const std::string& name = run.api.title.empty() ? run.api.name : run.api.title;
  return said.empty() ? name + " did not answer" : name + ": " + said;
}

}  // namespace

void checkErrors(const Step& step, const Run& run, int httpStatus, std::string_view body) {
  json::Reader reader(body);
  reader.skip();
  reader.finish();
  if (const ErrorRule* rule = ruleFor(step, run, httpStatus, body)) {
    sdk::Failure failure(rule->status, sayingOf(run, messageOf(*rule, body)));
    failure.retryAfterMs = rule->retryAfterMs;
    throw failure;
  }
}

void checkExpected(const Step& step, const Run& run, std::string_view body) {
  for (const Pointer& pointer : step.expect) {
    const auto value = pointer.find(body, run.resolver());
    if (value && !isEmpty(*value)) continue;
    const std::string otherwise = step.otherwise.in(run.prompt.language).lines(run.scope());
    throw sdk::Failure(PAGODA_E_UNSUPPORTED,
                       sayingOf(run, otherwise.empty() ? "nothing was found" : otherwise));
  }
}

void readFailure(const Step& step, const Run& run, int httpStatus, std::string_view body,
                 pagoda_error& error) {
  if (!json::valid(body)) body = "null";
  std::string said;
  if (const ErrorRule* rule = ruleFor(step, run, httpStatus, body)) {
    error.status = rule->status;
    if (rule->retryAfterMs >= 0) error.retry_after_ms = rule->retryAfterMs;
    said = messageOf(*rule, body);
  } else {
    said = commonMessage(body);
  }
  sdk::copyLine(error.message, sayingOf(run, said));
}

}  // namespace pagoda::external
