#include "core/app/commands/command_line.h"

#include <algorithm>
#include <ostream>

#include <Poco/Exception.h>

#include "core/app/commands/commands.h"
#include "core/store/store_error.h"

namespace pagoda::app {
namespace {

const OptionSpec kConfig{"--config", "DIR", "folder with pagoda.yaml and models.yaml"};
const OptionSpec kSet{"--set", "OPTION=VALUE", "set any option, e.g. server.threads=2", true};
const OptionSpec kDataDir{"--data-dir", "DIR", "folder of the database"};
const OptionSpec kPort{"--port", "N", "port; 0 lets the system choose"};
const OptionSpec kHost{"--host", "ADDRESS", "address to listen on"};
const OptionSpec kJson{"--json", "", "machine-readable output"};
const OptionSpec kUrl{"--url", "URL", "ask the server at this address (or PAGODA_URL)"};
const OptionSpec kKey{"--key", "KEY", "API key (or PAGODA_API_KEY)"};
const OptionSpec kModel{"--model", "NAME", "auto, tier0 to tier4, a model's key, provider/id"};
const OptionSpec kTask{"--task", "TYPE", "auto, coding, general, analysis, premium, realtime"};
const OptionSpec kFrom{"--from", "DAY", "first day, YYYY-MM-DD"};
const OptionSpec kTo{"--to", "DAY", "last day, YYYY-MM-DD"};
const OptionSpec kTier{"--tier", "N", "preferred tier"};

/// The options of a command that works on the database.
std::vector<OptionSpec> onDatabase(std::vector<OptionSpec> own) {
  own.insert(own.end(), {kConfig, kDataDir, kSet, kJson});
  return own;
}

/// What can be said about an API key.
std::vector<OptionSpec> keyOptions(std::vector<OptionSpec> more) {
  std::vector<OptionSpec> options{
      {"--name", "NAME", "for people"},
      {"--admin", "", "may reset metrics and manage keys"},
      {"--team", "NAME", "whose budget it shares"},
      {"--budget", "USD", "its own monthly budget, or none"},
      {"--daily-budget", "USD", "its own budget of a day, or none"},
      {"--total-budget", "USD", "its own budget for ever, or none"},
      {"--expires-days", "N", "ends after N days, or none"},
      {"--scopes", "LIST", "of generate, models, usage, admin"},
      {"--tiers", "LIST", "tiers that it may use, such as 0,1"},
      {"--models", "LIST", "models that it may use, such as qwen*,openai/gpt-4o; or all"},
      {"--requests-per-minute", "N", "or none: the server's default"},
      {"--tokens-per-minute", "N", "or none: the server's default"},
      {"--concurrent", "N", "requests under way at once, or none"}};
  options.insert(options.end(), more.begin(), more.end());
  return onDatabase(std::move(options));
}

ExitCode showVersion(const Arguments& arguments, Console& console) {
  if (arguments.has("--json")) {
    console.out << R"({"name":"pagoda","version":")" << PAGODA_VERSION << "\"}\n";
  } else {
    console.out << "pagoda " << PAGODA_VERSION << "\n";
  }
  return ExitCode::Ok;
}

std::vector<Command> commands() {
  return {
      {"serve", "", "start the server", {kConfig, kPort, kHost, kDataDir, kSet, kJson}, serve},
      {"demo",
       "",
       "start a server on simulated models and show what it decides",
       {kPort, {"--once", "", "end after the table"}, kJson},
       demo},
      {"doctor",
       "",
       "what this machine and configuration can do: models, sandbox, languages",
       {kConfig, kDataDir, kSet, kJson},
       doctor},
      {"health", "", "how the server and its models are", {kUrl, kKey, kConfig, kJson}, showHealth},
      {"info",
       "",
       "versions, plugins, where each setting came from",
       {kUrl, kKey, kConfig, kJson},
       showInfo},
      {"metrics", "", "requests, cost and budget", {kUrl, kKey, kConfig, kJson}, showMetrics},
      {"chat",
       "PROMPT",
       "ask the server",
       {kModel, kTask, kTier, {"--max-tokens", "N", "longest answer"}, kUrl, kKey, kConfig, kJson},
       chat},
      {"explain",
       "PROMPT",
       "the decision for a prompt, without a call",
       {kModel, kTask, kTier, kUrl, kKey, kConfig, kSet, kJson},
       explain},
      {"models",
       "",
       "models, prices, and what is left out and why",
       {kUrl, kKey, kConfig, kSet, kJson},
       showModels},
      {"test-config", "", "every mistake of both files", {kConfig, kSet, kJson}, testConfig},
      {"reload",
       "",
       "let the server read its configuration again",
       {kUrl, kKey, kConfig, kJson},
       reloadServer},
      {"plugins list",
       "",
       "plugins and what they offer",
       {kUrl, kKey, kConfig, kSet, kJson},
       listPlugins},
      {"plugins load",
       "FILE",
       "load a plugin of a plugin folder beside what serves",
       {kUrl, kKey, kConfig, kJson},
       loadPlugin},
      {"plugins swap",
       "ID@VERSION",
       "let a loaded version serve",
       {kUrl, kKey, kConfig, kJson},
       swapPlugin},
      {"plugins rollback",
       "ID",
       "let the version before the last swap serve",
       {kUrl, kKey, kConfig, kJson},
       rollBackPlugin},
      {"plugins retire",
       "ID@VERSION",
       "forget a version that is not in use",
       {kUrl, kKey, kConfig, kJson},
       retirePlugin},
      {"router predict",
       "",
       "what the router makes of prompts: JSON lines {id, prompt}",
       {{"--input", "FILE", "JSON lines; - for standard input"}, kConfig, kSet},
       predictTasks},
      {"router train",
       "",
       "train the router from labelled prompts",
       {{"--from", "FILE", "JSON lines {prompt, label} or {prompt, strong_correct, weak_correct}",
         true},
        {"--output", "FILE", "where to; default: router.pgr in the configuration's folder"},
        kConfig,
        kSet,
        kJson},
       trainRouter},
      {"replay",
       "",
       "what recorded outcomes would have been under a strategy: JSON lines {id, prompt, outcomes}",
       {{"--strategy", "TYPE", "a strategy plugin's type"},
        {"--settings", "JSON", "its settings"},
        {"--input", "FILE", "JSON lines; - for standard input"},
        {"--notices", "PERCENT", "of bad answers that a cascade's checks notice; default 50"},
        kConfig,
        kSet},
       replayStrategy},
      {"keys create", "", "make an API key and show it once", keyOptions({}), createKey},
      {"keys list", "", "API keys, without their text", onDatabase({}), listKeys},
      {"keys show", "ID", "all about an API key", onDatabase({}), showKey},
      {"keys update", "ID", "change an API key",
       keyOptions({{"--user", "", "takes the role of an admin away"},
                   {"--disable", "", "refuses it until it is enabled"},
                   {"--enable", "", "accepts it again"},
                   {"--version", "N", "only if it is still at this version"}}),
       updateKey},
      {"keys rotate", "ID", "give an API key a new text",
       onDatabase({{"--overlap-hours", "N", "how long the former text stays good; 24"}}),
       rotateKey},
      {"keys revoke", "ID", "end an API key", onDatabase({}), revokeKey},
      {"keys audit", "", "who changed which key", onDatabase({{"--id", "ID", "of this key alone"}}),
       auditKeys},
      {"usage",
       "",
       "what was spent, by tier, model, provider, key, team or day",
       {{"--by", "WHAT", "tier (default), model, provider, key, team, day"},
        kFrom,
        kTo,
        {"--csv", "", "comma-separated values"},
        kConfig,
        kDataDir,
        kSet,
        kJson},
       showUsage},
      {"prices list",
       "",
       "the price book: entries, where and when they were read",
       {kConfig, kSet, kJson},
       listPrices},
      {"prices diff",
       "FILE",
       "where the price book differs from that of another models.yaml",
       {kConfig, kSet, kJson},
       diffPrices},
      {"ledger audit",
       "",
       "recompute every balance from the rows",
       {kConfig, kDataDir, kSet, kJson},
       auditLedger},
      {"ledger correct",
       "REQUEST",
       "book a later correction of what an attempt cost; the server must be stopped",
       {{"--amount", "USD", "what is added; below 0: a credit"},
        {"--reason", "TEXT", "kept with it"},
        {"--attempt", "N", "which attempt of the request; 0 is the first"},
        kConfig,
        kDataDir,
        kSet,
        kJson},
       correctLedger},
      {"ledger invoice",
       "FILE",
       "compare a provider's invoice (CSV with model and amount_usd) with the ledger",
       {kFrom, kTo, kConfig, kDataDir, kSet, kJson},
       compareInvoice},
      {"version", "", "the version", {kJson}, showVersion},
  };
}

void printHelp(std::ostream& out) {
  out << "pagoda - one server in front of every model provider\n\nusage: pagoda COMMAND "
         "[options]\n\n";
  for (const Command& command : commands()) {
    const std::string left = command.name + (command.words.empty() ? "" : " " + command.words);
    out << "  " << left << std::string(left.size() < 18 ? 18 - left.size() : 1, ' ')
        << command.summary << "\n";
  }
  out << "\npagoda COMMAND --help shows a command's options.\n"
         "exit codes: 0 ok, 1 failure, 2 usage, 3 configuration, 4 cannot listen, 5 storage, 6 "
         "plugin,\n"
         "            7 no server answers, 8 the server refused\n";
}

void printHelp(const Command& command, std::ostream& out) {
  out << "usage: pagoda " << command.name << (command.words.empty() ? "" : " " + command.words)
      << " [options]\n\n"
      << command.summary << "\n\n";
  for (const OptionSpec& option : command.options) {
    const std::string left = option.name + (option.value.empty() ? "" : " " + option.value);
    out << "  " << left << std::string(left.size() < 24 ? 24 - left.size() : 1, ' ') << option.help
        << "\n";
  }
}

/// The command that the first words name, and how many they are.
std::optional<std::pair<Command, std::size_t>> findCommand(const std::vector<std::string>& words) {
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    if (space == std::string::npos) {
      if (words[0] == command.name) return std::pair(command, std::size_t{1});
    } else if (words.size() > 1 && words[0] + " " + words[1] == command.name) {
      return std::pair(command, std::size_t{2});
    }
  }
  return std::nullopt;
}

