#include "core/app/environment.h"

#include <unistd.h>

#include "core/app/yaml_tree.h"

extern char** environ;  // POSIX declares it in no header of C++

namespace pagoda::app {
namespace {

constexpr std::size_t kLargestSecret = 64 * 1024;

std::optional<std::string> readSecretFile(const std::string& path, const Place& place,
                                          std::vector<Mistake>& mistakes) {
  std::vector<Mistake> found;
  std::string text;
  if (!readConfigFile(path, text, found, kLargestSecret)) {
    mistakes.push_back({place, "the secret's file '" + path + "' " + found.front().message, ""});
    return std::nullopt;
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

bool isVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

}  // namespace

Environment processEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> lookUp(const Environment& environment, std::string_view name,
                                  std::vector<Mistake>& mistakes) {
  if (const auto found = environment.find(name);
      found != environment.end() && !found->second.empty())
    return found->second;
  const std::string fileVariable = std::string(name) + "_FILE";
  const auto file = environment.find(fileVariable);
  if (file == environment.end() || file->second.empty()) return std::nullopt;
  return readSecretFile(file->second, {fileVariable, 0, 0}, mistakes);
}

std::optional<Expanded> expand(std::string_view text, const Environment& environment,
                               const Place& place, std::vector<Mistake>& mistakes) {
  Expanded out;
  while (!text.empty()) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) break;
    if (dollar > 0 && text[dollar - 1] == '$') {
      out.text.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    out.text.append(text.substr(0, dollar));
    const std::size_t close = text.find('}', dollar);
    const std::string_view inside = text.substr(
        dollar + 2, (close == std::string_view::npos ? text.size() : close) - dollar - 2);
    const std::size_t fallback = inside.find(":-");
    const std::string_view name = inside.substr(0, fallback);
    if (close == std::string_view::npos || !isVariableName(name)) {
      mistakes.push_back(
          {place, "'${' without a variable's name and '}'", "write $${ for a plain ${"});
      return std::nullopt;
    }
    const std::size_t before = mistakes.size();
    const auto value = lookUp(environment, name, mistakes);
    if (!value && mistakes.size() > before) return std::nullopt;
    if (!value && fallback == std::string_view::npos) {
      mistakes.push_back({place, "the environment variable " + std::string(name) + " is not set",
                          "set it, or write ${" + std::string(name) + ":-} to go without"});
      return std::nullopt;
    }
    out.text.append(value ? std::string_view(*value) : inside.substr(fallback + 2));
    out.from = name;
    out.replaced = true;
    text.remove_prefix(close + 1);
  }
  out.text.append(text);
  return out;
}

std::optional<Secret> readSecret(const std::string& text, const Place& place,
                                 std::vector<Mistake>& mistakes) {
  constexpr std::string_view kFile = "file:";
  if (!text.starts_with(kFile)) return Secret(text);
  auto content = readSecretFile(text.substr(kFile.size()), place, mistakes);
  if (!content) return std::nullopt;
  return Secret(std::move(*content));
}

}  // namespace pagoda::app
