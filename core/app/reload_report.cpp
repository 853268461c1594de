#include "core/app/reload_report.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include <pagoda/json.hpp>

#include "core/app/option_table.h"

namespace pagoda::app {
namespace {

using JsonWriter = json::Writer<std::string>;

/// What is read from the configuration whenever it serves. All else was given to threads, sockets,
/// files or keys when the server started.
bool isLive(std::string_view path) {
  constexpr std::array kFixed = {
      std::string_view("upstream.max_idle_connections"),
      std::string_view("upstream.max_connections_per_host"), std::string_view("upstream.ca_file"),
      std::string_view("upstream.proxy"), std::string_view("cost_management.time_zone")};
  constexpr std::array kLive = {std::string_view("upstream."), std::string_view("strategy."),
                                std::string_view("router."),   std::string_view("cost_management."),
                                std::string_view("models."),   std::string_view("discovery.")};
  if (std::ranges::count(kFixed, path) > 0) return false;
  return std::ranges::any_of(kLive, [&](std::string_view part) { return path.starts_with(part); });
}

template <class T>
bool same(T* a, T* b) {
  return *a == *b;
}
/// Absent is not zero: a tier without a share uses what is unallocated.
std::optional<Money> shareOf(const Share& share) {
  const auto found = share.shares->find(share.tier);
  return found == share.shares->end() ? std::nullopt : std::optional(found->second);
}
bool same(const Share& a, const Share& b) {
  return shareOf(a) == shareOf(b);
}
template <class T>
void copy(T* from, T* to) {
  *to = *from;
}
void copy(const Share& from, const Share& to) {
  if (const auto share = shareOf(from)) {
    (*to.shares)[to.tier] = *share;
  } else {
    to.shares->erase(to.tier);
  }
}

/// Calls `visit` with the targets of two options of one path, which have one type.
template <class Visit>
auto together(const Option& a, const Option& b, Visit visit) {
  return std::visit(
      [&](const auto& target) {
        return visit(target, std::get<std::decay_t<decltype(target)>>(b.target));
      },
      a.target);
}

void keepProvenance(const Configuration& before, Configuration& next, const std::string& path) {
  const auto old = std::ranges::find(before.provenance, path, &Provenance::path);
  const auto now = std::ranges::find(next.provenance, path, &Provenance::path);
  if (old != before.provenance.end() && now != next.provenance.end()) *now = *old;
}

bool sameRates(const Rates& a, const Rates& b) {
  return a.input == b.input && a.output == b.output && a.cacheRead == b.cacheRead &&
         a.cacheWrite == b.cacheWrite && a.cacheWriteHour == b.cacheWriteHour &&
         a.reasoning == b.reasoning;
}

bool samePrice(const Price& a, const Price& b) {
  const auto sameStep = [](const PriceStep& x, const PriceStep& y) {
    return x.above == y.above && sameRates(x.rates, y.rates);
  };
  return sameRates(a, b) && std::ranges::equal(a.steps, b.steps, sameStep) &&
         a.perRequest == b.perRequest && a.perSearch == b.perSearch &&
         a.mostSearches == b.mostSearches && a.from == b.from && a.source == b.source &&
         a.asOf == b.asOf;
}

/// What differs between two entries of one key, in a word; empty: nothing.
std::string difference(const Model& a, const Model& b) {
  if (a.provider != b.provider || a.upstreamId != b.upstreamId)
    return "served by " + b.provider + "/" + b.upstreamId;
  if (a.tier != b.tier) return "tier " + std::to_string(a.tier) + " -> " + std::to_string(b.tier);
  if (!samePrice(a.price, b.price) || !std::ranges::equal(a.later, b.later, samePrice))
    return "price";
  const bool same = a.kind == b.kind && a.capabilities == b.capabilities &&
                    a.refuses == b.refuses && a.cacheMinimum == b.cacheMinimum &&
                    a.contextTokens == b.contextTokens && a.maxOutputTokens == b.maxOutputTokens &&
                    a.extraJson == b.extraJson && a.then == b.then && a.tags == b.tags &&
                    a.keywords == b.keywords && a.simulated == b.simulated && a.local == b.local;
  return same ? "" : "changed";
}

std::string difference(const ProviderSettings& a, const ProviderSettings& b) {
  if (a.disabled.empty() != b.disabled.empty())
    return b.disabled.empty() ? "enabled" : "disabled: " + b.disabled;
  ProviderSettings moved = a;
  moved.place = b.place;
  return moved == b ? "" : "changed";
}

template <class Entry, class Name>
void compare(const std::vector<Entry>& before, const std::vector<Entry>& next, Name name,
             const std::string& what, std::vector<std::string>& changes) {
  for (const Entry& old : before)
    if (std::ranges::find(next, old.*name, name) == next.end())
      changes.push_back(what + " " + old.*name + ": removed");
  for (const Entry& entry : next) {
    const auto old = std::ranges::find(before, entry.*name, name);
    if (old == before.end()) {
      changes.push_back(what + " " + entry.*name + ": added");
    } else if (const std::string changed = difference(*old, entry); !changed.empty()) {
      changes.push_back(what + " " + entry.*name + ": " + changed);
    }
  }
}

void writeLines(JsonWriter& json, std::string_view name, const std::vector<std::string>& lines) {
  json.key(name).beginArray();
  for (const std::string& line : lines) json.string(line);
  json.endArray();
}

}  // namespace

std::string toJson(const ReloadReport& report) {
  std::string text;
  JsonWriter json(text);
  json.beginObject().member("applied", report.applied());
  json.member("cause", std::string_view(report.cause));
  json.member("time", std::string_view(formatUtc(report.time)));
  json.member("epoch", report.epoch);
  writeLines(json, "changes", report.changes);
  writeLines(json, "needs_restart", report.needsRestart);
  json.key("mistakes").beginArray();
  for (const Mistake& mistake : report.mistakes) {
    json.beginObject().member("file", std::string_view(mistake.place.file));
    if (mistake.place.line > 0)
      json.member("line", mistake.place.line).member("column", mistake.place.column);
    json.member("message", std::string_view(mistake.message));
    if (!mistake.suggestion.empty())
      json.member("suggestion", std::string_view(mistake.suggestion));
    json.endObject();
  }
  json.endArray().endObject();
  return text;
}

void compareSettings(const Configuration& before, Configuration& next, ReloadReport& report) {
  Settings old = before.settings;
  const std::vector<Option> former = optionsOf(old);
  const std::vector<Option> now = optionsOf(next.settings);
  for (std::size_t i = 0; i < now.size(); ++i) {
    const std::string& path = now[i].path;
    if (together(former[i], now[i], [](const auto& a, const auto& b) { return same(a, b); }))
      continue;
    const std::string line = path + ": " + show(former[i]) + " -> " + show(now[i]);
    if (isLive(path)) {
      report.changes.push_back(line);
      continue;
    }
    report.needsRestart.push_back(line);
    together(former[i], now[i], [](const auto& a, const auto& b) { copy(a, b); });
    keepProvenance(before, next, path);
  }
  if (before.settings.strategy.settingsJson != next.settings.strategy.settingsJson)
    report.changes.emplace_back("strategy.settings: changed");
}

void compareCatalogues(const Configuration& before, const Configuration& next,
                       ReloadReport& report) {
  compare(before.settings.providers, next.settings.providers, &ProviderSettings::name, "provider",
          report.changes);
  compare(before.catalogue.models, next.catalogue.models, &Model::key, "model", report.changes);
}

}  // namespace pagoda::app
