#pragma once
// A plugin library opened as the host opens one, for tests of the C ABI: dlopen, entry, init.

#include <dlfcn.h>
#include <stdexcept>
#include <string>

#include <pagoda/sdk.hpp>

namespace pagoda::test {

class PluginLibrary {
 public:
  explicit PluginLibrary(const std::string& path)
      : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
    using Entry = const pagoda_plugin_entry* (*)() noexcept;
    const auto entry = reinterpret_cast<Entry>(dlsym(handle_, PAGODA_ENTRY_SYMBOL));
    if (entry == nullptr) throw std::runtime_error("no " PAGODA_ENTRY_SYMBOL);
    entry_ = entry();
  }
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;
  ~PluginLibrary() { dlclose(handle_); }

  const pagoda_plugin_entry& entry() const { return *entry_; }
  const pagoda_provider_api* provider() const {
    return static_cast<const pagoda_provider_api*>(entry_->get_kind(PAGODA_KIND_PROVIDER));
  }
  const pagoda_strategy_api* strategy() const {
    return static_cast<const pagoda_strategy_api*>(entry_->get_kind(PAGODA_KIND_STRATEGY));
  }

 private:
  void* handle_;
  const pagoda_plugin_entry* entry_ = nullptr;
};

}  // namespace pagoda::test
