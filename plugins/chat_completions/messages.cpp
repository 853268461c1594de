#include "chat_completions/messages.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

#include <pagoda/sdk.hpp>

#include "chat_completions/json_text.h"

namespace pagoda::chat_completions {

namespace {

using json::Edit;

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// What the rules ask of one message.
struct Facts {
  std::string role;
  std::string_view raw;
  std::string_view content;
  bool calls = false;     // has tool calls
  bool toolTurn = false;  // the stretch up to the next user message has tool calls
  bool last = false;
  bool prefixed = false;

  explicit Facts(std::string_view message) : raw(message) {
    json::Reader reader(message);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "role") {
        role = stringOf(value.raw());
      } else if (key == "content") {
        content = value.raw();
      } else if (key == "tool_calls") {
        const std::string_view array = value.raw();
        calls = array.find('{') != std::string_view::npos;
      } else if (key == "prefix") {
        prefixed = true;
      }
    });
  }
};

void markToolTurns(std::vector<Facts>& all) {
  std::size_t from = 0;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    if (i < all.size() && all[i].role != "user") continue;
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(i);
    const bool calls = std::any_of(first, end, [](const Facts& facts) { return facts.calls; });
    std::for_each(first, end, [&](Facts& facts) { facts.toolTurn = calls; });
    from = i;
  }
}

class Rewriter {
 public:
  explicit Rewriter(const Settings& settings) : settings_(settings) {}

  void message(const Facts& facts, std::string& out) {
    json::rewriteObject(
        facts.raw, out,
        [&](std::string_view key, std::string_view raw) { return edit(facts, key, raw); },
        [&](auto& tail) {
          if (!renamed_.empty()) tail.add("reasoning", renamed_);
          renamed_ = {};
          const bool open = settings_.order == MessageOrder::PrefixLast && facts.last &&
                            facts.role == "assistant" && !facts.calls && !facts.prefixed;
          if (open) tail.add("prefix", "true");
        });
  }

 private:
  Edit edit(const Facts& facts, std::string_view key, std::string_view raw) {
    if (key == "role") {
      const bool system =
          facts.role == "developer" && settings_.developerRole == DeveloperRole::System;
      return system ? Edit{Edit::Action::Replace, "\"system\""} : Edit{};
    }
    if (!settings_.messageMembers.empty() && !has(settings_.messageMembers, key))
      return {Edit::Action::Drop, {}};
    if (has(settings_.messageDrop, key)) return {Edit::Action::Drop, {}};
    if (key == "reasoning_content") return editReasoning(facts, raw);
    if (settings_.toolIds != ToolIds::NineLetters) return {};
    if (key == "tool_call_id") {
      scratch_ = quoted(nineLetters(stringOf(raw)));
      return {Edit::Action::Replace, scratch_};
    }
    if (key == "tool_calls" && raw.starts_with('[')) {
      scratch_ = callsWithIds(raw);
      return {Edit::Action::Replace, scratch_};
    }
    return {};
  }

  Edit editReasoning(const Facts& facts, std::string_view raw) {
    switch (settings_.reasoning) {
      case Reasoning::Keep:
        return {};
      case Reasoning::RenameToShort:
        renamed_ = raw;
        return {Edit::Action::Drop, {}};
      case Reasoning::ToolTurnsOnly:
        break;
    }
    return facts.toolTurn ? Edit{} : Edit{Edit::Action::Drop, {}};
  }

  static std::string callsWithIds(std::string_view calls) {
    std::string out;
    json::Reader reader(calls);
    std::size_t copied = 0;
    std::string id;
    reader.array([&](json::Reader& element) {
      if (element.kind() != json::Kind::Object) return;
      out += calls.substr(copied, element.offset() - copied);
      json::rewriteObject(
          element.raw(), out,
          [&](std::string_view key, std::string_view raw) -> Edit {
            if (key == "index") return {Edit::Action::Drop, {}};
            if (key != "id") return {};
            id = quoted(nineLetters(stringOf(raw)));
            return {Edit::Action::Replace, id};
          },
          [](auto&) {});
      copied = element.offset();
    });
    out += calls.substr(copied);
    return out;
  }

  const Settings& settings_;
  std::string scratch_;
  std::string_view renamed_;
};