[[noreturn]] void unknownCommand(const std::vector<std::string>& words) {
  std::vector<std::string> known;
  std::string within;
  for (const Command& command : commands()) {
    known.push_back(command.name);
    if (command.name.starts_with(words[0] + " "))
      within += (within.empty() ? "" : ", ") + command.name;
  }
  if (!within.empty())
    throw StartError(ExitCode::Usage, "'" + words[0] + "' needs one more word: " + within);
  const std::string near = nearestName(words[0], known);
  throw StartError(ExitCode::Usage, "unknown command '" + words[0] + "'" +
                                        (near.empty() ? "; pagoda --help lists them"
                                                      : "; did you mean '" + near + "'?"));
}

int dispatch(const std::vector<std::string>& words, Console& console) {
  if (words.empty()) {
    printHelp(console.error);
    return static_cast<int>(ExitCode::Usage);
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    printHelp(console.out);
    return 0;
  }
  if (words[0] == "--version") return static_cast<int>(showVersion({}, console));
  const auto found = findCommand(words);
  if (!found) unknownCommand(words);
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(found->second),
                                      words.end());
  if (std::ranges::find(rest, "--help") != rest.end() ||
      std::ranges::find(rest, "-h") != rest.end()) {
    printHelp(found->first, console.out);
    return 0;
  }
  return static_cast<int>(found->first.run(readArguments(found->first, rest), console));
}

}  // namespace

