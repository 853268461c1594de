#include "bandit.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace pagoda::adaptive {
namespace {

constexpr std::string_view kForm = "1\n";
/// Models come and go, and nobody cleans up: beyond these the least known arm makes room.
constexpr std::size_t kMostTables = 64;
constexpr std::size_t kMostArms = 256;

double known(const Arm& arm) {
  return arm.good + arm.bad;
}

/// Takes the word up to `end` from `text`.
std::string_view word(std::string_view& text, char end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view found = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return found;
}

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool plausible(double value) {
  return std::isfinite(value) && value >= 0 && value < 1e15;
}

}  // namespace

double Dice::uniform() {
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return (static_cast<double>(z >> 11) + 0.5) / 9007199254740992.0;
}

// Box and Muller.
double Dice::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(6.283185307179586 * uniform());
}

// Marsaglia and Tsang, A simple method for generating gamma variables, 2000.
double Dice::gamma(double shape) {
  if (shape < 1) return gamma(shape + 1) * std::pow(uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Dice::beta(double a, double b) {
  const double x = gamma(a);
  const double y = gamma(b);
  return x + y > 0 ? x / (x + y) : 0.5;
}

const Arm* Bandit::find(std::uint32_t table, const std::string& model) const {
  const auto rows = tables_.find(table);
  if (rows == tables_.end()) return nullptr;
  const auto row = rows->second.find(model);
  return row == rows->second.end() ? nullptr : &row->second;
}

Arm* Bandit::arm(std::uint32_t table, const std::string& model) {
  if (!tables_.contains(table) && tables_.size() >= kMostTables) return nullptr;
  Table& rows = tables_[table];
  if (!rows.contains(model) && rows.size() >= kMostArms)
    rows.erase(
        std::ranges::min_element(rows, {}, [](const auto& row) { return known(row.second); }));
  return &rows[model];
}

void Bandit::learn(std::uint32_t table, const std::string& model, double value, double weight) {
  Arm* found = arm(table, model);
  if (found == nullptr || !(weight > 0) || std::isnan(value)) return;
  value = std::clamp(value, 0.0, 1.0);
  const double keep = std::pow(keep_, weight);
  for (auto& [name, row] : tables_[table]) {
    row.good *= keep;
    row.bad *= keep;
  }
  found->good += value * weight;
  found->bad += (1 - value) * weight;
}

void Bandit::paid(std::uint32_t table, const std::string& model, std::int64_t nanoUsd) {
  Arm* found = arm(table, model);
  if (found == nullptr || nanoUsd < 0) return;
  found->cost = found->cost * keep_ + static_cast<double>(nanoUsd);
  found->paid = found->paid * keep_ + 1;
}

std::string Bandit::save() const {
  std::string out(kForm);
  char figures[128];
  for (const auto& [table, rows] : tables_) {
    for (const auto& [model, row] : rows) {
      std::snprintf(figures, sizeof figures, "%u %.6g %.6g %.9g %.6g ", table, row.good, row.bad,
                    row.cost, row.paid);
      out.append(figures).append(model).append("\n");
    }
  }
  return out;
}

bool Bandit::load(std::string_view state) {
  if (!state.starts_with(kForm)) return false;
  state.remove_prefix(kForm.size());
  std::map<std::uint32_t, Table> tables;
  while (!state.empty()) {
    std::string_view line = word(state, '\n');
    std::uint32_t table = 0;
    Arm row;
    const bool good = parse(word(line, ' '), table) && parse(word(line, ' '), row.good) &&
                      parse(word(line, ' '), row.bad) && parse(word(line, ' '), row.cost) &&
                      parse(word(line, ' '), row.paid);
    if (!good || line.empty() || !plausible(row.good) || !plausible(row.bad) ||
        !std::isfinite(row.cost) || row.cost < 0 || !plausible(row.paid))
      return false;
    tables[table][std::string(line)] = row;
    if (tables.size() > kMostTables || tables[table].size() > kMostArms) return false;
  }
  tables_ = std::move(tables);
  return true;
}

std::uint32_t tableOf(std::string_view task, std::optional<bool> hard) {
  std::uint32_t hash = 0x811c9dc5u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  };
  add(task);
  if (hard) add(*hard ? "/hard" : "/easy");
  return hash;
}

}  // namespace pagoda::adaptive
