#include "core/app/discovery.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>

#include <pagoda/json.hpp>

namespace pagoda::app {
namespace {

constexpr std::size_t kLongestAnswer = 256 * 1024;
constexpr std::size_t kMostModels = 100;
constexpr std::size_t kLongestId = 200;

Poco::Timespan timespan(Millis time) {
  return {0, static_cast<long>(time.count()) * 1000};
}

/// A closed port of loopback refuses at once, so most machines pay microseconds here.
bool isOpen(std::uint16_t port, Millis atMost) {
  try {
    Poco::Net::StreamSocket socket;
    socket.connect(Poco::Net::SocketAddress("127.0.0.1", port), timespan(atMost));
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

std::string fetchModels(std::uint16_t port, Millis atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  try {
    Poco::Net::HTTPClientSession session("127.0.0.1", port);
    session.setProxyConfig({});
    session.setTimeout(timespan(atMost));
    Poco::Net::HTTPRequest request("GET", "/v1/models", Poco::Net::HTTPMessage::HTTP_1_1);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::istream& body = session.receiveResponse(response);
    if (response.getStatus() != Poco::Net::HTTPResponse::HTTP_OK) return {};
    std::string text;
    char block[4096];
    while (body && text.size() < kLongestAnswer && std::chrono::steady_clock::now() < end) {
      body.read(block, sizeof block);
      text.append(block, static_cast<std::size_t>(body.gcount()));
    }
    return text;
  } catch (const Poco::Exception&) {
    return {};
  }
}

bool isCodeModel(std::string_view id) {
  return id.find("code") != std::string_view::npos || id.find("Code") != std::string_view::npos;
}

std::string keyFor(const std::string& id, const FoundServer& server, const Catalogue& catalogue) {
  std::string key = id;
  std::ranges::replace(key, '/', '-');
  return catalogue.find(key) == nullptr ? key : server.name + "-" + key;
}

}  // namespace

const std::vector<ModelServer>& usualModelServers() {
  static const std::vector<ModelServer> servers = {
      {"ollama", 11434}, {"lmstudio", 1234}, {"llamacpp", 8080}, {"vllm", 8000}};
  return servers;
}

std::vector<std::string> modelIdsOf(std::string_view text) {
  std::vector<std::string> ids;
  bool ours = false;
  try {
    json::Reader reader(text);
    reader.object([&](std::string_view member, json::Reader& value) {
      if (member != "data") return;
      value.array([&](json::Reader& entry) {
        std::string id;
        entry.object([&](std::string_view key, json::Reader& field) {
          std::string buffer;
          if (key == "id") id = field.string(buffer).value_or("");
          // Only Pagoda's list has tiers; a server that found itself would call itself forever.
          if (key == "tier") ours = true;
        });
        if (!id.empty() && id.size() <= kLongestId && ids.size() < kMostModels) ids.push_back(id);
      });
    });
    reader.finish();
  } catch (const json::Malformed&) {
    return {};
  }
  return ours ? std::vector<std::string>{} : ids;
}

std::vector<FoundServer> findModelServers(const std::vector<ModelServer>& servers, Millis atMost) {
  std::vector<FoundServer> found(servers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (!isOpen(servers[i].port, atMost)) continue;
    threads.emplace_back([&found, &servers, i, atMost] {
      found[i] = {servers[i].name, "http://127.0.0.1:" + std::to_string(servers[i].port) + "/v1",
                  modelIdsOf(fetchModels(servers[i].port, atMost))};
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::erase_if(found, [](const FoundServer& server) { return server.models.empty(); });
  return found;
}

bool wantsDiscovery(const Configuration& configuration) {
  return configuration.settings.discovery.enabled &&
         std::ranges::all_of(configuration.catalogue.models,
                             [](const Model& model) { return model.local && !model.simulated; });
}

void addFoundServers(const std::vector<FoundServer>& servers, Configuration& configuration) {
  for (const FoundServer& server : servers) {
    auto& providers = configuration.settings.providers;
    if (std::ranges::find(providers, server.name, &ProviderSettings::name) != providers.end())
      continue;
    ProviderSettings provider;
    provider.name = server.name;
    provider.type = "openai_compatible";
    provider.baseUrl = server.baseUrl;
    provider.settingsJson.clear();
    json::Writer<std::string> writer(provider.settingsJson);
    writer.beginObject().member("base_url", std::string_view(server.baseUrl)).endObject();
    provider.place = {"discovery", 0, 0};
    providers.push_back(std::move(provider));
    for (const std::string& id : server.models) {
      Model model;
      model.key = keyFor(id, server, configuration.catalogue);
      model.provider = server.name;
      model.upstreamId = id;
      model.tier = isCodeModel(id) ? 0 : 1;
      model.price.source = "runs on this machine";
      model.capabilities = ~std::uint64_t{0};
      configuration.catalogue.models.push_back(std::move(model));
    }
  }
}

}  // namespace pagoda::app
