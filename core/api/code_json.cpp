#include "core/api/code_json.h"

#include <cctype>
#include <memory>

#include "core/api/corridor.h"
#include "core/api/fields.h"
#include "core/api/json_out.h"

namespace pagoda::api {
namespace {

int base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// The name as a part of a link: whatever is not plain is escaped, but for the slash.
std::string escaped(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += '%';
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
}

Result<SandboxFile> readFile(JsonValue value, const std::string& param) {
  if (!value.isObject()) return wrong(param, "an object with name and content");
  SandboxFile file;
  bool hasContent = false;
  for (const JsonValue member : value.children()) {
    const std::string name = param + "." + shownText(member.key());
    if (member.key() == "name" || member.key() == "path") {
      PAGODA_TRY(file.path, readString(member, name));
    } else if (member.key() == "content" || member.key() == "content_base64") {
      if (hasContent) return wrong(param, "an object with content or content_base64, not both");
      hasContent = true;
      PAGODA_TRY(const std::string_view text, readString(member, name));
      if (member.key() == "content") {
        file.content = text;
      } else {
        PAGODA_TRY(file.content, decodeBase64(text, name));
      }
    } else {
      return fail(ErrorCode::InvalidRequest,
                  "unknown member '" + shownText(member.key()) +
                      "'; the members of a file are name, content, content_base64",
                  param);
    }
  }
  if (file.path.empty()) return missing(param + ".name");
  if (!hasContent) return missing(param + ".content");
  return file;
}

}  // namespace

Result<std::string> decodeBase64(std::string_view text, std::string_view param) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64Digit(c);
    if (digit < 0) return wrong(param, "base64");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  if (text.size() % 4 == 1) return wrong(param, "base64");
  return bytes;
}

Result<std::vector<SandboxFile>> readFiles(JsonValue value, std::string_view param) {
  if (!value.isArray()) return wrong(param, "a list of files");
  std::vector<SandboxFile> files;
  for (const JsonValue each : value.children()) {
    const std::string name = std::string(param) + "[" + std::to_string(files.size()) + "]";
    PAGODA_TRY(SandboxFile file, readFile(each, name));
    files.push_back(std::move(file));
  }
  return files;
}

Result<const services::CodeLanguage*> readLanguage(JsonValue value, std::string_view param) {
  PAGODA_TRY(const std::string_view name, readString(value, param));
  const services::CodeLanguage* language = services::findLanguage(name);
  if (language == nullptr) return wrong(param, "one of " + services::languageNames());
  return language;
}

Result<Money> readMaxCost(JsonValue value, std::string_view param) {
  const auto cost = Money::parseUsd(value.isString() ? value.text() : value.raw());
  if (!cost || *cost <= Money{})
    return wrong(param, "a decimal number of dollars above 0, with at most nine decimals");
  return *cost;
}

void writeText(JsonWriter& json, std::string_view name, std::string_view text) {
  std::string quoted;
  appendJsonString(quoted, text);
  json.rawMember(name, quoted);
}

void writeRun(JsonWriter& json, const SandboxResult& result) {
  json.member("status", nameOf(result.end)).member("exit_code", result.exitCode);
  if (result.signal != 0) json.member("signal", result.signal);
  writeText(json, "stdout", result.output);
  writeText(json, "stderr", result.errors);
  json.member("output_cut", result.outputCut);
  json.member("duration_ms", result.wall.count()).member("cpu_ms", result.cpu.count());
  if (result.leftOut.empty()) return;
  json.key("left_out").beginArray();
  for (const SandboxLeftOut& left : result.leftOut) {
    json.beginObject();
    writeText(json, "name", left.path);
    json.member("reason", left.reason).endObject();
  }
  json.endArray();
}

void writeKeptFiles(JsonWriter& json, services::RunShelf& shelf, const RequestScope& scope,
                    std::vector<SandboxFile> files) {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (const SandboxFile& file : files) names.emplace_back(file.path, file.content.size());
  const UnixMillis expires =
      files.empty() ? 0 : shelf.put(scope.idText, scope.caller.key, std::move(files));
  json.key("files").beginArray();
  for (const auto& [name, size] : names) {
    json.beginObject();
    writeText(json, "name", name);
    json.member("size", size);
    json.member("url", "/assistant/runs/" + scope.idText + "/files/" + escaped(name));
    json.member("expires_at", formatUtc(expires)).endObject();
  }
  json.endArray();
}

services::DialogueFrame dialogueFrame(const ApiContext& api, RequestScope& scope, std::string model,
                                      std::optional<Money> mostCost) {
  auto begin = [&api, &scope, first = true]() mutable {
    services::CorridorRequest corridor = beginCorridor(api, scope, false);
    if (!first) {
      corridor.id = api.ids.next();
      corridor.received = scope.runtime.clock().now();
      corridor.times = {};
    }
    first = false;
    return corridor;
  };
  return {api.orchestrator, scope.runtime, std::move(begin), std::move(model), mostCost};
}

Result<CodeParts*> codeParts(const ApiContext& api) {
  if (api.code == nullptr)
    return fail(ErrorCode::Overloaded, "no code is run here: the server has no sandbox");
  const SandboxState& state = api.code->runner.state();
  if (state.layer == "off")
    return fail(ErrorCode::Overloaded, "no code is run here: the sandbox is off: " + state.reason);
  return api.code;
}

}  // namespace pagoda::api
