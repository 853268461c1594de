#pragma once
// A plugin host over the libraries of tests/bad_plugins, in folders of its own.

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "core/base/log.h"
#include "core/plugin_host/plugin_host.h"
#include "tests/support/fake_runtime.h"

namespace pagoda::testing {

/// Removed with all it holds.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pagoda-plugins-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path badPlugin(const std::string& name) {
  return std::filesystem::path(PAGODA_BINARY_DIR) / "tests" / "bad_plugins" / (name + ".so");
}

inline std::string readAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeAll(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  ::chmod(path.c_str(), 0644);
}

/// Copies a built plugin, as an operator would install it.
inline std::filesystem::path install(const std::string& plugin,
                                     const std::filesystem::path& folder) {
  const std::filesystem::path source = badPlugin(plugin);
  const std::filesystem::path target = folder / source.filename();
  writeAll(target, readAll(source));
  return target;
}

class PluginBench {
 public:
  explicit PluginBench(plugin_host::PluginHostOptions options = {})
      : host((options.stateDir = state.path(), options.pluginDirs = {plugins.path()}, options), log,
             clock) {}

  void load(const std::string& plugin) {
    const auto loaded = host.load(install(plugin, plugins.path()));
    if (!loaded) throw std::runtime_error(loaded.error().message);
  }
  std::shared_ptr<Provider> provider(const std::string& type, const std::string& mode,
                                     plugin_host::ProviderLimits limits = {}) {
    plugin_host::ProviderSpec spec;
    spec.name = "p";
    spec.type = type;
    spec.settingsJson = R"({"mode":")" + mode + R"("})";
    spec.secrets["api_key"].emplace_back("sk-secret-of-the-test");
    spec.limits = limits;
    auto made = host.makeProvider(std::move(spec));
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }
  /// What describe() says of a refused file.
  plugin_host::PluginInfo refusal(const std::string& file) const {
    for (const auto& info : host.describe()) {
      if (info.state == "refused" && std::filesystem::path(info.path).filename() == file)
        return info;
    }
    return {};
  }

  TempFolder state;
  TempFolder plugins;
  FakeClock clock;
  Log log{STDERR_FILENO, LogLevel::Off, LogFormat::Text};
  plugin_host::PluginHost host;
};

/// Keeps copies of the events; may stop after some.
class CollectingSink final : public EventSink {
 public:
  bool emit(const Event& event) override {
    types.push_back(event.type);
    if (event.type == EventType::Start && onStart) onStart();
    if (event.type == EventType::Text) text += event.text;
    if (event.type == EventType::Usage && event.usage != nullptr) usage = *event.usage;
    return --left != 0;
  }
  std::vector<EventType> types;
  std::string text;
  std::optional<Usage> usage;
  int left = -1;
  std::function<void()> onStart;
};

/// A request of one user message.
struct OneMessage {
  explicit OneMessage(std::string_view text) {
    Message message;
    message.parts.emplace_back();
    message.parts.back().text = text;
    request.messages.push_back(std::move(message));
    request.rawJson = R"({"messages":[]})";
  }
  ChatRequest request;
};

/// Runs one native attempt to its end.
struct NativeRun {
  AttemptStatus status;
  CollectingSink sink;
};
inline NativeRun runNative(Provider& provider, FakeRuntime& runtime,
                           const AttemptContext& context = {}, CancelSource* cancel = nullptr,
                           std::function<void()> onStart = nullptr) {
  NativeRun run;
  run.sink.onStart = std::move(onStart);
  const OneMessage message("hi");
  const AfterBatch afterBatch = []() -> Task<Result<void>> { co_return Result<void>{}; };
  run.status =
      runtime.run(provider.invoke(context, message.request, run.sink, afterBatch, runtime, cancel));
  return run;
}

}  // namespace pagoda::testing