// The content of two messages in one: texts with an empty line between, else one list of parts.
std::string joined(std::string_view first, std::string_view second) {
  if (first.starts_with('"') && second.starts_with('"')) {
    std::string out(first.substr(0, first.size() - 1));
    out += R"(\n\n)";
    out += second.substr(1);
    return out;
  }
  std::string out = "[";
  for (const std::string_view content : {first, second}) {
    std::string parts;
    if (content.starts_with('"')) {
      parts = R"({"type":"text","text":)" + std::string(content) + "}";
    } else if (content.starts_with('[')) {
      parts = content.substr(1, content.size() - 2);
    }
    if (parts.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    if (out.size() > 1) out += ',';
    out += parts;
  }
  return out + "]";
}

// Neighbours of one role become one message: the first one with the content of all.
std::string alternating(std::vector<Facts>& all, Rewriter& rewriter) {
  std::string out = "[";
  std::string merged;
  for (std::size_t i = 0; i < all.size();) {
    std::string content(all[i].content);
    std::size_t next = i + 1;
    const auto joins = [&](const Facts& facts) {
      return facts.role == all[i].role && !facts.calls && !all[i].calls &&
             (facts.role == "user" || facts.role == "assistant");
    };
    for (; next < all.size() && joins(all[next]); ++next) {
      merged = joined(content, all[next].content);
      content.swap(merged);
    }
    if (out.size() > 1) out += ',';
    if (next == i + 1) {
      rewriter.message(all[i], out);
    } else {
      std::string whole;
      const json::Change change[] = {{"content", json::Change::Action::Set, content}};
      json::splice(all[i].raw, change, whole);
      rewriter.message(Facts(whole), out);
    }
    i = next;
  }
  return out + "]";
}

}  // namespace

bool messagesNeedRewrite(std::string_view messages, const Settings& settings) {
  const auto mentions = [&](std::string_view word) {
    return messages.find(word) != std::string_view::npos;
  };
  if (!settings.messageMembers.empty() || settings.order != MessageOrder::Keep) return true;
  if (settings.developerRole == DeveloperRole::System && mentions("developer")) return true;
  if (settings.toolIds == ToolIds::NineLetters && mentions("tool_call")) return true;
  if (settings.reasoning != Reasoning::Keep && mentions("reasoning_content")) return true;
  return std::ranges::any_of(settings.messageDrop, mentions);
}

std::string rewriteMessages(std::string_view messages, const Settings& settings) {
  std::vector<Facts> all;
  std::vector<std::size_t> starts;
  json::Reader reader(messages);
  bool objects = true;
  reader.array([&](json::Reader& element) {
    objects = objects && element.kind() == json::Kind::Object;
    starts.push_back(element.offset());
    all.emplace_back(element.raw());
  });
  if (!objects || all.empty()) return std::string(messages);
  all.back().last = true;
  if (settings.reasoning == Reasoning::ToolTurnsOnly) markToolTurns(all);
  Rewriter rewriter(settings);
  if (settings.order == MessageOrder::Alternate) return alternating(all, rewriter);
  std::string out;
  out.reserve(messages.size() + 64);
  std::size_t copied = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    out += messages.substr(copied, starts[i] - copied);
    rewriter.message(all[i], out);
    copied = starts[i] + all[i].raw.size();
  }
  out += messages.substr(copied);
  return out;
}

std::string nineLetters(std::string_view id) {
  constexpr std::size_t kLength = 9;
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto plain = [&](char c) { return kDigits.find(c) != std::string_view::npos; };
  if (id.size() == kLength && std::ranges::all_of(id, plain)) return std::string(id);
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  hash ^= hash >> 32;
  std::string out(kLength, '0');
  for (char& c : out) {
    c = kDigits[hash % kDigits.size()];
    hash /= kDigits.size();
  }
  return out;
}

std::string toolsNamed(std::string_view tools, std::string_view name) {
  std::string out = "[";
  json::Reader reader(tools);
  reader.array([&](json::Reader& element) {
    const std::string_view tool = element.raw();
    bool found = false;
    json::Reader members(tool);
    members.object([&](std::string_view key, json::Reader& function) {
      if (key != "function") return;
      function.object([&](std::string_view member, json::Reader& value) {
        if (member == "name") found = stringOf(value.raw()) == name;
      });
    });
    if (!found) return;
    if (out.size() > 1) out += ',';
    out += tool;
  });
  return out + "]";
}

}  // namespace pagoda::chat_completions
