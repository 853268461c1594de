#include "core/plugin_host/registry.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "core/plugin_host/library.h"
#include "core/plugin_host/manifest.h"
#include "core/plugin_host/within.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kMostRefusals = 256;

// A plugin shares nothing with the host but the language runtimes (Qt, Poco and the like have
// broken plugins through a library that both sides used).
bool isRuntimeLibrary(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {
      "libc.so.",     "libm.so.",    "libstdc++.so.", "libgcc_s.so.",  "libpthread.so.",
      "libdl.so.",    "librt.so.",   "ld-linux",      "libatomic.so.", "libasan.so.",
      "libubsan.so.", "libtsan.so.", "libclang_rt."};
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<std::string> warningsOf(const ElfImage& image) {
  std::vector<std::string> warnings;
  if (image.uniqueSymbols)
    warnings.emplace_back(
        "pinned: it has unique symbols and can never be unmapped (build with -fno-gnu-unique)");
  if (image.noDelete) warnings.emplace_back("pinned: it is linked with -z nodelete");
  if (image.searchPath)
    warnings.emplace_back("it brings a search path of its own for libraries (RPATH)");
  if (image.executableStack) warnings.emplace_back("it asks for an executable stack");
  const auto extra = std::ranges::count_if(image.exports, [](std::string_view name) {
    return !name.starts_with("pagoda_plugin_entry_v");
  });
  if (extra > 0)
    warnings.push_back("it exports " + std::to_string(extra) +
                       " symbols beside its entry (use a version script)");
  for (const std::string_view name : image.needed) {
    if (!isRuntimeLibrary(name)) warnings.push_back("it needs " + std::string(name.substr(0, 128)));
  }
  return warnings;
}

/// What the file says that the host must be able to offer.
Loaded<void> checkDemands(const ElfImage& image, const Manifest& manifest) {
  if (!std::ranges::count(image.exports, std::string_view(PAGODA_ENTRY_SYMBOL)))
    return refuse(PluginRefusal::NoEntry, "it does not export " PAGODA_ENTRY_SYMBOL);
  if (manifest.isolation == "out-of-process")
    return refuse(PluginRefusal::WrongIsolation,
                  "it asks to run in a process of its own, which this host does not offer");
  for (const std::string& id : manifest.requiresExtensions) {
    if (!HostContext::offers(id))
      return refuse(PluginRefusal::MissingExtension,
                    "it needs " + id + ", which this host does not offer");
  }
  return {};
}

Loaded<std::shared_ptr<Library>> loadWithin(Millis limit, LibraryInfo info,
                                            const std::shared_ptr<HostParts>& parts) {
  auto loaded =
      within(limit, [info = std::move(info), parts] { return Library::load(info, parts); });
  if (loaded) return *std::move(loaded);
  return refuse(PluginRefusal::InitFailed,
                "init did not return within " + std::to_string(limit.count()) + " ms");
}

/// The newest version of a plugin; null if none is loaded.
std::shared_ptr<const Library> newestOf(const std::vector<std::shared_ptr<const Library>>& all,
                                        const std::string& id) {
  std::shared_ptr<const Library> best;
  for (const auto& library : all) {
    if (library->manifest().id != id) continue;
    if (!best || versionLess(best->manifest().version, library->manifest().version)) best = library;
  }
  return best;
}

bool provides(const Library& library, std::string_view kind, std::string_view type) {
  return std::ranges::any_of(library.manifest().provides, [&](const ProvidedType& provided) {
    return provided.kind == kind && provided.type == type;
  });
}

}  // namespace

Registry::Registry(const std::filesystem::path& stateDir, Trust trust, Millis loadTimeout,
                   std::shared_ptr<HostParts> parts)
    : trust_(std::move(trust)),
      loadTimeout_(loadTimeout),
      parts_(std::move(parts)),
      staging_(stateDir) {}

Registry::~Registry() = default;

Loaded<std::shared_ptr<const Library>> Registry::load(const std::filesystem::path& path,
                                                      bool beside) {
  const std::scoped_lock loading(loading_);
  auto loaded = loadNow(path);
  const std::scoped_lock lock(mutex_);
  if (!loaded) {
    if (refused_.size() == kMostRefusals) refused_.erase(refused_.begin());
    refused_.push_back({path, loaded.error()});
    parts_->log.warn("plugin_refused", {{"path", path.string()},
                                        {"reason", std::string(nameOf(loaded.error().reason))},
                                        {"message", loaded.error().message}});
    return loaded;
  }
  const Library& library = **loaded;
  const std::string& id = library.manifest().id;
  if (const auto serving = beside ? newestOf(libraries_, id) : nullptr)
    chosen_.try_emplace(id, Chosen{serving->manifest().version, {}});
  libraries_.push_back(*loaded);
  parts_->log.info("plugin_loaded",
                   {{"plugin", library.label()}, {"sha256", library.info().sha256}});
  for (const std::string& warning : library.info().warnings)
    parts_->log.warn("plugin_warning", {{"plugin", library.label()}, {"message", warning}});
  return loaded;
}

