#include "partial_args.h"

#include <algorithm>
#include <charconv>

namespace pagoda::gemini {

namespace {

constexpr std::size_t kDeepest = 64;

[[noreturn]] void nonsense() {
  throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent arguments without a readable place");
}

}  // namespace

// $.name, $.list[0].name, $['odd name'].
PartialArgs::Path PartialArgs::parse(std::string_view path) {
  Path steps;
  if (!path.starts_with('$')) nonsense();
  path.remove_prefix(1);
  while (!path.empty()) {
    if (steps.size() == kDeepest) nonsense();
    Step step;
    if (path.starts_with("['") || path.starts_with("[\"")) {
      const std::size_t end = path.find(path[1] == '\'' ? "']" : "\"]", 2);
      if (end == std::string_view::npos) nonsense();
      step.name = path.substr(2, end - 2);
      path.remove_prefix(end + 2);
    } else if (path.starts_with('[')) {
      const auto read = std::from_chars(path.data() + 1, path.data() + path.size(), step.index);
      if (read.ec != std::errc{} || read.ptr == path.data() + path.size() || *read.ptr != ']')
        nonsense();
      step.element = true;
      path.remove_prefix(static_cast<std::size_t>(read.ptr - path.data()) + 1);
    } else if (path.starts_with('.')) {
      path.remove_prefix(1);
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      if (end == 0) nonsense();
      step.name = path.substr(0, end);
      path.remove_prefix(end);
    } else {
      nonsense();
    }
    steps.push_back(std::move(step));
  }
  if (steps.empty() || steps.front().element) nonsense();
  return steps;
}

// Writes the name or the place of a value that follows.
void PartialArgs::open(const Step& step, std::string& out) {
  if (step.element) return;
  json::appendString(out, step.name);
  out += ':';
}

// Leaves open only the containers of the first `depth` steps.
void PartialArgs::closeTo(std::size_t depth, std::string& out) {
  if (inString_) out += '"';
  inString_ = false;
  // The value at the end of the path is whole; each step before it sits in a container.
  while (path_.size() > depth + 1) {
    out += path_.back().element ? ']' : '}';
    path_.pop_back();
  }
}

void PartialArgs::moveTo(const Path& path, std::string& out) {
  std::size_t common = 0;
  while (common < path.size() && common < path_.size() && path[common] == path_[common]) ++common;
  // A place within a value that is whole, around one that is open, or out of turn.
  if (begun_ && (common == path.size() || common == path_.size())) nonsense();
  if (begun_) {
    closeTo(common, out);
    if (path[common].element != path_[common].element) nonsense();
    if (path[common].element && path[common].index != path_[common].index + 1) nonsense();
    out += ',';
  } else {
    out += '{';
    begun_ = true;
  }
  path_.resize(common);
  for (std::size_t i = common; i < path.size(); ++i) {
    if (i > common) {
      if (path[i].element && path[i].index != 0) nonsense();
      out += path[i].element ? '[' : '{';
    }
    open(path[i], out);
    path_.push_back(path[i]);
  }
}

void PartialArgs::read(json::Reader& element, std::string& out) {
  Path path;
  std::string buffer;
  std::string text;
  std::string value;
  bool isText = false;
  bool more = false;
  element.object([&](std::string_view key, json::Reader& member) {
    if (key == "jsonPath") {
      path = parse(member.string(buffer).value_or(""));
    } else if (key == "stringValue") {
      isText = member.kind() == json::Kind::String;
      text = member.string(buffer).value_or("");
    } else if (key == "numberValue" || key == "boolValue") {
      value = member.raw();
    } else if (key == "nullValue") {
      value = "null";
    } else if (key == "willContinue") {
      more = member.boolean().value_or(false);
    }
  });
  if (path.empty()) return;
  if (!isText && value.empty()) value = "null";
  if (inString_ && path == path_ && isText) {
    json::appendEscaped(out, text);
  } else {
    moveTo(path, out);
    if (isText) {
      out += '"';
      json::appendEscaped(out, text);
    } else {
      out += value;
    }
    inString_ = isText;
  }
  if (inString_ && !more) {
    out += '"';
    inString_ = false;
  }
}

void PartialArgs::end(std::string& out) {
  if (!begun_) {
    out += "{}";
    return;
  }
  closeTo(0, out);
  out += '}';
}

}  // namespace pagoda::gemini
