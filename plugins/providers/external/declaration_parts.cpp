#include "declaration_parts.h"

#include <algorithm>
#include <cmath>

namespace pagoda::external {
namespace {

constexpr std::size_t kMostRules = 64;
constexpr std::size_t kMostWords = 2000;
constexpr double kDearest = 1000;  // USD a call

std::string lowerCase(std::string_view text) {
  std::u32string characters = folded(text);
  for (char32_t& c : characters) c = lowered(c);
  return encode(characters);
}

void readWords(const ConfigValue& value, Parameter& parameter) {
  value.members([&](std::string_view key, const ConfigValue& word) {
    const std::u32string folded = decode(lowerCase(key));
    if (folded.empty()) word.fail("an empty word would be found everywhere");
    parameter.words.emplace_back(folded, word.text());
  });
  if (parameter.words.size() > kMostWords) value.fail("holds more than 2000 words");
  std::ranges::stable_sort(parameter.words, [](const auto& a, const auto& b) {
    return a.first.size() > b.first.size();
  });
}

pagoda_status statusOf(const ConfigValue& value) {
  constexpr std::pair<std::string_view, pagoda_status> kNames[] = {
      {"auth", PAGODA_E_AUTH},
      {"permission", PAGODA_E_PERMISSION},
      {"quota", PAGODA_E_QUOTA},
      {"region", PAGODA_E_REGION},
      {"rate_limit", PAGODA_E_RATE_LIMIT},
      {"overloaded", PAGODA_E_OVERLOADED},
      {"unavailable", PAGODA_E_UNAVAILABLE},
      {"invalid_request", PAGODA_E_INVALID_REQUEST},
      {"unsupported", PAGODA_E_UNSUPPORTED},
      {"not_found", PAGODA_E_UNSUPPORTED},
      {"protocol", PAGODA_E_PROTOCOL}};
  const std::string name = value.text();
  std::string all;
  for (const auto& [known, status] : kNames) {
    if (known == name) return status;
    all += (all.empty() ? "" : ", ") + std::string(known);
  }
  value.fail("must be one of " + all);
}

ErrorRule readError(const ConfigValue& value) {
  ErrorRule made;
  bool statusSaid = false;
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "http") {
      made.httpStatus = static_cast<int>(member.integer(200, 599));
    } else if (key == "path") {
      made.path = member.pointer();
    } else if (key == "equals") {
      made.equals = member.text();
    } else if (key == "matches") {
      member.at([&] { made.matches.emplace(member.text()); });
    } else if (key == "empty") {
      made.isEmpty = member.boolean();
    } else if (key == "status") {
      made.status = statusOf(member);
      statusSaid = true;
    } else if (key == "message") {
      made.message = member.pointer();
    } else if (key == "text") {
      made.text = member.text();
    } else if (key == "retry_after_s") {
      made.retryAfterMs = member.integer(0, 31'622'400) * 1000;
    } else {
      refuseUnknown(member);
    }
  });
  if (!statusSaid) value.fail("needs a status");
  if (!made.path && !made.httpStatus) value.fail("needs http, or the path of a value");
  if (!made.path && (made.equals || made.matches || made.isEmpty))
    value.fail("needs the path of the value to look at");
  return made;
}

Fields readFields(const ConfigValue& value) {
  Fields fields;
  value.members([&](std::string_view key, const ConfigValue& member) {
    fields.emplace_back(std::string(key), member.templated());
  });
  if (fields.size() > kMostRules) value.fail("has more than 64 entries");
  return fields;
}

// Literal JSON up to a string with places, that string, and so on.
class BodyReader {
 public:
  explicit BodyReader(Step& step) : step_(step) {}
  void read(const ConfigValue& value) {
    write(value);
    if (!literal_.empty()) step_.body.emplace_back(std::move(literal_), std::nullopt);
  }

 private:
  void write(const ConfigValue& value) {
    switch (value.kind()) {
      case json::Kind::Object:
        container(value, '{', '}');
        break;
      case json::Kind::Array:
        container(value, '[', ']');
        break;
      case json::Kind::String:
        string(value);
        break;
      default:
        literal_ += value.json();
    }
  }

  void container(const ConfigValue& value, char open, char close) {
    literal_ += open;
    bool more = false;
    const auto next = [&](const ConfigValue& child, std::string_view key) {
      if (more) literal_ += ',';
      more = true;
      if (open == '{') {
        json::appendString(literal_, key);
        literal_ += ':';
      }
      write(child);
    };
    if (open == '{') {
      value.members([&](std::string_view key, const ConfigValue& child) { next(child, key); });
    } else {
      value.elements([&](const ConfigValue& child) { next(child, {}); });
    }
    literal_ += close;
  }

