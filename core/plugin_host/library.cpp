#include "core/plugin_host/library.h"

#include <dlfcn.h>
#include <mutex>
#include <utility>

#include <boost/dll/shared_library.hpp>

#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::uint32_t kMostTypes = 64;
using EntryFunction = const pagoda_plugin_entry*();

// Never destroyed: unmapping at process exit runs into destructors that are still to come
// (boostorg/dll#68).
void keepMapped(boost::dll::shared_library library) {
  static auto* const kMutex = new std::mutex;
  static auto* const kKept = new std::vector<boost::dll::shared_library>;
  const std::scoped_lock lock(*kMutex);
  kKept->push_back(std::move(library));
}

tl::unexpected<Refused> missing(const std::string& what) {
  return refuse(PluginRefusal::MissingFunction, what);
}

/// A required function of a table: whether the table reaches to it and it is not null.
template <class T, class F>
bool can(const T* table, F T::*member) {
  return reaches(table, member) && table->*member != nullptr;
}

template <class Type>
const Type* findType(const Callee& callee, std::uint32_t (*count)(),
                     const Type* (*at)(std::uint32_t), std::string_view name) {
  const std::uint32_t types = std::min(askPlugin(callee, "type_count", 0u, count), kMostTypes);
  for (std::uint32_t i = 0; i < types; ++i) {
    const Type* type = askPlugin(callee, "type_at", static_cast<const Type*>(nullptr), at, i);
    if (reaches(type, &Type::config_schema_json) && viewOf(type->type) == name) return type;
  }
  return nullptr;
}

}  // namespace

struct Library::Mapping {
  boost::dll::shared_library library;
};

Library::Library(LibraryInfo info, std::shared_ptr<HostParts> parts)
    : info_(std::move(info)),
      label_(info_.manifest.label()),
      parts_(std::move(parts)),
      figures_(parts_->figures.of(info_.manifest.id)),
      context_(parts_, label_, {}, nullptr, false),
      mapping_(std::make_unique<Mapping>()) {}

Library::~Library() {
  if (initialised_ && can(entry_, &pagoda_plugin_entry::deinit))
    tellPlugin(callee(), "deinit", static_cast<void (*)()>(entry_->deinit));
  context_.dropWork();
  if (mapping_->library.is_loaded()) keepMapped(std::move(mapping_->library));
}

Loaded<std::shared_ptr<Library>> Library::load(LibraryInfo info, std::shared_ptr<HostParts> parts) {
  std::shared_ptr<Library> library(new Library(std::move(info), std::move(parts)));
  using Step = Loaded<void> (Library::*)();
  for (const Step step :
       {&Library::map, &Library::checkEntry, &Library::initialise, &Library::readTables}) {
    if (auto done = ((*library).*step)(); !done) return tl::unexpected(std::move(done).error());
  }
  return library;
}

Loaded<void> Library::map() {
  // Absolute and exact: Boost.DLL loads a bare name from the current folder, and decorating a name
  // hides why the loader refused it.
  using boost::dll::load_mode::rtld_local;
  using boost::dll::load_mode::rtld_now;
  const RunningScope scope({label_.c_str(), "load"});
  try {
    mapping_->library.load(info_.staged, rtld_now | rtld_local);
  } catch (const std::exception& error) {
    return refuse(PluginRefusal::LoadFailed,
                  "the loader refused it: " + cleanLine(error.what(), 512));
  }
  if (!mapping_->library.has(PAGODA_ENTRY_SYMBOL))
    return refuse(PluginRefusal::NoEntry, "it does not export " PAGODA_ENTRY_SYMBOL);
  return {};
}

Loaded<void> Library::checkEntry() {
  EntryFunction* const entry = mapping_->library.get<EntryFunction>(PAGODA_ENTRY_SYMBOL);
  entry_ = askPlugin(callee(), "entry", static_cast<const pagoda_plugin_entry*>(nullptr), entry);
  if (entry_ == nullptr) return missing(PAGODA_ENTRY_SYMBOL " returned nothing");
  if (!reaches(entry_, &pagoda_plugin_entry::get_kind))
    return missing("its entry table is cut short: struct_size " +
                   std::to_string(entry_->struct_size));
  if (entry_->abi_major != PAGODA_ABI_MAJOR)
    return refuse(PluginRefusal::WrongAbi,
                  "its code was built for plugin ABI " + std::to_string(entry_->abi_major) +
                      "; this host serves " + std::to_string(PAGODA_ABI_MAJOR) + ".x");
  if (viewOf(entry_->id) != info_.manifest.id || viewOf(entry_->version) != info_.manifest.version)
    return refuse(PluginRefusal::EntryMismatch,
                  "its code says " + cleanLine(viewOf(entry_->id), 128) + "@" +
                      cleanLine(viewOf(entry_->version), 64) + ", its manifest " + label_);
  if (entry_->init == nullptr) return missing("its entry table lacks init");
  if (entry_->get_kind == nullptr) return missing("its entry table lacks get_kind");
  return {};
}

