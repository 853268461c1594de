#pragma once
// Model servers on this machine, found at their usual ports when no other provider can be used.

#include <string>
#include <string_view>
#include <vector>

#include "core/app/configuration.h"
#include "core/base/clock.h"

namespace pagoda::app {

struct ModelServer {
  std::string name;  ///< "ollama"
  std::uint16_t port;
};

struct FoundServer {
  std::string name;
  std::string baseUrl;
  std::vector<std::string> models;
};

/// Ollama, LM Studio, llama.cpp and vLLM.
const std::vector<ModelServer>& usualModelServers();

/// Asks each server on 127.0.0.1 for GET /v1/models, all at once; blocks for at most `atMost`.
std::vector<FoundServer> findModelServers(const std::vector<ModelServer>& servers, Millis atMost);

/// The ids in an answer of GET /v1/models; empty if it is none, or is Pagoda's own.
std::vector<std::string> modelIdsOf(std::string_view json);

/// Whether discovery is on and nothing but local skills would answer.
bool wantsDiscovery(const Configuration& configuration);
/// Adds a provider for each server and its models: free, code models to tier 0, others to tier 1.
void addFoundServers(const std::vector<FoundServer>& servers, Configuration& configuration);

}  // namespace pagoda::app