  void string(const ConfigValue& value) {
    Template made = value.templated();
    bool places = false;
    made.each([&](const Reference&) { places = true; });
    if (!places) {
      std::string text;
      for (const Template::Piece& piece : made.pieces()) text += piece.literal;
      return json::appendString(literal_, text);
    }
    step_.body.emplace_back(std::move(literal_), std::nullopt);
    literal_.clear();
    step_.body.emplace_back("", std::move(made));
  }

  Step& step_;
  std::string literal_;
};

std::int64_t readPrice(const ConfigValue& value) {
  return std::llround(value.number(0, kDearest) * 1e9);
}

void readRequest(std::string_view key, const ConfigValue& member, Step& made) {
  if (key == "method") {
    made.method = member.text();
    if (made.method != "GET" && made.method != "POST" && made.method != "PUT")
      member.fail("must be GET, POST or PUT");
  } else if (key == "url") {
    made.url = member.templated();
  } else if (key == "query") {
    made.query = readFields(member);
  } else if (key == "headers") {
    made.headers = readFields(member);
  } else if (key == "body") {
    BodyReader(made).read(member);
  } else if (key == "form") {
    made.form = readFields(member);
  } else {
    refuseUnknown(member);
  }
}

}  // namespace

void refuseUnknown(const ConfigValue& value) {
  value.fail("is not a setting");
}

Parameter readParameter(std::string_view name, const ConfigValue& value) {
  Parameter made;
  made.name = name;
  bool requiredSaid = false;
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "patterns") {
      made.patterns = member.patterns();
    } else if (key == "words") {
      readWords(member, made);
    } else if (key == "occurrence") {
      made.occurrence = static_cast<int>(member.integer(1, 9));
    } else if (key == "date") {
      made.date = member.boolean();
    } else if (key == "rest") {
      made.rest = member.boolean();
    } else if (key == "prompt") {
      made.prompt = member.boolean();
    } else if (key == "strip") {
      made.strip = member.patterns();
    } else if (key == "map") {
      member.members([&](std::string_view from, const ConfigValue& to) {
        made.map.emplace(lowerCase(from), to.text());
      });
    } else if (key == "mapped_only") {
      made.mappedOnly = member.boolean();
    } else if (key == "default") {
      made.fallback = member.localized();
    } else if (key == "required") {
      made.required = member.boolean();
      requiredSaid = true;
    } else if (key == "max_characters") {
      made.mostCharacters = static_cast<std::size_t>(member.integer(1, 2000));
    } else if (key == "missing") {
      made.missing = member.localized();
    } else {
      refuseUnknown(member);
    }
  });
  if (made.patterns.size() + made.strip.size() > kMostRules) value.fail("has too many patterns");
  const bool found = !made.patterns.empty() || !made.words.empty() || made.date || made.rest ||
                     made.prompt || made.fallback;
  if (!found) value.fail("has no rule: patterns, words, date, rest, prompt or default");
  if (made.fallback && requiredSaid && made.required)
    value.fail("is required and has a default: keep one of them");
  return made;
}

std::vector<ErrorRule> readErrors(const ConfigValue& value) {
  std::vector<ErrorRule> rules;
  value.elements([&](const ConfigValue& rule) { rules.push_back(readError(rule)); });
  if (rules.size() > kMostRules) value.fail("has more than 64 rules");
  return rules;
}

Step readStep(const ConfigValue& value, const std::vector<ErrorRule>& common, std::size_t index) {
  Step made;
  made.name = "step" + std::to_string(index + 1);
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "name") {
      made.name = member.text();
    } else if (key == "expect") {
      member.textOrTexts([&](const ConfigValue& one) { made.expect.push_back(one.pointer()); });
    } else if (key == "otherwise") {
      made.otherwise = member.localized();
    } else if (key == "errors") {
      made.errors = readErrors(member);
    } else if (key == "cache_ttl_s") {
      made.cacheTtlNs = member.integer(0, 31'622'400) * 1'000'000'000;
    } else if (key == "price_usd") {
      made.priceNusd = readPrice(member);
    } else if (key == "timeout_ms") {
      made.timeoutMs = static_cast<std::uint32_t>(member.integer(1, 600'000));
    } else {
      readRequest(key, member, made);
    }
  });
  if (made.url.empty()) value.fail("needs a url");
  if (!made.body.empty() && !made.form.empty()) value.fail("has a body and a form: keep one");
  if ((!made.body.empty() || !made.form.empty()) && made.method == "GET")
    value.fail("sends a body with GET: set method");
  made.errors.insert(made.errors.end(), common.begin(), common.end());
  return made;
}

}  // namespace pagoda::external
