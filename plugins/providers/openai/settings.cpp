#include "settings.h"

#include <algorithm>
#include <array>

#include <pagoda/sdk.hpp>

#include "chat_completions/json_text.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;

constexpr std::string_view kBaseUrl = "https://api.openai.com/v1";
// The version that paths with a deployment get where none is set. Source: Azure OpenAI, REST API
// versioning, newest generally available one, read 2026-11-25.
constexpr std::string_view kDeploymentsVersion = "2024-10-21";
constexpr std::array<std::string_view, 3> kAzureDomains = {
    ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"};

[[noreturn]] void refuse(std::string_view setting, const char* need) {
  throw sdk::Failure(PAGODA_E_CONFIG, std::string(setting) + " " + need);
}

bool isAzureHost(std::string_view baseUrl) {
  const std::string host = chat_completions::hostOf(baseUrl);
  return std::ranges::any_of(kAzureDomains,
                             [&](std::string_view domain) { return host.ends_with(domain); });
}

std::string plainText(std::string_view setting, std::string_view raw) {
  std::string text = stringOf(raw);
  const bool plain =
      std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || !plain) refuse(setting, "must be a text in ASCII without spaces");
  return text;
}

Api apiOf(std::string_view raw) {
  const std::string word = stringOf(raw);
  if (word == "auto") return Api::Auto;
  if (word == "chat") return Api::Chat;
  if (word == "responses") return Api::Responses;
  refuse("api", "must be auto, chat or responses");
}

void readMember(std::string_view key, std::string_view raw, Settings& settings) {
  if (key == "api") {
    settings.api = apiOf(raw);
  } else if (key == "api_version") {
    settings.apiVersion = plainText(key, raw);
  } else if (key == "store") {
    if (raw != "true" && raw != "false") refuse(key, "must be true or false");
    settings.store = raw == "true";
  } else if (key == "reasoning_summary") {
    const std::string word = stringOf(raw);
    if (word != "auto" && word != "concise" && word != "detailed" && word != "none")
      refuse(key, "must be none, auto, concise or detailed");
    settings.reasoningSummary = word == "none" ? "" : word;
  } else if (key == "organization") {
    settings.chat.headers.emplace_back("openai-organization", plainText(key, raw));
  } else if (key == "project") {
    settings.chat.headers.emplace_back("openai-project", plainText(key, raw));
  }
}

// Members of answers that clients send back with a message, and that chat completions refuses. The
// models of others that Azure offers may read their thoughts.
void dropCarried(const Settings& settings, std::vector<std::string>& drop) {
  for (const char* member : {"output_items", "output_annotations", "content_parts",
                             "reasoning_details", "thinking_blocks", "phase"})
    drop.emplace_back(member);
  if (settings.azure) return;
  drop.emplace_back("reasoning_content");
  drop.emplace_back("reasoning");
}

std::string_view pathOf(const Settings& settings, Path call) {
  switch (call) {
    case Path::Responses:
      return "/responses";
    case Path::InputTokens:
      return "/responses/input_tokens";
    case Path::Embeddings:
      return settings.chat.embeddingsPath;
    case Path::Chat:
      break;
  }
  return settings.chat.chatPath;
}

std::string percentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

// The path of one of Azure's calls. Sources: Azure OpenAI REST reference 2024-10-21 and the v1 API
// (GA 2025-08), read 2026-11-25.
std::string azurePath(const Settings& settings, std::string_view root, Path call,
                      std::string_view model, bool& versioned) {
  constexpr std::string_view kDeployments = "/openai/deployments/";
  const std::string_view path = pathOf(settings, call);
  const bool ofDeployment = call == Path::Chat || call == Path::Embeddings;
  if (const std::size_t at = root.find(kDeployments); at != std::string_view::npos) {
    versioned = true;
    if (ofDeployment) return std::string(root).append(path);
    return std::string(root.substr(0, at)).append("/openai").append(path);
  }
  // The v1 API, or the model catalogue's (/models).
  if (root.ends_with("/v1") || root.ends_with("/models")) return std::string(root).append(path);
  constexpr std::string_view kOpenAi = "/openai";
  if (root.ends_with(kOpenAi)) root.remove_suffix(kOpenAi.size());
  std::string url(root);
  if (settings.apiVersion.empty()) return url.append("/openai/v1").append(path);
  versioned = true;
  if (!ofDeployment) return url.append(kOpenAi).append(path);
  return url.append(kDeployments).append(percentEncoded(model)).append(path);
}

}  // namespace

Settings readSettings(std::string_view configJson) {
  Settings settings;
  try {
    std::string baseUrl = stringOf(memberOf(configJson, "base_url"));
    if (baseUrl.empty()) baseUrl = kBaseUrl;
    const std::string quirks = stringOf(memberOf(configJson, "quirks"));
    if (!quirks.empty() && quirks != "openai" && quirks != "azure")
      refuse("quirks", "must be openai or azure");
    settings.azure = quirks.empty()
                         ? isAzureHost(baseUrl) || !memberOf(configJson, "api_version").empty()
                         : quirks == "azure";
    // The shared reader knows `api` with other words; behind any name it is one of two servers.
    std::string shared;
    const json::Change changes[] = {
        {"api", json::Change::Action::Drop},
        {"quirks", json::Change::Action::Set, settings.azure ? R"("azure")" : R"("openai")"}};
    json::splice(configJson, changes, shared);
    settings.chat = chat_completions::readSettings(shared, baseUrl);
    if (settings.azure && memberOf(configJson, "auth_header").empty()) {
      settings.chat.authHeader = "api-key";
      settings.chat.authPrefix.clear();
    }
    eachMember(configJson,
               [&](std::string_view key, std::string_view raw) { readMember(key, raw, settings); });
  } catch (const json::Malformed& malformed) {
    throw sdk::Failure(PAGODA_E_CONFIG, malformed.what());
  }
  dropCarried(settings, settings.chat.messageDrop);
  return settings;
}

std::string urlOf(const Settings& settings, std::string_view base, Path call,
                  std::string_view model) {
  const std::size_t question = base.find('?');
  std::string query(question == std::string_view::npos ? std::string_view()
                                                       : base.substr(question));
  std::string_view root = base.substr(0, question);
  while (root.ends_with('/')) root.remove_suffix(1);
  // The base may be the whole URL of any call.
  for (const Path known : {Path::InputTokens, Path::Responses, Path::Chat, Path::Embeddings}) {
    const std::string_view path = pathOf(settings, known);
    if (root.ends_with(path)) {
      root.remove_suffix(path.size());
      break;
    }
  }
  if (!settings.azure) return std::string(root).append(pathOf(settings, call)) + query;
  bool versioned = false;
  std::string url = azurePath(settings, root, call, model, versioned);
  if (query.find("api-version=") == std::string::npos &&
      (versioned || !settings.apiVersion.empty())) {
    query += query.empty() ? "?api-version=" : "&api-version=";
    query +=
        settings.apiVersion.empty() ? kDeploymentsVersion : std::string_view(settings.apiVersion);
  }
  return url + query;
}

}  // namespace pagoda::openai
