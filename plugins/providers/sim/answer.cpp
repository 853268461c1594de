#include "answer.h"

#include <algorithm>
#include <array>

#include <pagoda/sdk.hpp>

#include "sample.h"

namespace pagoda::sim {
namespace {

constexpr std::size_t kPieces = 8;  // text events of a streamed answer
constexpr std::string_view kMarker = "[[sim:fault=";

constexpr std::array<std::string_view, 16> kEnglish{
    "The short version is that it depends on what you want to keep stable.",
    "Start from the case that occurs most often and treat the rest as exceptions.",
    "Two points deserve attention before anything else is decided.",
    "In practice a small first step shows more than a long comparison.",
    "The usual approach works here, with one adjustment for scale.",
    "It helps to write down the assumptions and check each of them in turn.",
    "Most of the cost lies in the parts that are easy to overlook.",
    "A simple rule covers nine cases out of ten.",
    "Measure first, change one thing, and measure again.",
    "The second option is slower but easier to explain and to undo.",
    "If the numbers disagree, trust the ones that you can reproduce.",
    "Keep the interface narrow, so that the inside can change later.",
    "There is no single answer, but there is a sensible order of steps.",
    "Consider who will look after the result a year from now.",
    "The trade-off is between speed today and freedom tomorrow.",
    "That is enough for a first draft, and it can be refined afterwards."};

constexpr std::array<std::string_view, 12> kJapanese{
    "結論から言うと、何を優先するかによって答えは変わります。",
    "まず最もよくある場合から考え、残りは例外として扱うとよいでしょう。",
    "決める前に確認しておきたい点が二つあります。",
    "長い比較よりも、小さく試してみるほうが多くのことがわかります。",
    "一般的な方法で問題ありませんが、規模に応じた調整が必要です。",
    "前提を書き出し、一つずつ確かめていくことをお勧めします。",
    "見落としやすい部分にこそ、費用の多くが隠れています。",
    "測定してから一か所だけ変え、もう一度測定してください。",
    "二つ目の案は時間がかかりますが、説明しやすく元にも戻せます。",
    "数字が食い違うときは、再現できるほうを信頼しましょう。",
    "一年後に誰が引き継ぐのかも考えておくと安心です。",
    "最初の案としてはこれで十分で、あとから改善できます。"};

std::uint64_t mixed(std::uint64_t x) {  // the finaliser of splitmix64
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

std::uint64_t hashed(std::uint64_t hash, std::string_view text) {  // FNV-1a, then mixed
  hash ^= 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return mixed(hash ^ text.size());
}

std::string hex(std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; number >>= 4) text[i] = kDigits[number & 15];
  return text;
}

/// What of the request decides the answer.
struct Prompt {
  std::uint64_t hash = 0;
  std::int64_t tokens = 0;
  std::string lastUser;
};

Prompt promptOf(const Settings& settings, const pagoda_chat_request& request) {
  Prompt prompt;
  prompt.hash = hashed(static_cast<std::uint64_t>(settings.seed), sdk::view(request.model));
  if ((request.flags & PAGODA_REQ_HAS_SEED) != 0)
    prompt.hash = mixed(prompt.hash ^ static_cast<std::uint64_t>(request.seed));
  std::int64_t bytes = 0;
  for (const auto& message : sdk::Range<pagoda_message>(request.messages)) {
    prompt.hash = mixed(prompt.hash + static_cast<std::uint64_t>(message.role));
    std::string text;
    for (const auto& part : sdk::Range<pagoda_part>(message.parts)) text += sdk::view(part.text);
    prompt.hash = hashed(prompt.hash, text);
    bytes += static_cast<std::int64_t>(text.size());
    if (message.role == PAGODA_ROLE_USER) prompt.lastUser = std::move(text);
  }
  prompt.tokens = (bytes + 2) / 3;
  return prompt;
}

Fault faultOf(const Settings& settings, const Behaviour& behaviour, const Prompt& prompt) {
  if (settings.allowMarkers) {
    const std::string_view text = prompt.lastUser;
    if (const std::size_t at = text.find(kMarker); at != std::string_view::npos) {
      const std::string_view rest = text.substr(at + kMarker.size());
      const auto fault = faultNamed(rest.substr(0, rest.find("]]")));
      if (!fault)
        throw sdk::Failure(PAGODA_E_INVALID_REQUEST, "the sim marker names an unknown fault");
      return *fault;
    }
  }
  if (behaviour.fault != Fault::None) return behaviour.fault;
  const double draw = static_cast<double>(hashed(prompt.hash, "error") >> 11) / 9007199254740992.0;
  return draw < behaviour.errorRate ? Fault::Unavailable : Fault::None;
}

const pagoda_tool& forcedTool(const pagoda_chat_request& request) {
  const sdk::Range<pagoda_tool> tools(request.tools);
  for (const auto& tool : tools)
    if (request.tool_choice != PAGODA_TOOL_NAMED ||
        sdk::view(tool.name) == sdk::view(request.tool_choice_name))
      return tool;
  throw sdk::Failure(PAGODA_E_INVALID_REQUEST,
                     "tool_choice asks for a tool that the request does not declare");
}

/// Cuts `text` to the request's limit; true if something is gone.
bool cutToLimit(std::string& text, std::int64_t limit) {
  if (limit < 0 || tokensOf(text) <= limit) return false;
  text.resize(json::cutUtf8(text, static_cast<std::size_t>(limit) * 3).size());
  return true;
}

std::string textOf(const pagoda_chat_request& request, const Behaviour& behaviour,
                   const Prompt& prompt, std::uint64_t hash) {
  std::string text =
      fillerText(sdk::view(request.model), behaviour.answerTokens, hasKana(prompt.lastUser), hash);
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA)
    return sampleOf(sdk::view(request.format_schema_json));
  if (request.format == PAGODA_FORMAT_JSON) {
    std::string object;
    json::Writer<std::string> writer(object);
    writer.beginObject().member("answer", std::string_view(text)).endObject();
    text = std::move(object);
  }
  for (const auto& stop : sdk::Range<pagoda_str>(request.stop))
    if (stop.size > 0) text.resize(std::min(text.size(), text.find(sdk::view(stop))));
  return text;
}

Choice choiceFor(const pagoda_chat_request& request, const Behaviour& behaviour,
                 const Prompt& prompt, std::uint32_t index, std::int64_t& tokens) {
  const std::uint64_t hash = mixed(prompt.hash + index);
  Choice choice;
  if (request.tool_choice == PAGODA_TOOL_REQUIRED || request.tool_choice == PAGODA_TOOL_NAMED) {
    const pagoda_tool& tool = forcedTool(request);
    ToolCall call{"call_" + hex(hash), std::string(sdk::view(tool.name)),
                  sampleOf(sdk::view(tool.parameters_json))};
    const bool cut = cutToLimit(call.arguments, request.max_output_tokens);
    tokens += tokensOf(call.arguments);
    choice.toolCalls.push_back(std::move(call));
    choice.finish = cut ? PAGODA_FINISH_LENGTH : PAGODA_FINISH_TOOL_CALLS;
    return choice;
  }
  std::string text = textOf(request, behaviour, prompt, hash);
  if (cutToLimit(text, request.max_output_tokens)) choice.finish = PAGODA_FINISH_LENGTH;
  tokens += tokensOf(text);
  choice.pieces = pieces(text, (request.flags & PAGODA_REQ_STREAM) != 0 ? kPieces : 1);
  return choice;
}

}  // namespace

