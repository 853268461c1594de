#include "declaration_check.h"

#include <set>

namespace pagoda::external {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw sdk::Failure(PAGODA_E_CONFIG, what);
}

class Checker {
 public:
  explicit Checker(const Api& api) : api_(api) {}

  void check() {
    std::set<std::string> names;
    for (const Step& step : api_.steps)
      if (step.name == "list" || step.name == "secret") {
        fail("a step is named '" + step.name + "', which means something else in templates");
      } else if (!names.insert(step.name).second)
        fail("two steps are named '" + step.name + "'");
    for (std::size_t i = 0; i < api_.steps.size(); ++i) checkStep(api_.steps[i], i);
    const std::size_t all = api_.steps.size();
    for (const List& list : api_.lists) {
      if (api_.step(list.step) == nullptr) fail("list '" + list.name + "' is from no step");
      checkLocalized(list.item, {.steps = all, .here = true, .index = true});
      checkPointer(list.path);
    }
    checkLocalized(api_.answer, {.steps = all, .here = true, .lists = true});
    for (const SourceTemplate& source : api_.sources) {
      checkLocalized(source.title, {.steps = all, .here = true});
      checkTemplate(source.url, {.steps = all, .here = true});
    }
    for (const Parameter& parameter : api_.parameters) {
      checkLocalized(parameter.missing, {});
      if (parameter.fallback) checkLocalized(*parameter.fallback, {});
    }
  }

 private:
  struct Allowed {
    std::size_t steps = 0;  // those that are answered
    bool here = false;
    bool lists = false;
    bool index = false;
    bool secret = false;
    bool base = false;
  };

  void checkStep(const Step& step, std::size_t index) {
    checkUrl(step, index);
    const Allowed plain{.steps = index, .base = true};
    for (const auto& [name, value] : step.query)
      checkTemplate(value, {.steps = index, .secret = true});
    for (const auto& [name, value] : step.headers)
      checkTemplate(value, {.steps = index, .secret = true});
    for (const auto& [name, value] : step.form) checkTemplate(value, plain);
    for (const auto& [literal, value] : step.body)
      if (value) checkTemplate(*value, plain);
    for (const Fields* fields : {&step.query, &step.headers})
      for (const auto& [name, value] : *fields) checkSecret(name, value);
    checkLocalized(step.otherwise, {});
    for (const Pointer& pointer : step.expect) checkPointer(pointer);
  }

  // Whoever writes the prompt must not choose the server: up to the path stand no places but those
  // with values that the operator knows.
  void checkUrl(const Step& step, std::size_t index) {
    checkTemplate(step.url, {.steps = index, .base = true});
    const auto& pieces = step.url.pieces();
    std::size_t at = 0;
    std::string start;
    if (pieces[0].literal.empty() && pieces[0].reference &&
        pieces[0].reference->name == "base_url" && pieces[0].reference->filters.empty()) {
      const bool path = pieces.size() > 1 && pieces[1].literal.starts_with('/');
      if (pieces.size() > 1 && !path) fail("a url goes on behind {base_url} without '/'");
      at = 1;
    } else {
      for (; at < pieces.size(); ++at) {
        start += pieces[at].literal;
        const std::size_t scheme = start.find("://");
        const bool inPath = scheme != std::string::npos &&
                            start.find_first_of("/?", scheme + 3) != std::string::npos;
        if (inPath || !pieces[at].reference) break;
        if (pieces[at].reference->kind != Reference::Kind::Name ||
            pieces[at].reference->name != "language")
          fail("the host of a url holds a place other than {language}");
      }
      if (!start.starts_with("https://") && !start.starts_with("http://"))
        fail("a url does not begin with https://, http:// or {base_url}");
    }
    for (; at < pieces.size(); ++at)
      if (pieces[at].reference && pieces[at].reference->name == "base_url")
        fail("{base_url} stands inside a url");
  }

  // The host puts a secret in between two literal texts.
  static void checkSecret(const std::string& name, const Template& value) {
    std::size_t secrets = 0;
    std::size_t others = 0;
    value.each([&](const Reference& reference) {
      ++(reference.kind == Reference::Kind::Secret ? secrets : others);
      if (reference.kind == Reference::Kind::Secret && !reference.filters.empty())
        fail("'" + name + "' filters a secret");
    });
    if (secrets > 1 || (secrets == 1 && others > 0))
      fail("'" + name + "' mixes a secret with other places");
  }

  void checkLocalized(const Localized& text, const Allowed& allowed) {
    checkTemplate(text.english, allowed);
    checkTemplate(text.japanese, allowed);
  }

  void checkTemplate(const Template& text, const Allowed& allowed) {
    text.each([&](const Reference& reference) {
      checkReference(reference, allowed);
      for (const Filter& filter : reference.filters) {
        if (filter.kind == Filter::Kind::Table && !api_.tables.contains(filter.argument))
          fail("there is no table '" + filter.argument + "'");
        const bool name = filter.kind == Filter::Kind::Times &&
                          filter.argument.find_first_not_of("0123456789.-") != std::string::npos;
        if (name) checkParameter(filter.argument);
      }
    });
  }

  void checkReference(const Reference& reference, const Allowed& allowed) {
    checkPointer(reference.pointer);
    switch (reference.kind) {
      case Reference::Kind::Secret:
        if (!allowed.secret) fail("a secret stands outside of headers and query");
        if (reference.name != "api_key")
          fail("there is no secret '" + reference.name + "'; the one there is is api_key");
        return;
      case Reference::Kind::List:
        if (!allowed.lists || api_.list(reference.name) == nullptr)
          fail("there is no list '" + reference.name + "' here");
        return;
      case Reference::Kind::Here:
        if (!allowed.here) fail("a place without a step's name stands in a request");
        return;
      case Reference::Kind::Step:
        for (std::size_t i = 0; i < allowed.steps; ++i)
          if (api_.steps[i].name == reference.name) return;
        fail("no earlier step is named '" + reference.name + "'");
      case Reference::Kind::Name:
        break;
    }
    if (reference.name == "language" || reference.name == "prompt") return;
    if (reference.name == "index" && allowed.index) return;
    if (reference.name == "base_url" && allowed.base) return;
    checkParameter(reference.name);
  }

  void checkPointer(const Pointer& pointer) {
    for (const std::string& name : pointer.parameters()) checkParameter(name);
  }
  void checkParameter(const std::string& name) {
    if (api_.parameter(name) == nullptr) fail("there is no parameter '" + name + "'");
  }

  const Api& api_;
};

}  // namespace

void checkApi(const Api& api) {
  Checker(api).check();
}

}  // namespace pagoda::external
