#include "settings.h"

#include <optional>

#include <pagoda/sdk.hpp>

namespace pagoda::anthropic {

namespace {

[[noreturn]] void refuse(std::string_view setting, const char* need) {
  throw sdk::Failure(PAGODA_E_CONFIG, std::string(setting) + " " + need);
}

std::string textOf(std::string_view setting, json::Reader& value) {
  std::string buffer;
  const auto text = value.string(buffer);
  if (!text) refuse(setting, "must be a string");
  return std::string(*text);
}

template <class E>
E choiceOf(std::string_view setting, json::Reader& value, const char* need,
           std::initializer_list<std::pair<std::string_view, E>> choices) {
  const std::string text = textOf(setting, value);
  for (const auto& [name, choice] : choices) {
    if (name == text) return choice;
  }
  refuse(setting, need);
}

// Both go into header lines.
bool isHeaderSafe(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

void readBetas(json::Reader& value, Settings& settings) {
  const bool array = value.array([&](json::Reader& element) {
    std::string beta = textOf("betas", element);
    if (beta.empty() || beta.find(',') != std::string::npos || !isHeaderSafe(beta))
      refuse("betas", "must be names without commas");
    settings.betas.push_back(std::move(beta));
  });
  if (!array) refuse("betas", "must be an array of strings");
}

void readHeaders(json::Reader& value, Settings& settings) {
  const bool object = value.object([&](std::string_view key, json::Reader& member) {
    std::string name(key);
    std::string text = textOf("headers", member);
    settings.headers.emplace_back(std::move(name), std::move(text));
  });
  if (!object) refuse("headers", "must be an object of strings");
}

void readMember(std::string_view key, json::Reader& value, Settings& settings,
                std::optional<Auth>& auth) {
  if (key == "base_url") {
    settings.baseUrl = textOf(key, value);
  } else if (key == "platform") {
    settings.platform =
        choiceOf<Platform>(key, value, "must be anthropic or vertex",
                           {{"anthropic", Platform::Anthropic}, {"vertex", Platform::Vertex}});
  } else if (key == "version") {
    settings.version =
        choiceOf<const char*>(key, value, "must be 2023-06-01 or 2026-10-21",
                              {{"2023-06-01", "2023-06-01"}, {"2026-10-21", "2026-10-21"}});
  } else if (key == "auth") {
    auth = choiceOf<Auth>(key, value, "must be x-api-key, bearer, oauth or none",
                          {{"x-api-key", Auth::ApiKey},
                           {"bearer", Auth::Bearer},
                           {"oauth", Auth::OAuth},
                           {"none", Auth::None}});
  } else if (key == "betas") {
    readBetas(value, settings);
  } else if (key == "client_betas") {
    const auto flag = value.boolean();
    if (!flag) refuse(key, "must be true or false");
    settings.clientBetas = *flag;
  } else if (key == "headers") {
    readHeaders(value, settings);
  } else if (key == "default_max_tokens") {
    settings.defaultMaxTokens = value.integer().value_or(0);
    if (settings.defaultMaxTokens < 1) refuse(key, "must be a number of at least 1");
  } else if (key == "auto_cache") {
    settings.autoCache = choiceOf<AutoCache>(
        key, value, "must be none, 5m or 1h",
        {{"none", AutoCache::None}, {"5m", AutoCache::FiveMinutes}, {"1h", AutoCache::OneHour}});
  } else if (key == "thinking") {
    settings.thinking = choiceOf<ThinkingForm>(key, value, "must be auto, adaptive, budget or none",
                                               {{"auto", ThinkingForm::Auto},
                                                {"adaptive", ThinkingForm::Adaptive},
                                                {"budget", ThinkingForm::Budget},
                                                {"none", ThinkingForm::None}});
  }
}

// A model's name may be the client's: it must not leave its segment of the path.
void appendSegment(std::string& url, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.@").find(c) != std::string_view::npos;
    if (plain) {
      url += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    url += '%';
    url += kHex[byte >> 4];
    url += kHex[byte & 15];
  }
}

}  // namespace

Settings readSettings(std::string_view configJson) {
  Settings settings;
  std::optional<Auth> auth;
  try {
    json::Reader reader(configJson);
    reader.object(
        [&](std::string_view key, json::Reader& value) { readMember(key, value, settings, auth); });
    reader.finish();
  } catch (const json::Malformed& malformed) {
    throw sdk::Failure(PAGODA_E_CONFIG, malformed.what());
  }
  settings.auth =
      auth.value_or(settings.platform == Platform::Vertex ? Auth::Bearer : Auth::ApiKey);
  if (!settings.baseUrl.starts_with("https://") && !settings.baseUrl.starts_with("http://"))
    refuse("base_url", "must begin with https:// or http://");
  return settings;
}

std::string urlOf(const Settings& settings, std::string_view base, std::string_view model,
                  Mode mode) {
  const std::size_t question = base.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : base.substr(question);
  std::string_view path = base.substr(0, question);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string url(path);
  if (settings.platform == Platform::Vertex) {
    url += "/models/";
    // Counting has a path of its own; the model stands in the body.
    if (mode == Mode::CountTokens) {
      url += "count-tokens";
    } else {
      appendSegment(url, model);
    }
    url += mode == Mode::Stream ? ":streamRawPredict" : ":rawPredict";
  } else {
    if (!path.ends_with("/messages")) url += path.ends_with("/v1") ? "/messages" : "/v1/messages";
    if (mode == Mode::CountTokens) url += "/count_tokens";
  }
  url += query;
  return url;
}

}  // namespace pagoda::anthropic
