#include "core/sandbox/job.h"

#include <cstring>
#include <stdexcept>
#include <string_view>

namespace pagoda::sandbox {
namespace {

class Writer {
 public:
  void number(std::uint64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
  }
  void text(std::string_view value) {
    number(value.size());
    out += value;
  }
  void texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const std::string& value : values) text(value);
  }
  std::string out;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
  std::string text() { return std::string(take(number())); }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    for (std::uint64_t count = number(); count > 0; --count) values.push_back(text());
    return values;
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > left_.size()) throw std::runtime_error("the job is cut off");
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view left_;
};

}  // namespace

std::string encode(const Job& job) {
  Writer to;
  for (const std::uint64_t value :
       {static_cast<std::uint64_t>(job.layer), std::uint64_t{job.namespaces},
        std::uint64_t{job.user}, std::uint64_t{job.server}, job.memory, job.disk, job.cpuSeconds,
        std::uint64_t{job.processes}, std::uint64_t{job.files}, std::uint64_t{job.othersOfUser}})
    to.number(value);
  for (const std::string* text : {&job.bubblewrap, &job.folder}) to.text(*text);
  for (const auto* texts : {&job.command, &job.environment, &job.readable, &job.hidden})
    to.texts(*texts);
  to.number(job.content.size());
  for (const auto& [path, bytes] : job.content) {
    to.text(path);
    to.text(bytes);
  }
  return std::move(to.out);
}

Job decode(const std::string& bytes) {
  Reader from(bytes);
  Job job;
  job.layer = static_cast<Layer>(from.small());
  job.namespaces = from.number() != 0;
  job.user = from.small();
  job.server = from.small();
  job.memory = from.number();
  job.disk = from.number();
  job.cpuSeconds = from.number();
  job.processes = from.small();
  job.files = from.small();
  job.othersOfUser = from.small();
  for (std::string* text : {&job.bubblewrap, &job.folder}) *text = from.text();
  for (auto* texts : {&job.command, &job.environment, &job.readable, &job.hidden})
    *texts = from.texts();
  for (std::uint64_t count = from.number(); count > 0; --count) {
    std::string path = from.text();
    job.content.emplace_back(std::move(path), from.text());
  }
  return job;
}

}  // namespace pagoda::sandbox
