#include "core/plugin_host/provider_instance.h"

#include <algorithm>
#include <utility>

#include "core/plugin_host/settings.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

std::string upperCase(const std::string& name) {
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  });
  return upper;
}

std::string missingSecretText(const ProviderSpec& spec) {
  const std::string cure = spec.secretHint.empty() ? "set its api_key, or PAGODA_PROVIDERS__" +
                                                         upperCase(spec.name) + "__API_KEY"
                                                   : spec.secretHint;
  return spec.missingSecret + " for provider " + spec.name + ": " + cure;
}

}  // namespace

std::string bareType(const std::string& type) {
  return type.substr(0, type.find('@'));
}

ProviderInstance::ProviderInstance(std::shared_ptr<const Library> library, ProviderSpec spec)
    : library_(std::move(library)),
      spec_(std::move(spec)),
      baseUrl_(settingText(spec_.settingsJson, "base_url")),
      urls_(library_->manifest().permissions.hosts, baseUrl_),
      missingSecret_(missingSecretText(spec_)),
      secrets_(spec_.secrets, library_->parts()->clock),
      sendRules_{urls_, library_->manifest().permissions.secrets, secrets_, missingSecret_,
                 spec_.limits.requestBody},
      context_(library_->parts(), library_->label(), spec_.name, &secrets_,
               library_->manifest().permissions.rawSecrets) {}

ProviderInstance::~ProviderInstance() {
  if (plugin_ != nullptr)
    tellPlugin(callee(), "destroy", static_cast<void (*)(pagoda_provider*)>(api().destroy),
               plugin_);
}

Result<std::shared_ptr<ProviderInstance>> ProviderInstance::create(
    std::shared_ptr<const Library> library, ProviderSpec spec) {
  const std::string type = bareType(spec.type);
  std::shared_ptr<ProviderInstance> instance(
      new ProviderInstance(std::move(library), std::move(spec)));
  PAGODA_CHECK(instance->start(type));
  return instance;
}

Result<void> ProviderInstance::start(const std::string& type) {
  const pagoda_provider_type* found = library_->providerType(type);
  if (found == nullptr)
    return fail(ErrorCode::PluginFault, library_->label() + " does not offer the type " + type);
  if (!baseUrl_.empty() && !readUrl(baseUrl_))
    return fail(ErrorCode::InvalidRequest,
                "provider " + name() + ": setting `base_url` is not an http or https URL",
                "base_url");
  if (auto checked = checkSettings(viewOf(found->config_schema_json), spec_.settingsJson); !checked)
    return fail(checked.error().code, "provider " + name() + ": " + checked.error().message,
                checked.error().param);
  native_ = found->mode == PAGODA_MODE_NATIVE;
  if (native_ && library_->manifest().permissions.blocking)
    blockingPool_ = std::make_unique<WorkQueue>(
        WorkQueue::Limits{.threads = spec_.limits.blockingCalls, .jobs = 256});

  using Create =
      pagoda_status(const pagoda_host*, const char*, pagoda_str, pagoda_provider**, pagoda_error*);
  using SelfTest = pagoda_status(pagoda_provider*, pagoda_error*);
  pagoda_error error = freshError();
  const auto refused = [&](pagoda_status status, const char* what) {
    const AttemptFailure why = failureOf(status, error, secrets_);
    const bool operatorsFault =
        why.kind == FailureKind::Config || why.kind == FailureKind::InvalidRequest;
    return fail(operatorsFault ? ErrorCode::InvalidRequest : ErrorCode::PluginFault,
                "provider " + name() + " (" + library_->label() + "): " + what + why.message);
  };
  pagoda_provider* made = nullptr;
  pagoda_status status =
      callPlugin(callee(), "create", &error, static_cast<Create*>(api().create), context_.host(),
                 type.c_str(), strOf(spec_.settingsJson), &made, &error);
  if (status < 0) return refused(status, "");
  if (made == nullptr)
    return fail(ErrorCode::PluginFault, library_->label() + " created nothing for " + name());
  plugin_ = made;
  readExtensions();
  if (api().self_test == nullptr) return {};
  status = callPlugin(callee(), "self_test", &error, static_cast<SelfTest*>(api().self_test),
                      plugin_, &error);
  if (status < 0 && status != PAGODA_E_NOT_IMPLEMENTED)
    return refused(status, "its self-test failed: ");
  return {};
}

void ProviderInstance::readExtensions() {
  if (native_ || !PAGODA_CAN(&api(), get_extension)) return;
  using Get = const void*(pagoda_provider*, const char*);
  const auto find = [&](const char* id) {
    return askPlugin(callee(), "get_extension", static_cast<const void*>(nullptr),
                     static_cast<Get*>(api().get_extension), plugin_, id);
  };
  const auto* embeddings =
      static_cast<const pagoda_provider_embeddings*>(find(PAGODA_EXT_PROVIDER_EMBEDDINGS));
  if (PAGODA_CAN(embeddings, begin)) embeddings_ = embeddings;
  const auto* tokens = static_cast<const pagoda_provider_tokens*>(find(PAGODA_EXT_PROVIDER_TOKENS));
  if (PAGODA_CAN(tokens, begin)) tokenCounts_ = tokens;
}

int ProviderInstance::mostStuck() const {
  // Without a pool, a call that hangs costs memory and no thread.
  constexpr int kMostWithoutThread = 256;
  return blockingPool_ ? static_cast<int>(spec_.limits.blockingCalls) : kMostWithoutThread;
}

}  // namespace pagoda::plugin_host