Loaded<std::shared_ptr<const Library>> Registry::loadNow(const std::filesystem::path& path) {
  const auto file = readPluginFile(path, trust_.policy == TrustPolicy::Any);
  if (!file) return tl::unexpected(file.error());
  if (auto trusted = checkTrust(*file, trust_); !trusted) return tl::unexpected(trusted.error());

  const auto image = readElf(file->bytes);
  if (!image) return tl::unexpected(image.error());
  LibraryInfo info;
  auto manifest = readManifest(*image);
  if (!manifest) return tl::unexpected(manifest.error());
  info.manifest = std::move(*manifest);
  if (auto listed = checkListedId(*file, info.manifest.id, trust_); !listed)
    return tl::unexpected(listed.error());
  if (auto demands = checkDemands(*image, info.manifest); !demands)
    return tl::unexpected(demands.error());
  if (auto single = checkDuplicate(info.manifest); !single) return tl::unexpected(single.error());

  auto staged = staging_.stage(file->bytes, info.manifest.id, info.manifest.version, file->sha256);
  if (!staged) return tl::unexpected(staged.error());
  info.source = file->path;
  info.staged = *staged;
  info.sha256 = file->sha256;
  info.warnings = warningsOf(*image);
  auto library = loadWithin(loadTimeout_, std::move(info), parts_);
  if (!library) {
    std::error_code ignored;
    std::filesystem::remove(*staged, ignored);
    return tl::unexpected(library.error());
  }
  return std::shared_ptr<const Library>(std::move(*library));
}

Loaded<void> Registry::checkDuplicate(const Manifest& manifest) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& library : libraries_) {
    const Manifest& other = library->manifest();
    if (other.id == manifest.id && other.version == manifest.version)
      return refuse(PluginRefusal::Duplicate, manifest.label() + " is loaded already, from " +
                                                  library->info().source.string());
    if (other.id == manifest.id) continue;
    for (const ProvidedType& provided : manifest.provides) {
      if (provides(*library, provided.kind, provided.type))
        return refuse(PluginRefusal::Duplicate,
                      "its type " + provided.type + " is offered already, by " + other.label());
    }
  }
  return {};
}

void Registry::loadFolder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    // A name with a leading dot is a file that some tool is still writing.
    if (entry.path().extension() == ".so" && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path());
  }
  if (error) {
    const Refused why{PluginRefusal::Unreadable,
                      "the plugin folder cannot be read: " + error.message()};
    parts_->log.warn("plugin_folder", {{"path", folder.string()}, {"message", why.message}});
    const std::scoped_lock lock(mutex_);
    refused_.push_back({folder, why});
    return;
  }
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) load(file);
}

std::shared_ptr<const Library> Registry::find(std::string_view kind, std::string_view type,
                                              const PluginChoice& trial) const {
  const std::size_t at = type.find('@');
  const std::string_view version =
      at == std::string_view::npos ? std::string_view{} : type.substr(at + 1);
  const std::string_view name = type.substr(0, at);
  std::shared_ptr<const Library> best;
  const std::scoped_lock lock(mutex_);
  for (const auto& library : libraries_) {
    if (!provides(*library, kind, name)) continue;
    const Manifest& manifest = library->manifest();
    if (!version.empty() && manifest.version != version) continue;
    if (version.empty()) {
      const auto tried = trial.find(manifest.id);
      const auto chosen = chosen_.find(manifest.id);
      if (tried != trial.end()
              ? tried->second != manifest.version
              : chosen != chosen_.end() && chosen->second.version != manifest.version)
        continue;
    }
    if (!best || versionLess(best->manifest().version, library->manifest().version)) best = library;
  }
  return best;
}

std::string Registry::serving(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  if (const auto chosen = chosen_.find(id); chosen != chosen_.end()) return chosen->second.version;
  const auto newest = newestOf(libraries_, id);
  return newest ? newest->manifest().version : std::string();
}

std::string Registry::former(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto chosen = chosen_.find(id);
  return chosen == chosen_.end() ? std::string() : chosen->second.former;
}

void Registry::choose(const std::string& id, const std::string& version) {
  std::string former = serving(id);
  const std::scoped_lock lock(mutex_);
  Chosen& chosen = chosen_[id];
  if (former != version) chosen.former = std::move(former);
  chosen.version = version;
}

Result<std::shared_ptr<const Library>> Registry::take(const std::string& id,
                                                      const std::string& version) {
  const std::string label = id + "@" + version;
  const bool serves = serving(id) == version;
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find_if(
      libraries_, [&](const auto& library) { return library->label() == label; });
  if (found == libraries_.end()) return fail(ErrorCode::NotFound, label + " is not loaded");
  if (serves)
    return fail(ErrorCode::Conflict, label + " serves; swap to another version before it retires");
  if (const long pins = found->use_count() - 1; pins > 0)
    return fail(ErrorCode::Conflict, label + " is still used by " + std::to_string(pins) +
                                         (pins == 1 ? " instance" : " instances") +
                                         "; it can retire when their requests have ended");
  auto taken = std::move(*found);
  libraries_.erase(found);
  // What was chosen stays chosen: else the newest of those that are left would serve.
  if (const auto chosen = chosen_.find(id);
      chosen != chosen_.end() && chosen->second.former == version)
    chosen->second.former.clear();
  return taken;
}

std::vector<std::shared_ptr<const Library>> Registry::libraries() const {
  const std::scoped_lock lock(mutex_);
  return libraries_;
}

std::vector<RefusedPlugin> Registry::refused() const {
  const std::scoped_lock lock(mutex_);
  return refused_;
}

std::vector<std::string> Registry::types(std::string_view kind) const {
  std::vector<std::string> names;
  const std::scoped_lock lock(mutex_);
  for (const auto& library : libraries_) {
    for (const ProvidedType& provided : library->manifest().provides) {
      if (provided.kind == kind && !std::ranges::count(names, provided.type))
        names.push_back(provided.type);
    }
  }
  return names;
}

}  // namespace pagoda::plugin_host
