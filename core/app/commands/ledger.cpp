// `pagoda usage` and `pagoda ledger`: on the database itself.

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/engine.h"

namespace pagoda::app {
namespace {

using JsonWriter = json::Writer<std::string>;

struct NamedUsage {
  const char* name;
  store::UsageBy by;
};
constexpr std::array<NamedUsage, 6> kUsages{{{"tier", store::UsageBy::Tier},
                                             {"model", store::UsageBy::Model},
                                             {"provider", store::UsageBy::Provider},
                                             {"key", store::UsageBy::Key},
                                             {"team", store::UsageBy::Team},
                                             {"day", store::UsageBy::Day}}};

CalendarDay dayOption(const Arguments& arguments, const std::string& name, CalendarDay otherwise) {
  if (!arguments.has(name)) return otherwise;
  const CalendarDay day = parseDay(arguments.get(name));
  if (day == 0) throw StartError(ExitCode::Usage, name + " needs a day, such as 2026-11-25");
  return day;
}

store::UsageQuery queryOf(const Arguments& arguments, store::UsageBy by) {
  store::UsageQuery query;
  query.by = by;
  query.from = dayOption(arguments, "--from", query.from);
  query.to = dayOption(arguments, "--to", query.to);
  if (query.from > query.to) throw StartError(ExitCode::Usage, "--from is after --to");
  return query;
}

std::vector<store::UsageLine> usageOf(const Arguments& arguments, Console& console,
                                      const store::UsageQuery& query) {
  const Settings settings = storageSettingsOf(arguments, console.environment);
  return store::usageInStore(databasePath(settings), storeOptions(settings.storage, settings.cost),
                             query);
}

std::string quoted(const std::string& field) {
  // A field that a spreadsheet would run as a formula is text.
  const bool formula = !field.empty() && std::string("=+-@").find(field[0]) != std::string::npos;
  if (!formula && field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = formula ? "\"'" : "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::vector<std::string> fieldsOf(const store::UsageLine& line) {
  return {line.group,
          std::to_string(line.requests),
          std::to_string(line.attempts),
          std::to_string(line.promptTokens),
          std::to_string(line.completionTokens),
          std::to_string(line.cacheReadTokens),
          line.spent.toString(),
          line.credited.toString()};
}

void printUsageJson(const std::string& by, const std::vector<store::UsageLine>& lines,
                    const store::UsageLine& sum, std::ostream& out) {
  std::string text;
  JsonWriter json(text);
  const auto figures = [&](const store::UsageLine& line) {
    json.member("requests", line.requests).member("attempts", line.attempts);
    json.member("prompt_tokens", line.promptTokens);
    json.member("completion_tokens", line.completionTokens);
    json.member("cache_read_tokens", line.cacheReadTokens);
    json.rawMember("spent_usd", line.spent.toString());
    json.rawMember("credited_usd", line.credited.toString());
  };
  json.beginObject().member("by", std::string_view(by)).key("usage").beginArray();
  for (const store::UsageLine& line : lines) {
    json.beginObject().member(by, std::string_view(line.group));
    figures(line);
    json.endObject();
  }
  json.endArray().key("total").beginObject();
  figures(sum);
  json.endObject().endObject();
  out << text << "\n";
}

// RFC 4180: fields in quotes may hold commas, quotes twice, and line ends.
std::vector<std::vector<std::string>> readCsv(std::istream& in) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool inQuotes = false;
  const auto endRow = [&] {
    row.push_back(std::exchange(field, {}));
    if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
    row.clear();
  };
  for (char c; in.get(c);) {
    if (inQuotes && c == '"' && in.peek() == '"') {
      field += static_cast<char>(in.get());
    } else if (c == '"') {
      inQuotes = !inQuotes;
    } else if (inQuotes || (c != ',' && c != '\n' && c != '\r')) {
      field += c;
    } else if (c == ',') {
      row.push_back(std::exchange(field, {}));
    } else if (c == '\n') {
      endRow();
    }
  }
  endRow();
  return rows;
}

std::map<std::string, Money> readInvoice(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw StartError(ExitCode::Usage, "'" + path + "' cannot be read");
  const auto rows = readCsv(file);
  std::size_t model = rows.empty() ? 0 : rows[0].size();
  std::size_t amount = model;
  for (std::size_t i = 0; !rows.empty() && i < rows[0].size(); ++i) {
    std::string name = rows[0][i];
    if (name.starts_with("\xEF\xBB\xBF")) name.erase(0, 3);
    if (name == "model") model = i;
    if (name == "amount_usd") amount = i;
  }
  if (rows.empty() || model == rows[0].size() || amount == rows[0].size())
    throw StartError(ExitCode::Usage,
                     "'" + path + "' needs a first line with the columns model and amount_usd");
  std::map<std::string, Money> invoice;
  for (std::size_t line = 1; line < rows.size(); ++line) {
    const auto& row = rows[line];
    const auto read = amount < row.size() && model < row.size() ? Money::parseUsd(row[amount])
                                                                : std::optional<Money>();
    if (!read)
      throw StartError(ExitCode::Usage, "record " + std::to_string(line + 1) + " of '" + path +
                                            "' has no amount in USD with at most nine decimals");
    invoice[row[model]] += *read;
  }
  return invoice;
}

/// Part of `whole` in percent with two decimals; "-" where there is no whole.
std::string percentOf(Money part, Money whole) {
  if (whole == Money{}) return "-";
  std::array<char, 32> text{};
  const double percent =
      static_cast<double>(part.nanoUsd()) * 100.0 / static_cast<double>(whole.nanoUsd());
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed, 2);
  return std::string(text.data(), end.ptr);
}

struct Compared {
  std::string model;
  Money ledger, invoice;
};

void printComparison(const std::vector<Compared>& lines, bool asJson, std::ostream& out) {
  if (asJson) {
    std::string text;
    JsonWriter json(text);
    json.beginArray();
    for (const Compared& line : lines) {
      json.beginObject().member("model", std::string_view(line.model));
      json.rawMember("ledger_usd", line.ledger.toString());
      json.rawMember("invoice_usd", line.invoice.toString());
      json.rawMember("drift_usd", (line.invoice - line.ledger).toString());
      json.endObject();
    }
    json.endArray();
    out << text << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows{{"model", "ledger $", "invoice $", "drift $", "%"}};
  for (const Compared& line : lines) {
    const Money drift = line.invoice - line.ledger;
    rows.push_back({line.model, line.ledger.toString(), line.invoice.toString(), drift.toString(),
                    percentOf(drift, line.ledger)});
  }
  printTable(out, rows);
}

}  // namespace

ExitCode showUsage(const Arguments& arguments, Console& console) {
  const std::string by = arguments.get("--by", "tier");
  const auto* const named = std::find_if(kUsages.begin(), kUsages.end(),
                                         [&](const NamedUsage& u) { return by == u.name; });
  if (named == kUsages.end())
    throw StartError(ExitCode::Usage,
                     "--by needs tier, model, provider, key, team or day, not '" + by + "'");
  if (arguments.has("--csv") && arguments.has("--json"))
    throw StartError(ExitCode::Usage, "--csv and --json exclude each other");
  const auto lines = usageOf(arguments, console, queryOf(arguments, named->by));
  store::UsageLine sum;
  sum.group = "total";
  for (const store::UsageLine& line : lines) {
    sum.requests += line.requests;
    sum.attempts += line.attempts;
    sum.promptTokens += line.promptTokens;
    sum.completionTokens += line.completionTokens;
    sum.cacheReadTokens += line.cacheReadTokens;
    sum.spent += line.spent;
    sum.credited += line.credited;
  }
  if (arguments.has("--json")) {
    printUsageJson(by, lines, sum, console.out);
    return ExitCode::Ok;
  }
  const bool csv = arguments.has("--csv");
  std::vector<std::vector<std::string>> rows;
  if (csv) {
    rows.push_back({by, "requests", "attempts", "prompt_tokens", "completion_tokens",
                    "cache_read_tokens", "spent_usd", "credited_usd"});
  } else {
    rows.push_back(
        {by, "requests", "attempts", "prompt", "completion", "cached", "spent $", "credited $"});
  }
  for (const store::UsageLine& line : lines) rows.push_back(fieldsOf(line));
  if (!csv) {
    // A request whose attempts are in several groups counts in each of them.
    rows.push_back(fieldsOf(sum));
    printTable(console.out, rows);
    return ExitCode::Ok;
  }
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      console.out << quoted(row[i]) << (i + 1 < row.size() ? "," : "\n");
  return ExitCode::Ok;
}

ExitCode auditLedger(const Arguments& arguments, Console& console) {
  const Settings settings = storageSettingsOf(arguments, console.environment);
  const auto differences =
      store::auditStore(databasePath(settings), storeOptions(settings.storage, settings.cost));
  if (arguments.has("--json")) {
    std::string text;
    JsonWriter json(text);
    json.beginObject().member("ok", differences.empty()).key("differences").beginArray();
    for (const std::string& difference : differences) json.string(difference);
    json.endArray().endObject();
    console.out << text << "\n";
  } else {
    for (const std::string& difference : differences) console.out << difference << "\n";
    console.out << differences.size() << " differences\n";
  }
  return differences.empty() ? ExitCode::Ok : ExitCode::Failure;
}

ExitCode correctLedger(const Arguments& arguments, Console& console) {
  store::Correction correction;
  const auto request = RequestId::parse(arguments.words[0]);
  if (!request)
    throw StartError(ExitCode::Usage, "'" + arguments.words[0] + "' is not the id of a request");
  correction.request = *request;
  const auto amount = Money::parseUsd(arguments.get("--amount"));
  if (!amount || *amount == Money{})
    throw StartError(ExitCode::Usage, "--amount needs an amount in USD, such as 0.02 or -0.02");
  correction.amount = *amount;
  correction.reason = arguments.get("--reason");
  if (correction.reason.empty() || correction.reason.size() > 500)
    throw StartError(ExitCode::Usage, "--reason needs 1 to 500 bytes");
  const std::string number = arguments.get("--attempt", "0");
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), correction.attempt);
  if (error != std::errc{} || end != number.data() + number.size())
    throw StartError(ExitCode::Usage, "--attempt needs a whole number");
  const Settings settings = storageSettingsOf(arguments, console.environment);
  const SystemClock clock;
  const std::string refusal = store::correctStore(
      databasePath(settings), storeOptions(settings.storage, settings.cost), correction, clock);
  if (!refusal.empty()) throw StartError(ExitCode::Failure, refusal);
  console.out << (arguments.has("--json") ? "{\"corrected\":true}\n" : "corrected\n");
  return ExitCode::Ok;
}

ExitCode compareInvoice(const Arguments& arguments, Console& console) {
  std::map<std::string, Money> invoice = readInvoice(arguments.words[0]);
  const auto usage = usageOf(arguments, console, queryOf(arguments, store::UsageBy::UpstreamModel));
  std::vector<Compared> lines;
  Compared total{"total", {}, {}};
  for (const store::UsageLine& line : usage) {
    const auto billed = invoice.find(line.group);
    const Money ledger = line.spent - line.credited;
    if (billed == invoice.end() && ledger == Money{}) continue;
    lines.push_back({line.group, ledger, billed == invoice.end() ? Money{} : billed->second});
    if (billed != invoice.end()) invoice.erase(billed);
  }
  for (const auto& [model, amount] : invoice) lines.push_back({model, {}, amount});
  for (const Compared& line : lines) {
    total.ledger += line.ledger;
    total.invoice += line.invoice;
  }
  lines.push_back(total);
  printComparison(lines, arguments.has("--json"), console.out);
  return ExitCode::Ok;
}

}  // namespace pagoda::app
