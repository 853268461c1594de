#include "request.h"

#include <algorithm>

namespace pagoda::external {
namespace {

constexpr std::size_t kLongestUrl = 8000;
constexpr std::size_t kLargestBody = 64u << 10;

[[noreturn]] void lacking(const Step& step) {
  throw sdk::Failure(PAGODA_E_PROTOCOL,
                     "the request of step " + step.name + " needs a value that is not there");
}

std::optional<SecretField> secretIn(const std::string& name, const Template& value) {
  SecretField field;
  field.name = name;
  for (const Template::Piece& piece : value.pieces()) {
    if (!field.secret.empty()) {
      field.suffix += piece.literal;
      continue;
    }
    field.prefix += piece.literal;
    if (piece.reference && piece.reference->kind == Reference::Kind::Secret)
      field.secret = piece.reference->name;
  }
  if (field.secret.empty()) return std::nullopt;
  return field;
}

void appendField(std::string& out, char separator, std::string_view name, std::string_view value) {
  if (!out.empty() && separator != '\0') out += separator;
  out += percentEncoded(name);
  out += '=';
  out += percentEncoded(value);
}

// The part up to the path is the operator's and stays as it is.
std::string urlOf(const Step& step, const Run& run) {
  const Scope scope = run.scope();
  std::string url;
  for (const Template::Piece& piece : step.url.pieces()) {
    url += piece.literal;
    if (!piece.reference) continue;
    if (piece.reference->name == "base_url" && piece.reference->kind == Reference::Kind::Name) {
      if (run.baseUrl.empty())
        throw sdk::Failure(PAGODA_E_CONFIG,
                           "the declaration of " + run.api.name + " needs base_url to be set");
      url += run.baseUrl;
      continue;
    }
    const auto value = valueOf(*piece.reference, scope);
    if (!value) lacking(step);
    url += percentEncoded(*value);
  }
  return url;
}

std::string bodyOf(const Step& step, const Run& run) {
  const Scope scope = run.scope();
  std::string body;
  for (const auto& [literal, text] : step.body) {
    body += literal;
    if (!text) continue;
    const auto value = text->whole(scope);
    if (!value) lacking(step);
    json::appendString(body, *value);
  }
  for (const auto& [name, text] : step.form)
    if (const auto value = text.whole(scope)) appendField(body, '&', name, *value);
  return body;
}

bool isNamed(const std::pair<std::string, std::string>& header, std::string_view name) {
  return std::ranges::equal(
      header.first, name, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

std::string HttpCall::cacheKey() const {
  std::string key = method + ' ' + url + '\n';
  for (const auto& [name, value] : headers) key += name + ": " + value + '\n';
  return key + '\n' + body;
}

HttpCall requestOf(const Step& step, const Run& run) {
  const Scope scope = run.scope();
  HttpCall call;
  call.method = step.method;
  call.timeoutMs = step.timeoutMs;
  call.url = urlOf(step, run);
  char separator = call.url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, text] : step.query) {
    if (auto secret = secretIn(name, text)) {
      call.secretQuery.push_back(std::move(*secret));
    } else if (const auto value = text.whole(scope)) {
      appendField(call.url, separator, name, *value);
      separator = '&';
    }
  }
  for (const auto& [name, text] : step.headers) {
    if (auto secret = secretIn(name, text)) {
      call.secretHeaders.push_back(std::move(*secret));
    } else if (const auto value = text.whole(scope)) {
      call.headers.emplace_back(name, *value);
    }
  }
  call.body = bodyOf(step, run);
  const auto lacks = [&](std::string_view name) {
    return std::ranges::none_of(call.headers,
                                [&](const auto& header) { return isNamed(header, name); });
  };
  if (lacks("accept")) call.headers.emplace_back("accept", "application/json");
  if (!call.body.empty() && lacks("content-type"))
    call.headers.emplace_back("content-type", step.form.empty()
                                                  ? "application/json"
                                                  : "application/x-www-form-urlencoded");
  if (call.url.size() > kLongestUrl || call.body.size() > kLargestBody)
    throw sdk::Failure(PAGODA_E_TOO_LARGE, "the question is too long for " + run.api.name);
  return call;
}

void fill(const HttpCall& call, sdk::HttpRequest& http) {
  http.target(call.method, call.url, PAGODA_FRAMING_WHOLE);
  for (const auto& [name, value] : call.headers) http.header(name, value);
  for (const SecretField& field : call.secretHeaders)
    http.secretHeader(field.name, field.prefix, field.secret, field.suffix);
  for (const SecretField& field : call.secretQuery)
    http.secretHeader("?" + field.name, field.prefix, field.secret, field.suffix);
  if (call.timeoutMs != 0) http.firstByteTimeout(call.timeoutMs);
  if (!call.body.empty()) http.body().append(call.body);
}

}  // namespace pagoda::external
