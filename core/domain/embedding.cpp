#include "core/domain/embedding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include <pagoda/json.hpp>

namespace pagoda {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kBytesPerId = 4;
constexpr Tokens kTokensPerInput = 8;  // marks that some models put around each text

constexpr std::array<std::int8_t, 256> decodingTable() {
  std::array<std::int8_t, 256> table{};
  for (std::int8_t& value : table) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto kValues = decodingTable();

std::optional<std::string> decoded(std::string_view base64) {
  while (!base64.empty() && base64.back() == '=') base64.remove_suffix(1);
  if (base64.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(base64.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : base64) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

// Binary32 as its bytes stand on the wire, lowest first.
float floatAt(const char* bytes) {
  std::uint32_t bits = 0;
  for (int i = 3; i >= 0; --i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return std::bit_cast<float>(bits);
}

}  // namespace

EmbeddingRequest partOf(const EmbeddingRequest& request, std::size_t first, std::size_t count) {
  EmbeddingRequest part;
  part.dimensions = request.dimensions;
  part.user = request.user;
  const auto slice = [&](const std::vector<std::string_view>& all) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<std::string_view>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  part.inputs = slice(request.inputs);
  if (!request.ofTokens()) part.texts = slice(request.texts);
  if (first == 0 && count == request.size()) {
    part.tokenIds = request.tokenIds;
    part.rawJson = request.rawJson;
    part.storage = request.storage;
    return part;
  }
  std::string list = "[";
  for (const std::string_view input : part.inputs) {
    if (list.size() > 1) list += ',';
    list += input;
    // Each id but the first follows a comma.
    if (request.ofTokens())
      part.tokenIds += 1 + static_cast<Tokens>(std::count(input.begin(), input.end(), ','));
  }
  list += ']';
  const json::Change change{"input", json::Change::Action::Set, list};
  auto raw = std::make_shared<std::string>();
  json::splice(request.rawJson, std::span(&change, 1), *raw);
  part.rawJson = *raw;
  // The views of the inputs need the whole request's storage as well.
  part.storage = std::make_shared<std::pair<std::shared_ptr<std::string>, std::shared_ptr<void>>>(
      raw, request.storage);
  return part;
}

Tokens tokensBound(const EmbeddingRequest& request) {
  Tokens bound = request.tokenIds + kTokensPerInput * static_cast<Tokens>(request.size());
  for (const std::string_view text : request.texts) bound += static_cast<Tokens>(text.size());
  return bound;
}

std::size_t textBytes(const EmbeddingRequest& request) {
  std::size_t bytes = static_cast<std::size_t>(request.tokenIds) * kBytesPerId;
  for (const std::string_view text : request.texts) bytes += text.size();
  return bytes;
}

std::optional<std::vector<float>> vectorOfNumbers(std::string_view json) {
  std::vector<float> vector;
  bool good = true;
  try {
    json::Reader reader(json);
    good = reader.array([&](json::Reader& element) {
      const auto number = element.number();
      const float value = number ? static_cast<float>(*number) : NAN;
      good = good && std::isfinite(value);
      vector.push_back(value);
    }) && good;
    reader.finish();
  } catch (const json::Malformed&) {
    return std::nullopt;
  }
  if (!good || vector.empty()) return std::nullopt;
  return vector;
}

std::optional<std::vector<float>> vectorOfBase64(std::string_view base64) {
  const auto bytes = decoded(base64);
  if (!bytes || bytes->empty() || bytes->size() % sizeof(float) != 0) return std::nullopt;
  std::vector<float> vector;
  vector.reserve(bytes->size() / sizeof(float));
  for (std::size_t at = 0; at < bytes->size(); at += sizeof(float)) {
    vector.push_back(floatAt(bytes->data() + at));
    if (!std::isfinite(vector.back())) return std::nullopt;
  }
  return vector;
}

std::string numbersOf(const std::vector<float>& vector) {
  std::string json = "[";
  char digits[32];
  for (const float value : vector) {
    if (json.size() > 1) json += ',';
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    json.append(digits, end);
  }
  json += ']';
  return json;
}

std::string base64Of(const std::vector<float>& vector) {
  std::string out;
  out.reserve((vector.size() * sizeof(float) + 2) / 3 * 4);
  std::uint32_t held = 0;
  int bytes = 0;
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) {
      held = held << 8 | (bits >> shift & 0xFF);
      if (++bytes < 3) continue;
      for (int at = 18; at >= 0; at -= 6) out += kAlphabet[held >> at & 0x3F];
      held = 0;
      bytes = 0;
    }
  }
  if (bytes == 0) return out;
  held <<= 8 * (3 - bytes);
  for (int i = 0; i < 4; ++i) out += i <= bytes ? kAlphabet[held >> (18 - 6 * i) & 0x3F] : '=';
  return out;
}

}  // namespace pagoda
