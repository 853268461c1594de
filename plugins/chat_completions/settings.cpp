#include "chat_completions/settings.h"

#include <algorithm>
#include <cctype>

#include <pagoda/sdk.hpp>

#include "chat_completions/quirks.h"

namespace pagoda::chat_completions {

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

bool flagOf(std::string_view setting, json::Reader& value) {
  const auto flag = value.boolean();
  if (!flag) refuse(setting, "must be true or false");
  return *flag;
}

std::vector<std::pair<std::string, std::string>> pairsOf(std::string_view setting,
                                                         json::Reader& value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const bool object = value.object([&](std::string_view key, json::Reader& member) {
    std::string name(key);
    std::string text = textOf(setting, member);
    pairs.emplace_back(std::move(name), std::move(text));
  });
  if (!object) refuse(setting, "must be an object of strings");
  return pairs;
}

std::vector<std::string> listOf(std::string_view setting, json::Reader& value) {
  std::vector<std::string> list;
  const bool array =
      value.array([&](json::Reader& element) { list.push_back(textOf(setting, element)); });
  if (!array) refuse(setting, "must be an array of strings");
  return list;
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

std::vector<std::pair<std::string, std::string>> membersOf(std::string_view setting,
                                                           json::Reader& value) {
  std::vector<std::pair<std::string, std::string>> members;
  const bool object = value.object([&](std::string_view key, json::Reader& member) {
    std::string name(key);
    members.emplace_back(std::move(name), member.raw());
  });
  if (!object) refuse(setting, "must be an object");
  return members;
}

void readApi(std::string_view key, json::Reader& value, Settings& settings) {
  settings.api = choiceOf<Api>(key, value, "must be chat, native, ollama or cohere",
                               {{"chat", Api::Chat},
                                {"native", settings.quirks == "cohere" ? Api::Cohere : Api::Ollama},
                                {"ollama", Api::Ollama},
                                {"cohere", Api::Cohere}});
}

// The deviations that a row of quirks.cpp gives a server, one by one.
bool readQuirk(std::string_view key, json::Reader& value, Settings& settings) {
  if (key == "tool_choice_form") {
    settings.toolChoice = choiceOf<ToolChoiceForm>(key, value, "must be openai, any or words",
                                                   {{"openai", ToolChoiceForm::OpenAi},
                                                    {"any", ToolChoiceForm::Any},
                                                    {"words", ToolChoiceForm::WordsOnly}});
  } else if (key == "tool_ids") {
    settings.toolIds =
        choiceOf<ToolIds>(key, value, "must be keep or nine_letters",
                          {{"keep", ToolIds::Keep}, {"nine_letters", ToolIds::NineLetters}});
  } else if (key == "reasoning_replay") {
    settings.reasoning = choiceOf<Reasoning>(key, value, "must be keep, rename or tool_turns",
                                             {{"keep", Reasoning::Keep},
                                              {"rename", Reasoning::RenameToShort},
                                              {"tool_turns", Reasoning::ToolTurnsOnly}});
  } else if (key == "message_order") {
    settings.order = choiceOf<MessageOrder>(key, value, "must be keep, prefix_last or alternate",
                                            {{"keep", MessageOrder::Keep},
                                             {"prefix_last", MessageOrder::PrefixLast},
                                             {"alternate", MessageOrder::Alternate}});
  } else if (key == "message_drop") {
    settings.messageDrop = listOf("message_drop", value);
  } else if (key == "message_members") {
    settings.messageMembers = listOf("message_members", value);
  } else if (key == "embeddings_path") {
    settings.embeddingsPath = textOf(key, value);
  } else if (key == "embeddings_base64") {
    settings.embeddingBase64 = flagOf(key, value);
  } else if (key == "body") {
    settings.members = membersOf("body", value);
  } else {
    return false;
  }
  return true;
}

void readMember(std::string_view key, json::Reader& value, Settings& settings) {
  if (key == "base_url") {
    settings.baseUrl = textOf(key, value);
  } else if (key == "api") {
    readApi(key, value, settings);
  } else if (readQuirk(key, value, settings)) {
    return;
  } else if (key == "chat_path") {
    settings.chatPath = textOf(key, value);
  } else if (key == "auth_header") {
    settings.authHeader = textOf(key, value);
  } else if (key == "auth_prefix") {
    settings.authPrefix = textOf(key, value);
  } else if (key == "no_auth") {
    settings.noAuth = flagOf(key, value);
  } else if (key == "headers") {
    settings.headers = pairsOf("headers", value);
  } else if (key == "max_tokens_field") {
    settings.maxTokensField =
        choiceOf<MaxTokensField>(key, value, "must be auto, max_tokens or max_completion_tokens",
                                 {{"auto", settings.maxTokensField},
                                  {"max_tokens", MaxTokensField::MaxTokens},
                                  {"max_completion_tokens", MaxTokensField::MaxCompletionTokens}});
  } else if (key == "stream_usage") {
    settings.streamUsage = flagOf(key, value);
  } else if (key == "developer_role") {
    settings.developerRole =
        choiceOf<DeveloperRole>(key, value, "must be keep or system",
                                {{"keep", DeveloperRole::Keep}, {"system", DeveloperRole::System}});
  } else if (key == "reasoning_excluded_from_completion") {
    settings.reasoningExcludedFromCompletion = flagOf(key, value);
  } else if (key == "trust_cost") {
    settings.trustCost = flagOf(key, value);
  } else if (key == "drop") {
    settings.drop = listOf("drop", value);
  } else if (key == "rename") {
    settings.rename = pairsOf("rename", value);
  }
}

}  // namespace

Settings readSettings(std::string_view configJson, std::string_view baseUrl) {
  Settings settings;
  settings.baseUrl = baseUrl;
  try {
    // First what tells the server: what is known of it is the default of the rest.
    json::Reader first(configJson);
    first.object([&](std::string_view key, json::Reader& value) {
      if (key == "base_url") settings.baseUrl = textOf(key, value);
      if (key == "quirks") settings.quirks = textOf(key, value);
    });
    first.finish();
    if (settings.quirks.empty()) {
      applyKnownHost(settings.baseUrl, settings);
    } else if (settings.quirks != "none" && !applyQuirks(settings.quirks, settings)) {
      refuse("quirks", ("must be none or one of " + quirkNames()).c_str());
    }
    json::Reader reader(configJson);
    reader.object(
        [&](std::string_view key, json::Reader& value) { readMember(key, value, settings); });
  } catch (const json::Malformed& malformed) {
    throw sdk::Failure(PAGODA_E_CONFIG, malformed.what());
  }
  if (!settings.baseUrl.starts_with("https://") && !settings.baseUrl.starts_with("http://"))
    refuse("base_url", "must begin with https:// or http://");
  if (hostOf(settings.baseUrl).empty()) refuse("base_url", "names no host");
  if (!settings.chatPath.starts_with('/')) refuse("chat_path", "must begin with a slash");
  if (!settings.embeddingsPath.starts_with('/'))
    refuse("embeddings_path", "must begin with a slash");
  if (settings.authHeader.empty()) refuse("auth_header", "must not be empty; no_auth sends no key");
  return settings;
}

std::string chatUrl(std::string_view base, std::string_view chatPath) {
  const std::size_t question = base.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : base.substr(question);
  std::string_view path = base.substr(0, question);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string url(path);
  if (!path.ends_with(chatPath)) url += chatPath;
  url += query;
  return url;
}

std::string_view baseOf(std::string_view base, std::string_view chatPath) {
  base = base.substr(0, base.find('?'));
  while (base.ends_with('/')) base.remove_suffix(1);
  if (base.ends_with(chatPath)) base.remove_suffix(chatPath.size());
  return base;
}

std::string hostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const std::size_t end =
      authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
  std::string host(authority.substr(0, end));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

}  // namespace pagoda::chat_completions
