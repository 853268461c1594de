#pragma once
// An API as its declaration describes it: what the operator wrote under `apis:`, checked and
// compiled. Immutable once read; README.md describes the members.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

#include "pattern.h"
#include "template.h"

namespace pagoda::external {

/// How one value is found in the prompt. The rules are tried in the order of the members.
struct Parameter {
  std::string name;
  std::vector<Pattern> patterns;
  std::vector<std::pair<std::u32string, std::string>> words;  ///< folded, lower case; longest first
  int occurrence = 1;                                         ///< which of the words in the prompt
  bool date = false;                                          ///< the first date, as YYYY-MM-DD
  bool rest = false;                                          ///< the prompt itself, after `strip`
  bool prompt = false;                                        ///< the prompt as it is
  std::vector<Pattern> strip;                           ///< taken away from what a pattern found
  std::map<std::string, std::string, std::less<>> map;  ///< lower case; changes what was found
  bool mappedOnly = false;
  std::optional<Localized> fallback;
  bool required = true;
  std::size_t mostCharacters = 200;
  Localized missing;  ///< what to tell who gave none
};

/// When an answer, of whatever status, is a failure.
struct ErrorRule {
  std::optional<int> httpStatus;
  std::optional<Pointer> path;
  std::optional<std::string> equals;
  std::optional<Pattern> matches;
  bool isEmpty = false;  ///< the value at `path` is {}, [] or ""
  pagoda_status status = PAGODA_E_UNAVAILABLE;
  std::optional<Pointer> message;
  std::string text;  ///< said instead of the upstream's message
  std::int64_t retryAfterMs = -1;
};

using Fields = std::vector<std::pair<std::string, Template>>;

struct Step {
  std::string name;
  std::string method = "GET";
  Template url;
  Fields query;
  Fields headers;
  /// A JSON body in pieces: literal JSON, and the texts of strings in it.
  std::vector<std::pair<std::string, std::optional<Template>>> body;
  Fields form;
  std::vector<Pointer> expect;
  Localized otherwise;
  std::vector<ErrorRule> errors;
  std::int64_t cacheTtlNs = 0;
  std::int64_t priceNusd = 0;
  std::uint32_t timeoutMs = 0;
};

struct List {
  std::string name;
  std::string step;
  Pointer path;
  std::size_t most = 5;
  Localized item;
  std::optional<Pointer> sourceUrl;  ///< each element is a source as well
  std::optional<Pointer> sourceTitle;
};

struct SourceTemplate {
  Localized title;
  Template url;
};

struct Api {
  std::string name;
  std::string title;
  std::vector<Pattern> when;
  std::optional<Language> language;  ///< else that of the prompt
  std::vector<Parameter> parameters;
  std::vector<Step> steps;
  std::map<std::string, Table, std::less<>> tables;
  std::vector<List> lists;
  Localized answer;
  std::vector<SourceTemplate> sources;
  std::size_t mostBytes = 1u << 20;

  const Step* step(std::string_view wanted) const;
  const List* list(std::string_view wanted) const;
  const Parameter* parameter(std::string_view wanted) const;
};

struct Settings {
  std::string baseUrl;
  std::vector<Api> apis;
  std::size_t cacheEntries = 256;
  std::size_t cacheBytes = 4u << 20;
};

/// Throws Failure(PAGODA_E_CONFIG) that names the place, such as apis.weather.steps[1].url.
Settings readSettings(std::string_view config);

}  // namespace pagoda::external
