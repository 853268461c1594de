#include "core/services/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/services/prompt_model.h"

namespace pagoda::services {
namespace {

// A prompt's task shows in its beginning and end; the middle of a long one is its material.
constexpr std::size_t kEdge = 4096;
// How far the operator's keywords move the learned model: where they are all that a prompt has and
// speak for one task, that task becomes e^4, or 55, times as likely. A long prompt has words of
// every kind, so there they count for less: as much as an eighth of its bytes speaks against them.
constexpr double kKeywordWeight = 4;
constexpr double kBytesPerDoubt = 8;
// The share of prompts that are like nothing the model was trained on, where its probabilities mean
// nothing: short orders of the operator's own trade, which keywords know.
constexpr double kUnlikeTraining = 0.2;
constexpr Tokens kTokensPerMessage = 16;
// The dearest documented reading of one image (Claude, full resolution) is under 5,000 tokens.
constexpr Tokens kTokensPerImage = 8192;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool isWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool isAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string lastUserText(const ChatRequest& request) {
  std::string text;
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (message->role != Role::User) continue;
    for (const Part& part : message->parts) {
      if (part.kind != PartKind::Text) continue;
      if (!text.empty()) text += '\n';
      text += part.text;
    }
    break;
  }
  if (text.size() > 2 * kEdge) text.replace(kEdge, text.size() - 2 * kEdge, "\n");
  return text;
}

std::string languageOf(std::string_view text) {
  std::size_t kana = 0, han = 0, latin = 0;
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    const auto b = static_cast<unsigned char>(text[i + 1]);
    if (a == 0xE3 && b >= 0x81 && b <= 0x83)
      ++kana;
    else if (a >= 0xE4 && a <= 0xE9)
      ++han;
    else if (isWord(text[i]))
      ++latin;
  }
  if (kana > 0) return "ja";
  if (han > 0 && han * 3 > latin) return "zh";
  return latin > 0 ? "en" : "";
}

std::uint64_t needsOf(const ChatRequest& request) {
  std::uint64_t needs = 0;
  if (!request.tools.empty() && request.toolChoice != ToolChoice::None) needs |= kCapTools;
  if (request.format == Format::Json) needs |= kCapJson;
  if (request.format == Format::JsonSchema) needs |= kCapJsonSchema;
  if (request.logprobs) needs |= kCapLogprobs;
  for (const Message& message : request.messages) {
    for (const Part& part : message.parts) {
      if (part.kind == PartKind::Image) needs |= kCapImageIn;
      if (part.kind == PartKind::Audio) needs |= kCapAudioIn;
      if (part.kind == PartKind::File) needs |= kCapFileIn;
    }
  }
  return needs;
}

}  // namespace

Classifier::Classifier(const Catalogue& catalogue, std::shared_ptr<const PromptModel> learned,
                       double abstainBelow)
    : rules_(catalogue.rules),
      defaultTask_(catalogue.defaultTask),
      learned_(std::move(learned)),
      abstainBelow_(abstainBelow) {
  const auto add = [this](std::string_view keyword, std::size_t rule) {
    std::string text(keyword);
    std::ranges::transform(text, text.begin(), lower);
    if (text.empty()) return;
    std::vector<Keyword>& bucket = byFirstByte_[static_cast<unsigned char>(text.front())];
    const bool known = std::ranges::any_of(
        bucket, [&](const Keyword& k) { return k.text == text && k.rule == rule; });
    if (!known) bucket.push_back({text, rule, isAscii(text)});
  };
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    for (const std::string& keyword : rules_[rule].keywords) add(keyword, rule);
    // The seed's `priority_keywords` of a model speak for the tasks of its tier that it is tagged
    // with.
    for (const Model& model : catalogue.models) {
      const bool tagged = std::ranges::find(model.tags, rules_[rule].task) != model.tags.end();
      if (model.tier == rules_[rule].preferredTier && tagged && !model.simulated)
        for (const std::string& keyword : model.keywords) add(keyword, rule);
    }
  }
}

void Classifier::take(RequestClass& result, std::string_view task, double confidence) const {
  const auto rule = std::ranges::find(rules_, task, &TaskRule::task);
  if (rule == rules_.end()) return;
  result.task = rule->task;
  result.preferredTier = rule->preferredTier;
  result.confidence = confidence;
}

