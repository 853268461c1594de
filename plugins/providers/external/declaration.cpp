#include "declaration.h"

#include <algorithm>

#include "declaration_check.h"
#include "declaration_parts.h"

namespace pagoda::external {
namespace {

constexpr std::size_t kMostSteps = 8;

void readTables(const ConfigValue& value, Api& api) {
  value.members([&](std::string_view name, const ConfigValue& entries) {
    Table table;
    entries.members([&](std::string_view code, const ConfigValue& word) {
      Words words;
      if (word.kind() != json::Kind::Object) {
        words.english = words.japanese = word.text();
      } else {
        word.members([&](std::string_view language, const ConfigValue& text) {
          if (language != "en" && language != "ja") text.fail("is no language; write en or ja");
          (language == "en" ? words.english : words.japanese) = text.text();
        });
        if (words.english.empty()) words.english = words.japanese;
        if (words.japanese.empty()) words.japanese = words.english;
      }
      table.emplace(std::string(code), std::move(words));
    });
    api.tables.emplace(std::string(name), std::move(table));
  });
}

List readList(std::string_view name, const ConfigValue& value) {
  List made;
  made.name = name;
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "from") {
      const std::string from = member.text();
      const std::size_t colon = from.find(':');
      made.step = colon == std::string::npos ? "" : from.substr(0, colon);
      member.at(
          [&] { made.path = Pointer(colon == std::string::npos ? from : from.substr(colon + 1)); });
    } else if (key == "first") {
      made.most = static_cast<std::size_t>(member.integer(1, 50));
    } else if (key == "item") {
      made.item = member.localized();
    } else if (key == "source_url") {
      made.sourceUrl = member.pointer();
    } else if (key == "source_title") {
      made.sourceTitle = member.pointer();
    } else {
      refuseUnknown(member);
    }
  });
  if (made.item.empty()) value.fail("needs an item: the template of one element");
  return made;
}

SourceTemplate readSource(const ConfigValue& value) {
  SourceTemplate made;
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "title") {
      made.title = member.localized();
    } else if (key == "url") {
      made.url = member.templated();
    } else {
      refuseUnknown(member);
    }
  });
  if (made.url.empty()) value.fail("needs a url");
  return made;
}

void readRendering(std::string_view key, const ConfigValue& member, Api& made) {
  if (key == "tables") {
    readTables(member, made);
  } else if (key == "lists") {
    member.members([&](std::string_view name, const ConfigValue& list) {
      made.lists.push_back(readList(name, list));
    });
  } else if (key == "answer") {
    made.answer = member.localized();
  } else if (key == "sources") {
    member.elements([&](const ConfigValue& one) { made.sources.push_back(readSource(one)); });
  } else if (key == "max_bytes") {
    made.mostBytes = static_cast<std::size_t>(member.integer(1024, 16 << 20));
  } else {
    refuseUnknown(member);
  }
}

Api readApi(std::string_view name, const ConfigValue& value) {
  Api made;
  made.name = name;
  std::vector<ErrorRule> errors;
  std::optional<ConfigValue> steps;
  value.members([&](std::string_view key, const ConfigValue& member) {
    if (key == "title") {
      made.title = member.text();
    } else if (key == "when") {
      made.when = member.patterns();
    } else if (key == "language") {
      const std::string language = member.text();
      if (language != "en" && language != "ja" && language != "auto")
        member.fail("must be en, ja or auto");
      if (language != "auto")
        made.language = language == "ja" ? Language::Japanese : Language::English;
    } else if (key == "parameters") {
      member.members([&](std::string_view parameter, const ConfigValue& rules) {
        made.parameters.push_back(readParameter(parameter, rules));
      });
    } else if (key == "errors") {
      errors = readErrors(member);
    } else if (key == "steps") {
      steps = member;
    } else {
      readRendering(key, member, made);
    }
  });
  if (!steps) value.fail("needs steps");
  steps->elements([&](const ConfigValue& step) {
    made.steps.push_back(readStep(step, errors, made.steps.size()));
  });
  if (made.steps.empty() || made.steps.size() > kMostSteps) steps->fail("must be 1 to 8 steps");
  if (made.answer.empty()) value.fail("needs an answer");
  for (List& list : made.lists)
    if (list.step.empty()) list.step = made.steps.back().name;
  value.at([&] { checkApi(made); });
  return made;
}

}  // namespace

const Step* Api::step(std::string_view wanted) const {
  const auto found = std::ranges::find(steps, wanted, &Step::name);
  return found == steps.end() ? nullptr : &*found;
}
const List* Api::list(std::string_view wanted) const {
  const auto found = std::ranges::find(lists, wanted, &List::name);
  return found == lists.end() ? nullptr : &*found;
}
const Parameter* Api::parameter(std::string_view wanted) const {
  const auto found = std::ranges::find(parameters, wanted, &Parameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

Settings readSettings(std::string_view config) {
  Settings settings;
  json::Reader reader(config);
  if (reader.kind() != json::Kind::Object)
    throw sdk::Failure(PAGODA_E_CONFIG, "the settings are not a JSON object");
  reader.object([&](std::string_view key, json::Reader& member) {
    const std::string name(key);
    const ConfigValue value(member.raw(), name);
    if (name == "base_url") {
      settings.baseUrl = value.text();
      while (settings.baseUrl.ends_with('/')) settings.baseUrl.pop_back();
    } else if (name == "cache_entries") {
      settings.cacheEntries = static_cast<std::size_t>(value.integer(0, 100'000));
    } else if (name == "cache_bytes") {
      settings.cacheBytes = static_cast<std::size_t>(value.integer(0, 1 << 30));
    } else if (name == "apis") {
      value.members([&](std::string_view api, const ConfigValue& declaration) {
        settings.apis.push_back(readApi(api, declaration));
      });
    } else {
      refuseUnknown(value);
    }
  });
  reader.finish();
  if (settings.apis.empty())
    throw sdk::Failure(PAGODA_E_CONFIG, "apis: declares nothing; README.md has an example");
  return settings;
}

}  // namespace pagoda::external