std::int64_t tokensOf(std::string_view text) {
  return static_cast<std::int64_t>((text.size() + 2) / 3);
}

bool hasKana(std::string_view text) {
  // U+3041 to U+30FF are E3 81 81 to E3 83 BF; none of it can begin inside another character.
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if (static_cast<unsigned char>(text[i]) == 0xE3 && second >= 0x81 && second <= 0x83)
      return true;
  }
  return false;
}

std::string fillerText(std::string_view model, std::int64_t tokens, bool japanese,
                       std::uint64_t hash) {
  std::string text = "[simulated " + std::string(model) + "] ";
  std::size_t last = SIZE_MAX;  // no sentence twice in a row
  for (std::uint64_t i = 0; i == 0 || tokensOf(text) < tokens; ++i) {
    const std::size_t count = japanese ? kJapanese.size() : kEnglish.size();
    std::size_t pick = static_cast<std::size_t>(mixed(hash + i) % count);
    if (pick == last) pick = (pick + 1) % count;
    last = pick;
    if (i > 0 && !japanese) text += ' ';
    text += japanese ? kJapanese[pick] : kEnglish[pick];
  }
  return text;
}

std::vector<std::string> pieces(std::string_view text, std::size_t count) {
  std::vector<std::string> all;
  const std::size_t size = std::max<std::size_t>((text.size() + count - 1) / count, 4);
  while (!text.empty()) {
    // One more piece than asked for would hold what the cuts at characters' edges left over.
    const bool last = all.size() + 1 == count;
    const std::string_view piece = last ? text : json::cutUtf8(text, size);
    all.emplace_back(piece);
    text.remove_prefix(piece.size());
  }
  return all;
}

Answer answerTo(const Settings& settings, const pagoda_chat_request& request) {
  const Behaviour& behaviour = settings.of(sdk::view(request.model));
  const Prompt prompt = promptOf(settings, request);
  Answer answer;
  answer.id = "sim-" + hex(prompt.hash);
  answer.model = sdk::view(request.model);
  answer.promptTokens = prompt.tokens;
  answer.latencyMs = behaviour.latencyMs;
  answer.chunkGapMs = behaviour.chunkGapMs;
  answer.fault = faultOf(settings, behaviour, prompt);
  if (answer.fault != Fault::None) return answer;
  for (std::uint32_t i = 0; i < request.choices; ++i)
    answer.choices.push_back(choiceFor(request, behaviour, prompt, i, answer.completionTokens));
  return answer;
}

}  // namespace pagoda::sim
