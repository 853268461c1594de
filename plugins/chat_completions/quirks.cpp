#include "chat_completions/quirks.h"

#include <array>

namespace pagoda::chat_completions {

namespace {

struct Quirks {
  std::string_view name;
  std::string_view hosts = {};  // domains, or ":port" on this machine; separated by spaces
  MaxTokensField maxTokens = MaxTokensField::Auto;
  DeveloperRole developer = DeveloperRole::System;
  bool streamUsage = true;
  ToolChoiceForm toolChoice = ToolChoiceForm::OpenAi;
  ToolIds toolIds = ToolIds::Keep;
  Reasoning reasoning = Reasoning::Keep;
  MessageOrder order = MessageOrder::Keep;
  bool reasoningExcluded = false;
  bool embeddingBase64 = false;
  std::string_view embeddingDimensions = {};
  bool embeddingInt8 = false;
  std::string_view embeddingsPath = "/embeddings";
  // Lists of words separated by spaces.
  std::string_view drop = {};
  std::string_view rename = {};  // from=to
  std::string_view messageMembers = {};
  std::string_view messageDrop = {};
  std::string_view reasoningModels = {};
  std::string_view reasoningModelsDrop = {};
};

// Sources: the providers' API references and error messages, read 2026-11-25, and recorded
// exchanges of 2024-05 to 2026-08. A server that refuses no unknown member has no list.
constexpr Quirks kTable[] = {
    {.name = "openai",
     .hosts = "api.openai.com",
     .maxTokens = MaxTokensField::MaxCompletionTokens,  // o-series and gpt-5 refuse the other
     .developer = DeveloperRole::Keep,
     .embeddingBase64 = true},
    {.name = "azure",
     .hosts = "openai.azure.com",
     .maxTokens = MaxTokensField::MaxCompletionTokens,
     .developer = DeveloperRole::Keep,
     .embeddingBase64 = true},
    {.name = "groq",
     .hosts = "groq.com",
     .reasoning = Reasoning::RenameToShort,
     .drop = "logit_bias logprobs top_logprobs metadata store",
     .messageDrop = "name"},
    // Members that it does not know are an error 422 (extra_forbidden), also in messages.
    {.name = "mistral",
     .hosts = "mistral.ai",
     .maxTokens = MaxTokensField::MaxTokens,
     .streamUsage = false,  // refused; always sent anyway
     .toolChoice = ToolChoiceForm::Any,
     .toolIds = ToolIds::NineLetters,
     .order = MessageOrder::PrefixLast,
     .embeddingDimensions = "output_dimension",
     .drop = "logit_bias logprobs top_logprobs user store service_tier safety_identifier verbosity "
             "prompt_cache_key modalities audio web_search_options function_call functions",
     .rename = "seed=random_seed",
     .messageMembers = "role content tool_calls tool_call_id name prefix"},
    {.name = "xai",
     .hosts = "x.ai",
     .reasoningExcluded = true,
     .reasoningModels = "grok-3-mini grok-4 grok-code",
     .reasoningModelsDrop = "stop presence_penalty frequency_penalty"},
    {.name = "deepseek",
     .hosts = "deepseek.com",
     .maxTokens = MaxTokensField::MaxTokens,
     .reasoning = Reasoning::ToolTurnsOnly},
    {.name = "perplexity",
     .hosts = "perplexity.ai",
     .maxTokens = MaxTokensField::MaxTokens,
     .order = MessageOrder::Alternate,
     .embeddingInt8 = true,
     .embeddingsPath = "/v1/embeddings",
     .drop = "logit_bias logprobs top_logprobs n seed store user"},
    {.name = "openrouter", .hosts = "openrouter.ai", .embeddingBase64 = true},
    {.name = "qwen",
     .hosts = "aliyuncs.com",
     .maxTokens = MaxTokensField::MaxTokens,
     .embeddingBase64 = true},
    // Its `/v1`; `api: ollama` speaks /api/chat instead.
    {.name = "ollama",
     .hosts = "ollama.com :11434",
     .maxTokens = MaxTokensField::MaxTokens,
     .reasoning = Reasoning::RenameToShort},
    // Its compatibility API; `api: cohere` speaks /v2/chat instead.
    {.name = "cohere",
     .hosts = "cohere.com cohere.ai",
     .maxTokens = MaxTokensField::MaxTokens,
     .drop = "store metadata logit_bias top_logprobs n modalities prediction audio service_tier "
             "parallel_tool_calls"},
    {.name = "vllm"},
    // They read tool_choice as a word only: a named tool is the one tool that is left.
    {.name = "llamacpp",
     .maxTokens = MaxTokensField::MaxTokens,
     .toolChoice = ToolChoiceForm::WordsOnly},
    {.name = "lmstudio",
     .hosts = ":1234",
     .maxTokens = MaxTokensField::MaxTokens,
     .toolChoice = ToolChoiceForm::WordsOnly},
};

template <class F>
void eachWord(std::string_view list, F&& visit) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (end != 0) visit(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
}

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> out;
  eachWord(list, [&](std::string_view word) { out.emplace_back(word); });
  return out;
}

void apply(const Quirks& quirks, Settings& settings) {
  settings.quirks = quirks.name;
  settings.maxTokensField = quirks.maxTokens;
  settings.developerRole = quirks.developer;
  settings.streamUsage = quirks.streamUsage;
  settings.toolChoice = quirks.toolChoice;
  settings.toolIds = quirks.toolIds;
  settings.reasoning = quirks.reasoning;
  settings.order = quirks.order;
  settings.reasoningExcludedFromCompletion = quirks.reasoningExcluded;
  settings.embeddingBase64 = quirks.embeddingBase64;
  settings.embeddingDimensions =
      quirks.embeddingDimensions.empty() ? "dimensions" : quirks.embeddingDimensions;
  settings.embeddingInt8 = quirks.embeddingInt8;
  settings.embeddingsPath = quirks.embeddingsPath;
  settings.drop = words(quirks.drop);
  settings.rename.clear();
  eachWord(quirks.rename, [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    settings.rename.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  });
  settings.messageMembers = words(quirks.messageMembers);
  settings.messageDrop = words(quirks.messageDrop);
  settings.reasoningModels = words(quirks.reasoningModels);
  settings.reasoningModelsDrop = words(quirks.reasoningModelsDrop);
}

bool inDomain(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

// The digits after the host, with the colon; empty if none are given.
std::string_view portOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return {};
  return authority.substr(colon);
}

}  // namespace

bool applyQuirks(std::string_view name, Settings& settings) {
  for (const Quirks& quirks : kTable) {
    if (quirks.name != name) continue;
    apply(quirks, settings);
    return true;
  }
  return false;
}

void applyKnownHost(std::string_view baseUrl, Settings& settings) {
  const std::string host = hostOf(baseUrl);
  const std::string_view port = portOf(baseUrl);
  for (const Quirks& quirks : kTable) {
    bool found = false;
    eachWord(quirks.hosts, [&](std::string_view known) {
      found = found || (known.starts_with(':') ? known == port : inDomain(host, known));
    });
    if (found) return apply(quirks, settings);
  }
}

std::string quirkNames() {
  std::string names;
  for (const Quirks& quirks : kTable) {
    if (!names.empty()) names += ", ";
    names += quirks.name;
  }
  return names;
}

}  // namespace pagoda::chat_completions
