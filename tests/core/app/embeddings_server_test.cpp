// Recorded embedding exchanges through the running server and the plugin that ships with it.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

#include "core/app/commands/client.h"
#include "core/app/wiring.h"
#include "core/domain/embedding.h"
#include "tests/core/app/config_fixture.h"
#include "tests/support/fake_upstream.h"

using namespace pagoda;
using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;
using pagoda::test::FakeRequest;
using pagoda::test::FakeUpstream;
using pagoda::test::Reply;
using Poco::JSON::Array;
using Poco::JSON::Object;

namespace {

namespace fs = std::filesystem;

Object::Ptr parsed(const std::string& text) {
  return Poco::JSON::Parser().parse(text).extract<Object::Ptr>();
}

std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float> vectorOf(const Poco::Dynamic::Var& value) {
  if (value.isString()) return vectorOfBase64(value.extract<std::string>()).value();
  std::ostringstream text;
  value.extract<Array::Ptr>()->stringify(text);
  return vectorOfNumbers(text.str()).value();
}

std::vector<std::vector<float>> vectorsOf(const Object& answer) {
  std::vector<std::vector<float>> all;
  const Array::Ptr data = answer.getArray("data");
  for (std::size_t i = 0; i < data->size(); ++i)
    all.push_back(vectorOf(data->getObject(static_cast<unsigned>(i))->get("embedding")));
  return all;
}

/// Sends the recorded answer through a server, once for each form of vectors.
void replayThrough(const std::string& answer) {
  const Object::Ptr recorded = parsed(answer);
  const auto expected = vectorsOf(*recorded);
  const FakeUpstream upstream([&](const FakeRequest&) { return Reply().json(200, answer); });
  const ConfigDirectory directory;
  directory.pagoda(
      "server: {port: 0, threads: 1}\nlogging: {level: \"off\"}\nproviders:\n"
      "  - {name: upstream, type: openai_compatible, base_url: \"" +
      upstream.url("/v1") + "\", api_key: sk-upstream}\n");
  directory.models(
      "models:\n  vectors: {tier: 1, kind: embedding, provider: upstream, model: recorded, "
      "price_per_million: {input: 1}}\n");
  Server server(directory.loadServer());
  server.start();
  std::string inputs;
  for (std::size_t i = 0; i < expected.size(); ++i)
    inputs += (i > 0 ? ",\"text " : "\"text ") + std::to_string(i) + "\"";
  for (const std::string form : {"float", "base64"}) {
    CAPTURE(form);
    const Object::Ptr got = parsed(askOrFail(
        {server.url(), {}}, "POST", "/v1/embeddings",
        R"({"model":"vectors","input":[)" + inputs + R"(],"encoding_format":")" + form + "\"}"));
    CHECK(vectorsOf(*got) == expected);
    const auto first = got->getArray("data")->getObject(0)->get("embedding");
    CHECK(first.isString() == (form == "base64"));
    CHECK(got->getObject("usage")->getValue<int>("prompt_tokens") ==
          recorded->getObject("usage")->getValue<int>("prompt_tokens"));
  }
  CHECK(server.drain(Millis{5000}));
}

}  // namespace

TEST_CASE("a recorded embedding comes out as it was, in either form", "[app][embeddings]") {
  const fs::path file =
      fs::path(PAGODA_SOURCE_DIR) / "tests" / "golden" / "embeddings" / "openai_dimensions.json";
  replayThrough(parsed(contentOf(file))->getObject("response")->getValue<std::string>("body"));
}

TEST_CASE("all recorded embeddings of OpenAI's dialect come out as they were",
          "[app][embeddings]") {
  const fs::path folder = fs::path(PAGODA_SHARED_DIR) / "wire" / "fixtures";
  if (!fs::is_directory(folder)) {
    WARN("skipped: no recordings at " << folder.string());
    return;
  }
  const std::set<std::string> providers = {"openai", "mistral", "openrouter", "qwen"};
  int replayed = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json" ||
        !providers.contains(entry.path().parent_path().filename().string()) ||
        entry.path().filename().string().find("mbed") == std::string::npos)
      continue;
    const Object::Ptr response = parsed(contentOf(entry.path()))->getObject("response");
    if (response->getValue<int>("status") != 200 || !response->get("body").isString()) continue;
    const std::string body = response->getValue<std::string>("body");
    if (body.find("\"usage\"") == std::string::npos) continue;
    INFO(entry.path().filename().string());
    replayThrough(body);
    ++replayed;
  }
  CHECK(replayed > 0);
}