RequestClass Classifier::describe(const ChatRequest& request) const {
  RequestClass result;
  result.needs = needsOf(request);
  result.promptTokens = promptTokensBound(request);
  take(result, defaultTask_, 0);
  if (request.taskType != "auto") take(result, request.taskType, 1);
  return result;
}

RequestClass Classifier::classify(const ChatRequest& request) const {
  RequestClass result = describe(request);
  const std::string text = lastUserText(request);
  result.language = languageOf(text);
  if (result.confidence == 1) return result;
  const std::vector<std::size_t> keywords = countKeywords(text, result);
  if (weigh(result, text, keywords)) return result;
  const auto best = std::ranges::max_element(keywords);
  if (best == keywords.end() || *best == 0) return result;
  const std::size_t total = std::accumulate(keywords.begin(), keywords.end(), std::size_t{0});
  take(result, rules_[static_cast<std::size_t>(best - keywords.begin())].task,
       static_cast<double>(*best) / static_cast<double>(total));
  return result;
}

/// For each rule the weight of its keywords that occur.
std::vector<std::size_t> Classifier::countKeywords(std::string_view prompt,
                                                   RequestClass& result) const {
  std::string text(prompt);
  std::ranges::transform(text, text.begin(), lower);
  std::vector<std::size_t> scores(rules_.size());
  std::vector<const Keyword*> seen;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const Keyword& keyword : byFirstByte_[static_cast<unsigned char>(text[at])]) {
      if (text.compare(at, keyword.text.size(), keyword.text) != 0) continue;
      if (keyword.latin && at > 0 && isWord(text[at - 1])) continue;
      if (std::ranges::find(seen, &keyword) != seen.end()) continue;
      seen.push_back(&keyword);
      // "What is" opens questions of every kind, so the default task's keywords weigh half.
      const bool standard = rules_[keyword.rule].task == defaultTask_;
      scores[keyword.rule] += standard ? keyword.text.size() : 2 * keyword.text.size();
      result.matched.push_back(keyword.text);
    }
  }
  return scores;
}

/// False: there is no learned model, or it abstains.
bool Classifier::weigh(RequestClass& result, std::string_view text,
                       const std::vector<std::size_t>& keywords) const {
  if (learned_ == nullptr || rules_.empty() || text.empty()) return false;
  thread_local PromptFeatures features;
  readPromptFeatures(text, features);
  const PromptVerdict verdict = learned_->judge(features);
  result.difficulty = verdict.need;
  const double evidence =
      static_cast<double>(std::accumulate(keywords.begin(), keywords.end(), std::size_t{0})) +
      static_cast<double>(text.size()) / kBytesPerDoubt;
  std::vector<double> weights(rules_.size());
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    const auto task = std::ranges::find(kPromptTasks, rules_[rule].task);
    // A task of the operator's own is known by its keywords alone.
    const double even = 1.0 / kPromptTasks.size();
    const double learned =
        task == kPromptTasks.end()
            ? even
            : verdict.tasks[static_cast<std::size_t>(task - kPromptTasks.begin())];
    const double share = static_cast<double>(keywords[rule]) / evidence;
    if (task == kPromptTasks.end() && share == 0) continue;
    weights[rule] = ((1 - kUnlikeTraining) * learned + kUnlikeTraining * even) *
                    std::exp(kKeywordWeight * share);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto best = std::ranges::max_element(weights);
  if (!(total > 0) || *best / total < abstainBelow_) return false;
  // 1 is kept for what the client said itself.
  take(result, rules_[static_cast<std::size_t>(best - weights.begin())].task,
       std::min(*best / total, 0.999));
  return true;
}

std::size_t textBytes(const ChatRequest& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages)
    for (const Part& part : message.parts) bytes += part.text.size();
  return bytes;
}

Tokens promptTokensBound(const ChatRequest& request) {
  // The JSON form holds every byte that is sent, escaped, so its size bounds all of them.
  Tokens bytes = static_cast<Tokens>(request.rawJson.size());
  for (const Message& message : request.messages) {
    bytes += kTokensPerMessage;
    for (const Part& part : message.parts) {
      if (part.kind != PartKind::Image) continue;
      bytes += kTokensPerImage - static_cast<Tokens>(std::max(part.data.size(), part.url.size()));
    }
  }
  return std::max<Tokens>(bytes, kTokensPerMessage);
}

Tokens estimatedTokens(std::size_t bytes) {
  return static_cast<Tokens>((bytes + 2) / 3);
}

}  // namespace pagoda::services
