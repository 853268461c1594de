#include "chat_completions/request_body.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat_completions/messages.h"

namespace pagoda::chat_completions {

namespace {

using json::Edit;

constexpr std::array<std::string_view, 38> kRedirecting = {
    "apiBase",
    "apiKey",
    "api_base",
    "api_key",
    "api_type",
    "api_version",
    "aws_access_key_id",
    "aws_bedrock_runtime_endpoint",
    "aws_region_name",
    "aws_secret_access_key",
    "aws_session_token",
    "azure_ad_token",
    "azure_endpoint",
    "baseURL",
    "base_url",
    "callback_url",
    "context_window_fallbacks",
    "custom_host",
    "custom_llm_provider",
    "endpoint",
    "extra_body",
    "extra_headers",
    "extra_query",
    "fallbacks",
    "headers",
    "host",
    "litellm_metadata",
    "litellm_params",
    "mock_response",
    "model_list",
    "models",
    "provider_url",
    "proxy",
    "route",
    "success_callback",
    "url",
    "vertex_credentials",
    "webhook",
};
static_assert(std::is_sorted(kRedirecting.begin(), kRedirecting.end()));

constexpr std::string_view kUsageOption = R"({"include_usage":true})";

// The client's stream options with include_usage set, other members kept.
std::string withUsage(std::string_view options) {
  std::string out;
  if (json::Reader(options).kind() != json::Kind::Object) return std::string(kUsageOption);
  const json::Change change[] = {{"include_usage", json::Change::Action::Set, "true"}};
  json::splice(options, change, out);
  return out;
}

// The operator's object over the client's: his members win, the client's others stay.
std::string mergedObject(std::string_view client, std::string_view operators) {
  if (json::Reader(client).kind() != json::Kind::Object ||
      json::Reader(operators).kind() != json::Kind::Object)
    return std::string(operators);
  std::string out;
  std::vector<std::pair<std::string, std::string_view>> members;
  json::Reader reader(operators);
  reader.object([&](std::string_view key, json::Reader& value) {
    std::string name(key);
    members.emplace_back(std::move(name), value.raw());
  });
  json::rewriteObject(
      client, out,
      [&](std::string_view key, std::string_view) -> Edit {
        const bool his = std::ranges::find(members, key, [](const auto& member) {
                           return std::string_view(member.first);
                         }) != members.end();
        return his ? Edit{Edit::Action::Drop, {}} : Edit{};
      },
      [&](auto& tail) {
        for (const auto& [name, value] : members) tail.add(name, value);
      });
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

class BodyWriter {
 public:
  BodyWriter(const pagoda_chat_request& request, const Settings& settings,
             std::span<const json::Change> overrides)
      : request_(request),
        settings_(settings),
        overrides_(overrides),
        streams_((request.flags & PAGODA_REQ_STREAM) != 0) {
    json::appendString(model_, sdk::view(request.model));
    if (request.max_output_tokens >= 0) json::appendNumber(limit_, request.max_output_tokens);
    const std::string_view model = sdk::view(request.model);
    dropsForReasoning_ = model.find("non-reasoning") == std::string_view::npos &&
                         std::ranges::any_of(settings.reasoningModels, [&](const auto& beginning) {
                           return model.starts_with(beginning);
                         });
  }

  void write(sdk::Buffer& out) {
    const std::string_view raw = sdk::view(request_.raw_json);
    limitKey_ = limitKey(raw);
    json::rewriteObject(
        raw, out, [&](std::string_view key, std::string_view value) { return edit(key, value); },
        [&](auto& tail) { append(tail); });
  }

 private:
  // The name to send the limit under. With `auto`, the one that the client chose.
  std::string_view limitKey(std::string_view raw) const {
    switch (settings_.maxTokensField) {
      case MaxTokensField::MaxTokens:
        return "max_tokens";
      case MaxTokensField::MaxCompletionTokens:
        return "max_completion_tokens";
      case MaxTokensField::Auto:
        break;
    }
    // A cheap test first; the name may also stand in a prompt, so look properly then.
    if (raw.find("max_completion_tokens") == std::string_view::npos) return "max_tokens";
    bool found = false;
    json::Reader reader(raw);
    reader.object(
        [&](std::string_view key, json::Reader&) { found |= key == "max_completion_tokens"; });
    return found ? "max_completion_tokens" : "max_tokens";
  }

  Edit edit(std::string_view key, std::string_view value) {
    if (const json::Change* change = overrideOf(key)) return editOverride(*change);
    if (key == "model") return once(hasModel_, model_);
    if (key == "stream") return once(hasStream_, streams_ ? "true" : "false");
    if (key == "stream_options") {
      if (!streams_ || !settings_.streamUsage) return {Edit::Action::Drop, {}};
      scratch_ = withUsage(value);
      return once(hasOptions_, scratch_);
    }
    if (key == "max_tokens" || key == "max_completion_tokens") return editLimit(key, value);
    if (key == "messages" && messagesNeedRewrite(value, settings_)) {
      scratch_ = rewriteMessages(value, settings_);
      return {Edit::Action::Replace, scratch_};
    }
    if (redirects(key) || contains(settings_.drop, key) ||
        (dropsForReasoning_ && contains(settings_.reasoningModelsDrop, key)))
      return {Edit::Action::Drop, {}};
    if (const auto changed = editTools(key, value)) return *changed;
    for (const auto& [from, to] : settings_.rename) {
      if (from != key) continue;
      renamed_.emplace_back(to, value);
      return {Edit::Action::Drop, {}};
    }
    if (isExtra(key)) return {Edit::Action::Drop, {}};
    return editMember(key, value);
  }

  // A forced tool in the upstream's spelling.
  std::optional<Edit> editTools(std::string_view key, std::string_view value) {
    const bool named = request_.tool_choice == PAGODA_TOOL_NAMED;
    const bool words = settings_.toolChoice == ToolChoiceForm::WordsOnly;
    if (key == "tool_choice") {
      if (settings_.toolChoice == ToolChoiceForm::Any &&
          request_.tool_choice == PAGODA_TOOL_REQUIRED)
        return Edit{Edit::Action::Replace, "\"any\""};
      if (words && named) return Edit{Edit::Action::Replace, "\"required\""};
    } else if (key == "tools" && words && named) {
      scratch_ = toolsNamed(value, sdk::view(request_.tool_choice_name));
      return Edit{Edit::Action::Replace, scratch_};
    }
    return std::nullopt;
  }

  // The operator's own members of every request.
  Edit editMember(std::string_view key, std::string_view value) {
    for (std::size_t i = 0; i < settings_.members.size(); ++i) {
      const auto& [name, json] = settings_.members[i];
      if (name != key || isHosts(key)) continue;
      if (memberSeen_[i]) return {Edit::Action::Drop, {}};
      memberSeen_[i] = true;
      scratch_ = mergedObject(value, json);
      return {Edit::Action::Replace, scratch_};
    }
    return {};
  }

  const json::Change* overrideOf(std::string_view key) const {
    const auto found = std::ranges::find(overrides_, key, &json::Change::key);
    return found == overrides_.end() ? nullptr : &*found;
  }

  // The value is written at the end; here, where the client's stands, if it is only to be changed.
  Edit editOverride(const json::Change& change) {
    if (change.action == json::Change::Action::SetIfThere)
      return {Edit::Action::Replace, change.json};
    return {Edit::Action::Drop, {}};
  }

  Edit editLimit(std::string_view key, std::string_view value) {
    // null means no limit of the client's own.
    if (limit_.empty() && value != "null") limit_ = value;
    if (key != limitKey_ || limit_.empty()) return {Edit::Action::Drop, {}};
    return once(hasLimit_, limit_);
  }

  static Edit once(bool& seen, std::string_view json) {
    if (seen) return {Edit::Action::Drop, {}};
    seen = true;
    return {Edit::Action::Replace, json};
  }

  // The operator's extra members win over the client's, but not over what the host has set.
  static bool isHosts(std::string_view key) {
    return key == "model" || key == "stream" || key == "stream_options" || key == "max_tokens" ||
           key == "max_completion_tokens" || key == "messages";
  }
  template <class F>
  void eachExtra(F&& visit) const {
    const std::string_view extra = sdk::view(request_.extra_json);
    if (extra.empty()) return;
    json::Reader reader(extra);
    reader.object([&](std::string_view key, json::Reader& value) {
      const std::string name(key);
      if (!isHosts(name)) visit(std::string_view(name), value.raw());
    });
  }
  bool isExtra(std::string_view key) const {
    bool found = false;
    eachExtra([&](std::string_view name, std::string_view) { found |= name == key; });
    return found;
  }

  template <class Tail>
  void append(Tail& tail) {
    if (!hasModel_) tail.add("model", model_);
    if (streams_ && !hasStream_) tail.add("stream", "true");
    if (streams_ && settings_.streamUsage && !hasOptions_) tail.add("stream_options", kUsageOption);
    if (!limit_.empty() && !hasLimit_) tail.add(limitKey_, limit_);
    for (const auto& [name, value] : renamed_) tail.add(name, value);
    for (const json::Change& change : overrides_) {
      if (change.action == json::Change::Action::Set) tail.add(change.key, change.json);
    }
    eachExtra([&](std::string_view name, std::string_view value) {
      if (overrideOf(name) == nullptr) tail.add(name, value);
    });
    for (std::size_t i = 0; i < settings_.members.size(); ++i) {
      const auto& [name, value] = settings_.members[i];
      const bool free = !memberSeen_[i] && !isHosts(name) && !isExtra(name);
      if (free && overrideOf(name) == nullptr) tail.add(name, value);
    }
  }

  const pagoda_chat_request& request_;
  const Settings& settings_;
  std::span<const json::Change> overrides_;
  bool streams_;
  std::string model_;
  std::string limit_;
  std::string_view limitKey_;
  std::string scratch_;
  std::vector<std::pair<std::string_view, std::string_view>> renamed_;
  std::vector<bool> memberSeen_ = std::vector<bool>(settings_.members.size());
  bool dropsForReasoning_ = false;
  bool hasModel_ = false;
  bool hasStream_ = false;
  bool hasOptions_ = false;
  bool hasLimit_ = false;
};

}  // namespace

bool redirects(std::string_view member) noexcept {
  return std::binary_search(kRedirecting.begin(), kRedirecting.end(), member);
}

void writeRequestBody(const pagoda_chat_request& request, const Settings& settings,
                      sdk::Buffer& out, std::span<const json::Change> overrides) {
  BodyWriter(request, settings, overrides).write(out);
}

}  // namespace pagoda::chat_completions
