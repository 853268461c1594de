#include "wire.h"

#include <algorithm>
#include <string>

#include <pagoda/sdk.hpp>

#include "chat_completions/json_text.h"

namespace pagoda::openrouter {

namespace {

constexpr std::string_view kBaseUrl = "https://openrouter.ai/api/v1";

[[noreturn]] void refuse(std::string_view setting, const char* need) {
  throw sdk::Failure(PAGODA_E_CONFIG, std::string(setting) + " " + need);
}

void setMember(chat_completions::Settings& settings, std::string_view name, std::string_view json) {
  const auto found =
      std::ranges::find(settings.members, name, [](const auto& member) { return member.first; });
  if (found != settings.members.end()) {
    found->second = json;
  } else {
    settings.members.emplace_back(name, json);
  }
}

std::string headerValue(std::string_view setting, std::string_view raw) {
  std::string text = chat_completions::stringOf(raw);
  const bool plain =
      std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
  if (text.empty() || !plain) refuse(setting, "must be a text in ASCII");
  return text;
}

void readMember(std::string_view key, std::string_view raw, chat_completions::Settings& settings) {
  if (key == "provider") {
    if (!raw.starts_with('{')) refuse(key, "must be an object");
    setMember(settings, key, raw);
  } else if (key == "transforms" || key == "plugins") {
    if (!raw.starts_with('[')) refuse(key, "must be a list");
    setMember(settings, key, raw);
  } else if (key == "referer") {
    settings.headers.emplace_back("http-referer", headerValue(key, raw));
  } else if (key == "title") {
    settings.headers.emplace_back("x-title", headerValue(key, raw));
  }
}

}  // namespace

chat_completions::Settings readSettings(std::string_view configJson) {
  auto settings = chat_completions::readSettings(configJson, kBaseUrl);
  // Behind another host name it is the same server.
  if (settings.quirks.empty()) {
    settings.quirks = "openrouter";
    settings.embeddingBase64 = true;
  }
  // The cost stands in `usage` only for those who ask, at older versions of the service.
  setMember(settings, "usage", R"({"include":true})");
  try {
    chat_completions::eachMember(configJson, [&](std::string_view key, std::string_view raw) {
      readMember(key, raw, settings);
    });
  } catch (const json::Malformed& malformed) {
    throw sdk::Failure(PAGODA_E_CONFIG, malformed.what());
  }
  return settings;
}

}  // namespace pagoda::openrouter
