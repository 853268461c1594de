#include "settings.h"

#include <algorithm>
#include <string>

#include <pagoda/sdk.hpp>

#include "chat_completions/json_text.h"
#include "chat_completions/quirks.h"

namespace pagoda::qwen {

namespace {

using chat_completions::stringOf;

struct Region {
  std::string_view name;       // of Alibaba Cloud
  std::string_view shortName;  // of people
  std::string_view host;       // for accounts without a workspace of their own; may be empty
};

// Keys hold for one region only: at another one's host they are refused with 401.
constexpr Region kRegions[] = {
    {"ap-southeast-1", "intl", "dashscope-intl.aliyuncs.com"},
    {"cn-beijing", "cn", "dashscope.aliyuncs.com"},
    {"us-east-1", "us", "dashscope-us.aliyuncs.com"},
    {"cn-hongkong", "hk", "cn-hongkong.dashscope.aliyuncs.com"},
    {"ap-northeast-1", "jp", ""},
    {"eu-central-1", "eu", ""},
};

[[noreturn]] void refuse(const std::string& message) {
  throw sdk::Failure(PAGODA_E_CONFIG, message);
}

bool isLabel(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

struct Draft {
  std::string region, workspace, api, baseUrl;
};

void readMember(std::string_view key, std::string_view raw, Draft& draft, Settings& settings) {
  const auto flag = [&] {
    if (raw != "true" && raw != "false") refuse(std::string(key) + " must be true or false");
    return raw == "true";
  };
  if (key == "base_url") draft.baseUrl = stringOf(raw);
  if (key == "region") draft.region = stringOf(raw);
  if (key == "workspace") draft.workspace = stringOf(raw);
  if (key == "api") draft.api = stringOf(raw);
  if (key == "incremental_output") settings.incremental = flag();
  if (key == "thinking") settings.thinking = flag();
  if (key == "thinking_budget") {
    settings.thinkingBudget = json::Reader(raw).integer().value_or(-1);
    if (settings.thinkingBudget < 1) refuse("thinking_budget must be a number of tokens");
  }
}

std::string baseUrlOf(const Draft& draft) {
  if (!draft.baseUrl.empty()) return draft.baseUrl;
  if (!draft.workspace.empty() && !isLabel(draft.workspace))
    refuse("workspace must be the id of a workspace");
  std::string url = hostUrl(draft.region.empty() ? "intl" : draft.region, draft.workspace);
  if (url.empty()) {
    std::string names;
    for (const Region& region : kRegions) {
      names += names.empty() ? "" : ", ";
      names += region.name;
    }
    refuse(draft.workspace.empty()
               ? "region must be one of " + names + "; some need a workspace as well"
               : "region must be one of " + names);
  }
  url += draft.api == "native" ? "/api/v1" : "/compatible-mode/v1";
  return url;
}

}  // namespace

std::string hostUrl(std::string_view region, std::string_view workspace) {
  for (const Region& known : kRegions) {
    if (known.name != region && known.shortName != region) continue;
    std::string url = "https://";
    if (!workspace.empty())
      return url.append(workspace).append(".").append(known.name).append(".maas.aliyuncs.com");
    return known.host.empty() ? std::string() : url.append(known.host);
  }
  return {};
}

Settings readSettings(std::string_view configJson) {
  Settings settings;
  Draft draft;
  try {
    chat_completions::eachMember(configJson, [&](std::string_view key, std::string_view raw) {
      readMember(key, raw, draft, settings);
    });
  } catch (const json::Malformed& malformed) {
    refuse(malformed.what());
  }
  if (!draft.api.empty() && draft.api != "native" && draft.api != "compatible")
    refuse("api must be compatible or native");
  // The shared reader knows `api` with other words, and the quirks by the host's name alone.
  std::string shared;
  const json::Change changes[] = {{"api", json::Change::Action::Drop},
                                  {"quirks", json::Change::Action::Set, "\"qwen\""}};
  json::splice(configJson, changes, shared);
  settings.chat = chat_completions::readSettings(shared, baseUrlOf(draft));
  const bool nativePath = settings.chat.baseUrl.find("/api/v1") != std::string::npos;
  const bool native = draft.api.empty() ? nativePath : draft.api == "native";
  settings.api = native ? Api::Native : Api::Compatible;
  return settings;
}

}  // namespace pagoda::qwen