std::string Arguments::get(const std::string& name, const std::string& otherwise) const {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second.back();
}

Arguments readArguments(const Command& command, const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      arguments.words.insert(arguments.words.end(),
                             words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (!word.starts_with("--")) {
      arguments.words.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::ranges::find(command.options, name, &OptionSpec::name);
    if (option == command.options.end()) {
      std::vector<std::string> known;
      for (const OptionSpec& spec : command.options) known.push_back(spec.name);
      const std::string near = nearestName(name, known);
      throw StartError(ExitCode::Usage, "unknown option " + name + " of 'pagoda " + command.name +
                                            "'" +
                                            (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    std::string value;
    if (option->value.empty()) {
      if (equals != std::string::npos) throw StartError(ExitCode::Usage, name + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      throw StartError(ExitCode::Usage, name + " needs a value: " + name + " " + option->value);
    }
    if (!option->repeats && arguments.has(name))
      throw StartError(ExitCode::Usage, name + " is given twice");
    arguments.options[name].push_back(std::move(value));
  }
  if (command.words.empty() && !arguments.words.empty())
    throw StartError(ExitCode::Usage,
                     "'pagoda " + command.name + "' does not take '" + arguments.words[0] + "'");
  if (!command.words.empty() && arguments.words.size() != 1)
    throw StartError(ExitCode::Usage, "'pagoda " + command.name + "' takes one " + command.words +
                                          (arguments.words.size() > 1 ? ": put it in quotes" : ""));
  return arguments;
}

ConfigSources sourcesOf(const Arguments& arguments, const Environment& environment) {
  ConfigSources sources;
  sources.environment = environment;
  sources.directory =
      arguments.has("--config") ? arguments.get("--config") : defaultDirectory(environment);
  if (arguments.has("--config") && sources.directory.empty())
    throw StartError(ExitCode::Usage, "--config needs a folder");
  const std::pair<const char*, const char*> shortcuts[] = {
      {"--port", "server.port"}, {"--host", "server.host"}, {"--data-dir", "storage.data_dir"}};
  for (const auto& [name, path] : shortcuts)
    if (arguments.has(name)) sources.flags.push_back({path, arguments.get(name), name});
  if (const auto set = arguments.options.find("--set"); set != arguments.options.end()) {
    for (const std::string& text : set->second) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos)
        throw StartError(ExitCode::Usage, "--set " + text + " has no value: --set OPTION=VALUE");
      const std::string path = text.substr(0, equals);
      sources.flags.push_back({path, text.substr(equals + 1), "--set " + path});
    }
  }
  return sources;
}

Settings storageSettingsOf(const Arguments& arguments, const Environment& environment) {
  std::vector<Mistake> mistakes;
  Settings settings = readConfiguration(sourcesOf(arguments, environment), mistakes).settings;
  // Only what is about storage has to be right.
  std::erase_if(mistakes, [](const Mistake& mistake) { return mistake.place.line > 0; });
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return settings;
}

int runCommandLine(const std::vector<std::string>& words, Console& console) {
  const auto failed = [&](ExitCode code, const std::string& line) {
    console.error << "pagoda: " << line << std::endl;
    return static_cast<int>(code);
  };
  try {
    return dispatch(words, console);
  } catch (const ConfigError& error) {
    return failed(ExitCode::Configuration, error.what());
  } catch (const StartError& error) {
    return failed(error.code(), error.what());
  } catch (const store::StoreError& error) {
    return failed(ExitCode::Storage, error.what());
  } catch (const Poco::Exception& error) {
    return failed(ExitCode::Failure, error.displayText());
  } catch (const std::exception& error) {
    return failed(ExitCode::Failure, error.what());
  }
}

}  // namespace pagoda::app
