#pragma once
// One configured provider: the plugin's instance, its host, its secrets and what it may do.

#include <atomic>
#include <memory>
#include <string>

#include <pagoda/ext/provider_calls.h>
#include <pagoda/provider.h>

#include "core/base/result.h"
#include "core/plugin_host/host_context.h"
#include "core/plugin_host/http_builder.h"
#include "core/plugin_host/library.h"
#include "core/plugin_host/plugin_host.h"
#include "core/plugin_host/secret_book.h"
#include "core/plugin_host/url_rules.h"
#include "core/plugin_host/work_queue.h"

namespace pagoda::plugin_host {

/// Immutable but for figures. Exchanges and calls hold it, and it holds its library: so they end in
/// the order exchange, instance, library. Thread-safe.
class ProviderInstance {
 public:
  /// Checks the settings, creates the plugin's instance and runs its self-test.
  /// Errors: InvalidRequest (a setting), PluginFault.
  static Result<std::shared_ptr<ProviderInstance>> create(std::shared_ptr<const Library> library,
                                                          ProviderSpec spec);

  ProviderInstance(const ProviderInstance&) = delete;
  ProviderInstance& operator=(const ProviderInstance&) = delete;
  ~ProviderInstance();

  const std::string& name() const { return spec_.name; }
  const Library& library() const { return *library_; }
  const pagoda_provider_api& api() const { return *library_->providers(); }
  pagoda_provider* plugin() const { return plugin_; }
  Callee callee() const { return library_->callee(); }
  bool native() const { return native_; }
  /// Null where the plugin has no such calls.
  const pagoda_provider_embeddings* embeddings() const { return embeddings_; }
  const pagoda_provider_tokens* tokenCounts() const { return tokenCounts_; }
  const ProviderLimits& limits() const { return spec_.limits; }
  const std::string& baseUrl() const { return baseUrl_; }
  SecretBook& secrets() { return secrets_; }
  const SendRules& sendRules() const { return sendRules_; }
  HostParts& parts() const { return *library_->parts(); }
  std::vector<PluginMetric> metrics() const { return context_.metrics(); }

  /// Null unless the manifest says that the plugin blocks.
  WorkQueue* blockingPool() const { return blockingPool_.get(); }
  /// Calls that were given up and do not end; with too many the instance takes no more.
  std::atomic<int>& stuck() { return stuck_; }
  int mostStuck() const;

 private:
  ProviderInstance(std::shared_ptr<const Library> library, ProviderSpec spec);
  Result<void> start(const std::string& type);
  void readExtensions();

  const std::shared_ptr<const Library> library_;
  const ProviderSpec spec_;
  const std::string baseUrl_;
  const UrlRules urls_;
  const std::string missingSecret_;
  SecretBook secrets_;
  const SendRules sendRules_;
  HostContext context_;
  std::unique_ptr<WorkQueue> blockingPool_;
  std::atomic<int> stuck_{0};
  bool native_ = false;
  pagoda_provider* plugin_ = nullptr;
  const pagoda_provider_embeddings* embeddings_ = nullptr;
  const pagoda_provider_tokens* tokenCounts_ = nullptr;
};

/// The name of a type without "@version".
std::string bareType(const std::string& type);

}  // namespace pagoda::plugin_host