Loaded<void> Library::initialise() {
  pagoda_error error = freshError();
  const pagoda_status status =
      callPlugin(callee(), "init", &error,
                 static_cast<pagoda_status (*)(const pagoda_host*, pagoda_error*)>(entry_->init),
                 context_.host(), &error);
  if (status < 0)
    return refuse(PluginRefusal::InitFailed,
                  "init failed: " + messageOf(error, nameOf(kindOf(status))));
  initialised_ = true;
  return {};
}

Loaded<void> Library::readTables() {
  for (const ProvidedType& provided : info_.manifest.provides) {
    const bool provider = provided.kind == PAGODA_KIND_PROVIDER;
    if (!provider && provided.kind != PAGODA_KIND_STRATEGY) {
      info_.warnings.push_back("this host does not know the kind " + cleanLine(provided.kind, 64));
      continue;
    }
    const void* table = askPlugin(callee(), "get_kind", static_cast<const void*>(nullptr),
                                  static_cast<const void* (*)(const char*)>(entry_->get_kind),
                                  provided.kind.c_str());
    if (table == nullptr)
      return missing("it has no table for " + provided.kind + ", which its manifest promises");
    auto read = provider ? readProviders(table) : readStrategies(table);
    if (!read) return read;
    const bool found =
        provider ? providerType(provided.type) != nullptr : strategyType(provided.type) != nullptr;
    if (!found)
      return refuse(PluginRefusal::EntryMismatch,
                    "its code lacks the type " + provided.type + ", which its manifest promises");
    if (!provider) continue;
    const bool native = providerType(provided.type)->mode == PAGODA_MODE_NATIVE;
    if (native && !can(providers_, &pagoda_provider_api::invoke))
      return missing("its provider table lacks invoke");
    if (!native && !(can(providers_, &pagoda_provider_api::begin) &&
                     can(providers_, &pagoda_provider_api::next) &&
                     can(providers_, &pagoda_provider_api::on_data) &&
                     can(providers_, &pagoda_provider_api::end)))
      return missing("its provider table lacks one of begin, next, on_data, end");
  }
  return {};
}

Loaded<void> Library::readProviders(const void* table) {
  providers_ = static_cast<const pagoda_provider_api*>(table);
  // 1.0 ends with `cancel`; a shorter table is a mistake in struct_size, not an older ABI.
  if (!reaches(providers_, &pagoda_provider_api::cancel))
    return missing("its provider table is cut short: struct_size " +
                   std::to_string(providers_->struct_size));
  if (!can(providers_, &pagoda_provider_api::type_count) ||
      !can(providers_, &pagoda_provider_api::type_at) ||
      !can(providers_, &pagoda_provider_api::create) ||
      !can(providers_, &pagoda_provider_api::destroy))
    return missing("its provider table lacks one of type_count, type_at, create, destroy");
  return {};
}

Loaded<void> Library::readStrategies(const void* table) {
  strategies_ = static_cast<const pagoda_strategy_api*>(table);
  if (!reaches(strategies_, &pagoda_strategy_api::load))
    return missing("its strategy table is cut short: struct_size " +
                   std::to_string(strategies_->struct_size));
  if (!can(strategies_, &pagoda_strategy_api::type_count) ||
      !can(strategies_, &pagoda_strategy_api::type_at) ||
      !can(strategies_, &pagoda_strategy_api::create) ||
      !can(strategies_, &pagoda_strategy_api::destroy) ||
      !can(strategies_, &pagoda_strategy_api::plan))
    return missing("its strategy table lacks one of type_count, type_at, create, destroy, plan");
  return {};
}

const pagoda_provider_type* Library::providerType(std::string_view type) const {
  if (providers_ == nullptr) return nullptr;
  return findType<pagoda_provider_type>(callee(), providers_->type_count, providers_->type_at,
                                        type);
}

const pagoda_strategy_type* Library::strategyType(std::string_view type) const {
  if (strategies_ == nullptr) return nullptr;
  return findType<pagoda_strategy_type>(callee(), strategies_->type_count, strategies_->type_at,
                                        type);
}

}  // namespace pagoda::plugin_host
