#include "answer.h"

#include <algorithm>

namespace pagoda::external {
namespace {

constexpr std::size_t kMostSources = 50;
constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLargestAnswer = 256u << 10;

std::string renderList(const List& list, const Run& run) {
  std::string out;
  const auto array = run.find(list.step, list.path);
  if (!array) return out;
  std::size_t index = 0;
  json::Reader(*array).array([&](json::Reader& element) {
    if (index == list.most || out.size() > kLargestAnswer) return;
    const std::string_view raw = element.raw();
    const std::string item = list.item.in(run.prompt.language).lines(run.scope(raw, index + 1));
    if (item.empty()) return;
    if (!out.empty()) out += '\n';
    out += item;
    ++index;
  });
  return out;
}

class Sources {
 public:
  explicit Sources(const Run& run) : run_(run) {}

  std::vector<Source> collect() {
    for (const SourceTemplate& source : run_.api.sources) {
      const Scope scope = run_.scope();
      add(source.title.in(run_.prompt.language).whole(scope).value_or(""),
          source.url.whole(scope).value_or(""));
    }
    for (const List& list : run_.api.lists)
      if (list.sourceUrl) fromList(list);
    return std::move(sources_);
  }

 private:
  void fromList(const List& list) {
    const auto array = run_.find(list.step, list.path);
    if (!array) return;
    std::size_t count = 0;
    json::Reader(*array).array([&](json::Reader& element) {
      if (count++ >= list.most) return;
      const std::string_view raw = element.raw();
      add(list.sourceTitle ? textAt(*list.sourceTitle, raw) : "", textAt(*list.sourceUrl, raw));
    });
  }

  std::string textAt(const Pointer& pointer, std::string_view element) const {
    const auto value = pointer.find(element, run_.resolver());
    return value ? scalarText(*value).value_or("") : "";
  }

  // A stranger's link is shown only if it is one, and its title as one line.
  void add(std::string_view title, const std::string& url) {
    const bool known = std::ranges::count(sources_, url, &Source::url) != 0;
    if (!isLink(url) || known || sources_.size() == kMostSources) return;
    std::string clean = cleaned(withoutTags(title), kLongestTitle);
    sources_.push_back({clean.empty() ? url : std::move(clean), url, 0, 0});
  }

  const Run& run_;
  std::vector<Source> sources_;
};

void appendSources(Answer& answer, Language language) {
  if (answer.sources.empty()) return;
  answer.text += language == Language::Japanese ? "\n\n出典:" : "\n\nSources:";
  std::size_t at = lengthOf(answer.text);
  for (Source& source : answer.sources) {
    const std::string named =
        source.title == source.url ? source.url : source.title + " " + source.url;
    answer.text += "\n- " + named;
    source.start = at + 3;
    source.end = source.start + lengthOf(named);
    at = source.end;
  }
}

}  // namespace

Answer render(const Run& run) {
  Scope scope = run.scope();
  const auto plain = scope.value;
  scope.value = [&](const Reference& reference) -> std::optional<std::string> {
    if (reference.kind != Reference::Kind::List) return plain(reference);
    std::string list = renderList(*run.api.list(reference.name), run);
    if (list.empty()) return std::nullopt;
    return list;
  };
  Answer answer;
  answer.text = run.api.answer.in(run.prompt.language).lines(scope);
  const std::string& name = run.api.title.empty() ? run.api.name : run.api.title;
  if (answer.text.find_first_not_of(" \n") == std::string::npos)
    throw sdk::Failure(PAGODA_E_PROTOCOL, name + " sent nothing of what was expected");
  answer.sources = Sources(run).collect();
  appendSources(answer, run.prompt.language);
  return answer;
}

std::string annotationsJson(const Answer& answer) {
  std::string out;
  json::Writer writer(out);
  writer.beginObject().key("annotations").beginArray();
  for (const Source& source : answer.sources) {
    writer.beginObject().member("type", "url_citation").key("url_citation").beginObject();
    writer.member("start_index", source.start).member("end_index", source.end);
    writer.member("title", source.title).member("url", source.url).endObject().endObject();
  }
  writer.endArray().endObject();
  return out;
}

std::string citationsJson(const Answer& answer) {
  std::string out;
  json::Writer writer(out);
  writer.beginObject().key("citations").beginArray();
  for (const Source& source : answer.sources) writer.string(source.url);
  writer.endArray().endObject();
  return out;
}

std::string answerJson(const Answer& answer) {
  std::string out;
  json::Writer writer(out);
  writer.beginObject().member("answer", answer.text).key("sources").beginArray();
  for (const Source& source : answer.sources)
    writer.beginObject().member("title", source.title).member("url", source.url).endObject();
  writer.endArray().endObject();
  return out;
}

}  // namespace pagoda::external
