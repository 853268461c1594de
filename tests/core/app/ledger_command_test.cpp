#include <future>
#include <sstream>

#include <catch2/catch.hpp>

#include "core/store/store.h"
#include "tests/core/app/command_run.h"
#include "tests/core/app/config_fixture.h"

using namespace pagoda;
using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;
using pagoda::app::test::Ran;
using pagoda::app::test::runCommand;

namespace {

/// A configuration with a database of three requests, on which commands run.
struct Desk {
  ConfigDirectory directory;
  SystemClock clock;
  std::string first;

  Desk() {
    store::Store store = store::openStore(directory.path() + "/pagoda.db", {}, clock);
    first = settle(store, 1'000, "cheap-id", 0, "0.02");
    settle(store, 2'000, "cheap-id", 0, "0.01");
    settle(store, 3'000, "=dear,\"id\"", 2, "0.5");
  }

  static std::string settle(store::Store& store, std::int64_t id, const std::string& model,
                            int tier, std::string_view usd) {
    AttemptRow attempt;
    attempt.model = model;
    attempt.upstreamModel = model;
    attempt.tier = tier;
    attempt.cost = *Money::parseUsd(usd);
    attempt.promptTokens = 10;
    attempt.day = 20261125;
    RequestRow row;
    row.request = RequestId(id);
    row.key = ApiKeyId("key_a");
    row.cost = attempt.cost;
    row.attempts.push_back(attempt);
    std::promise<bool> done;
    store.ledger().settle(std::move(row), {},
                          [&](const Result<void>& result) { done.set_value(result.has_value()); });
    REQUIRE(done.get_future().get());
    return RequestId(id).toString();
  }

  Ran run(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", directory.path()});
    if (words[0] != "prices") words.insert(words.end(), {"--data-dir", directory.path()});
    return runCommand(words);
  }
};

}  // namespace

TEST_CASE("usage is a table, CSV or JSON", "[app][cli]") {
  const Desk desk;
  const Ran csv = desk.run({"usage", "--by", "model", "--csv"});
  CHECK(csv.code == 0);
  CHECK(csv.out ==
        "model,requests,attempts,prompt_tokens,completion_tokens,cache_read_tokens,spent_usd,"
        "credited_usd\n"
        "\"'=dear,\"\"id\"\"\",1,1,10,0,0,0.5,0\n"
        "cheap-id,2,2,20,0,0,0.03,0\n");
  const Ran json = desk.run({"usage", "--json"});
  CHECK(json.out ==
        R"({"by":"tier","usage":[{"tier":"0","requests":2,"attempts":2,"prompt_tokens":20,)"
        R"("completion_tokens":0,"cache_read_tokens":0,"spent_usd":0.03,"credited_usd":0},)"
        R"({"tier":"2","requests":1,"attempts":1,"prompt_tokens":10,"completion_tokens":0,)"
        R"("cache_read_tokens":0,"spent_usd":0.5,"credited_usd":0}],"total":{"requests":3,)"
        R"("attempts":3,"prompt_tokens":30,"completion_tokens":0,"cache_read_tokens":0,)"
        R"("spent_usd":0.53,"credited_usd":0}})"
        "\n");
  CHECK(desk.run({"usage", "--by", "day"}).out.find("2026-11-25") != std::string::npos);
  CHECK(desk.run({"usage", "--from", "2026-11-26", "--csv"}).out.find("\n0,") == std::string::npos);
  CHECK(desk.run({"usage", "--by", "colour"}).code == 2);
  CHECK(desk.run({"usage", "--from", "2026-02-30"}).error ==
        "pagoda: --from needs a day, such as 2026-11-25\n");
  CHECK(desk.run({"usage", "--csv", "--json"}).code == 2);
}

TEST_CASE("an audit finds no difference, also after a correction", "[app][cli]") {
  const Desk desk;
  CHECK(desk.run({"ledger", "audit"}).out == "0 differences\n");
  const Ran done =
      desk.run({"ledger", "correct", desk.first, "--amount", "-0.015", "--reason", "invoice"});
  CHECK(done.error.empty());
  CHECK(done.out == "corrected\n");
  const Ran audit = desk.run({"ledger", "audit", "--json"});
  CHECK(audit.code == 0);
  CHECK(audit.out == "{\"ok\":true,\"differences\":[]}\n");
  const Ran more =
      desk.run({"ledger", "correct", desk.first, "--amount", "-0.01", "--reason", "invoice"});
  CHECK(more.code == 1);
  CHECK(more.error.find("is charged with $0.005") != std::string::npos);
  CHECK(desk.run({"ledger", "correct", "nonsense", "--amount", "1", "--reason", "x"}).code == 2);
  CHECK(desk.run({"ledger", "correct", desk.first, "--amount", "0", "--reason", "x"}).code == 2);
  CHECK(desk.run({"ledger", "correct", desk.first, "--amount", "1"}).code == 2);
}

TEST_CASE("an invoice is compared with the ledger model by model", "[app][cli]") {
  const Desk desk;
  const std::string file = desk.directory.path() + "/invoice.csv";
  desk.directory.write("invoice.csv",
                       "\xEF\xBB\xBF"
                       "day,model,amount_usd\r\n"
                       "1,cheap-id,0.02\r\n"
                       "2,cheap-id,0.0103\r\n"
                       "2,\"=dear,\"\"id\"\"\",0.5\r\n"
                       "2,unknown,0.1\r\n");
  const Ran ran = desk.run({"ledger", "invoice", file, "--json"});
  CHECK(ran.error.empty());
  CHECK(ran.out ==
        R"([{"model":"=dear,\"id\"","ledger_usd":0.5,"invoice_usd":0.5,"drift_usd":0},)"
        R"({"model":"cheap-id","ledger_usd":0.03,"invoice_usd":0.0303,"drift_usd":0.0003},)"
        R"({"model":"unknown","ledger_usd":0,"invoice_usd":0.1,"drift_usd":0.1},)"
        R"({"model":"total","ledger_usd":0.53,"invoice_usd":0.6303,"drift_usd":0.1003}])"
        "\n");
  CHECK(desk.run({"ledger", "invoice", file}).out.find("1.00") != std::string::npos);
  desk.directory.write("invoice.csv", "model,amount_usd\ncheap-id,much\n");
  CHECK(desk.run({"ledger", "invoice", file}).error.find("record 2 of") != std::string::npos);
  desk.directory.write("invoice.csv", "name,usd\na,1\n");
  CHECK(desk.run({"ledger", "invoice", file}).error.find("the columns model and amount_usd") !=
        std::string::npos);
  CHECK(desk.run({"ledger", "invoice", file + "x"}).error.find("cannot be read") !=
        std::string::npos);
}

TEST_CASE("the price book is listed and compared with another file", "[app][cli]") {
  const Desk desk;
  desk.directory.models(R"(
models:
  a: {tier: 0, provider: upstream, model: a-id, price_per_million: {input: 1, output: 2, cache_read: 0.1, source: list, as_of: 2020-01-01}}
  b:
    tier: 0
    provider: upstream
    model: b-id
    price_per_million:
      - {input: 1, output: 2}
      - {from: 2021-01-01, input: 3, output: 4, steps: [{above: 1000, input: 6, output: 8}]}
)");
  const Ran list = desk.run({"prices", "list", "--json"});
  CHECK(list.error.empty());
  CHECK(list.out ==
        R"([{"model":"a","from":"","holds":true,"stale":true,"source":"list","as_of":"2020-01-01",)"
        R"("usd":{"cache_read":0.1,"input":1,"output":2}},)"
        R"({"model":"b","from":"","holds":false,"stale":false,"source":"","as_of":"",)"
        R"("usd":{"input":1,"output":2}},)"
        R"({"model":"b","from":"2021-01-01","holds":true,"stale":false,"source":"","as_of":"",)"
        R"("usd":{"above 1000 input":6,"above 1000 output":8,"input":3,"output":4}}])"
        "\n");
  desk.directory.write("other.yaml", R"(
models:
  renamed: {tier: 0, provider: upstream, model: a-id, price_per_million: {input: 1.5, output: 2}}
  b: {tier: 0, provider: upstream, model: b-id, price_per_million: {input: 3, output: 4, steps: [{above: 1000, input: 6, output: 8}]}}
  c: {tier: 0, provider: upstream, model: c-id, price_per_million: {input: 1, output: 1}}
)");
  const Ran diff = desk.run({"prices", "diff", desk.directory.path() + "/other.yaml", "--json"});
  CHECK(diff.out == R"([{"model":"a","field":"input","ours":"1","theirs":"1.5"},)"
                    R"({"model":"a","field":"cache_read","ours":"0.1","theirs":"-"},)"
                    R"({"model":"c","field":"model","ours":"-","theirs":"new"}])"
                    "\n");
  const Ran same = desk.run({"prices", "diff", desk.directory.path() + "/models.yaml"});
  CHECK(same.out == "0 differences\n");
  CHECK(desk.run({"prices", "diff", desk.directory.path() + "/none.yaml"}).code == 3);
}
