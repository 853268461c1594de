#include <cstring>
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

struct Mistake {
  std::string file;
  std::string reason;
  std::string message;  ///< a piece of it
};

std::string answerOf(PluginBench& bench, const std::string& type) {
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.host.makeProvider("p", type, "{}", {});
  if (!provider) return provider.error().message;
  const NativeRun run = runNative(**provider, runtime);
  return run.status ? run.sink.text : run.status.error().message;
}

}  // namespace

TEST_CASE("a folder of wrong plugins is refused with named reasons, and the good one in it serves",
          "[plugin_host][load]") {
  PluginBench bench;
  for (const auto& entry :
       std::filesystem::directory_iterator(badPlugin("load/good").parent_path()))
    install("load/" + entry.path().stem().string(), bench.plugins.path());

  const std::string good = readAll(badPlugin("load/good"));
  writeAll(bench.plugins / "empty.so", "");
  writeAll(bench.plugins / "text.so", "#!/bin/sh\necho no plugin\n");
  writeAll(bench.plugins / "truncated.so", good.substr(0, good.size() / 2));
  writeAll(bench.plugins / "stub.so", good.substr(0, 20));
  std::string patched = good;
  patched[18] = 40;  // e_machine: 32-bit ARM
  writeAll(bench.plugins / "wrong_machine.so", patched);
  patched = good;
  patched[4] = 1;  // EI_CLASS: 32 bit
  writeAll(bench.plugins / "wrong_class.so", patched);
  patched = good;
  patched[16] = 2;  // e_type: an executable
  writeAll(bench.plugins / "executable.so", patched);
  std::filesystem::create_directory(bench.plugins / "directory.so");
  REQUIRE(::mkfifo((bench.plugins / "fifo.so").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/zero", bench.plugins / "device.so");
  std::filesystem::create_symlink("nowhere", bench.plugins / "dangling.so");
  writeAll(bench.plugins / "z_again.so", good);
  writeAll(bench.plugins / "huge.so", good);
  std::filesystem::resize_file(bench.plugins / "huge.so", 300u << 20);  // sparse
  writeAll(bench.plugins / "notes.txt", "no plugin, and not looked at");

  bench.host.loadAll();

  const Mistake mistakes[] = {
      {"wrong_abi.so", "wrong_abi", "plugin ABI 2.0"},
      {"wrong_abi_code.so", "wrong_abi", "its code was built for plugin ABI 2"},
      {"no_entry.so", "no_entry", "pagoda_plugin_entry_v1"},
      {"no_manifest.so", "no_manifest", "PAGODA_MANIFEST"},
      {"two_manifests.so", "bad_manifest", "more than one"},
      {"manifest_not_json.so", "bad_manifest", "not valid JSON"},
      {"manifest_without_version.so", "bad_manifest", "`version` is missing"},
      {"path_in_id.so", "bad_manifest", "`id`"},
      {"id_mismatch.so", "entry_mismatch", "test.somebody_else"},
      {"version_mismatch.so", "entry_mismatch", "9.9.9"},
      {"type_mismatch.so", "entry_mismatch", "promised"},
      {"missing_function.so", "missing_function", "invoke"},
      {"missing_kind.so", "missing_function", "pagoda.provider/1"},
      {"short_entry.so", "missing_function", "struct_size 16"},
      {"short_table.so", "missing_function", "struct_size 24"},
      {"init_fails.so", "init_failed", "no device of that kind"},
      {"needs_extension.so", "missing_extension", "test.host-teleport/1"},
      {"out_of_process.so", "wrong_isolation", "process of its own"},
      {"unresolved.so", "load_failed", "pagoda_tests_no_such_symbol"},
      {"same_type.so", "duplicate", "test.good@1.0.0"},
      {"z_again.so", "duplicate", "loaded already"},
      {"empty.so", "empty", ""},
      {"huge.so", "too_large", "the limit is 256 MiB"},
      {"text.so", "not_elf", "no ELF header"},
      {"truncated.so", "truncated", "ends before"},
      {"stub.so", "truncated", "first header"},
      {"wrong_machine.so", "wrong_architecture", "arm (32 bit)"},
      {"wrong_class.so", "wrong_architecture", "32-bit"},
      {"executable.so", "not_elf", "not a shared library"},
      {"directory.so", "not_regular", "a directory"},
      {"fifo.so", "not_regular", "a FIFO"},
      {"zero", "not_regular", "a device"},
      {"dangling.so", "unreadable", ""},
  };
  for (const Mistake& mistake : mistakes) {
    DYNAMIC_SECTION(mistake.file << " is refused: " << mistake.reason) {
      // A link is reported by its own name.
      const auto info = bench.refusal(mistake.file == "zero" ? "device.so" : mistake.file);
      CHECK(info.reason == mistake.reason);
      CHECK_THAT(info.message, Catch::Contains(mistake.message));
    }
  }
  SECTION("the good one serves, and nothing else is loaded") {
    std::vector<std::string> loaded;
    for (const auto& info : bench.host.describe()) {
      if (info.state != "refused")
        loaded.push_back(info.id + "@" + info.version + " " + info.state);
    }
    CHECK(loaded == std::vector<std::string>{"test.good@1.0.0 active"});
    CHECK(answerOf(bench, "good") == "hello");
    CHECK(bench.refusal("notes.txt").path.empty());
  }
}

TEST_CASE("a plugin whose init does not return is refused at the time limit",
          "[plugin_host][load]") {
  plugin_host::PluginHostOptions options;
  options.loadTimeout = Millis(20);
  PluginBench bench(options);
  const auto loaded = bench.host.load(install("hang/init_hangs", bench.plugins.path()));
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, Catch::Contains("init_failed") && Catch::Contains("20 ms"));
  bench.load("load/good");
  CHECK(answerOf(bench, "good") == "hello");
}

TEST_CASE("a file that others may write is refused, unless its bytes are checked",
          "[plugin_host][load]") {
  PluginBench bench;
  const auto file = install("load/good", bench.plugins.path());
  SECTION("the file") {
    ::chmod(file.c_str(), 0666);
    CHECK_THAT(bench.host.load(file).error().message,
               Catch::Contains("writable") && Catch::Contains("chmod"));
  }
  SECTION("its folder") {
    ::chmod(bench.plugins.path().c_str(), 0777);
    CHECK_THAT(bench.host.load(file).error().message,
               Catch::Contains("writable: other users may write its folder"));
  }
  SECTION("a sticky folder such as /tmp will do") {
    ::chmod(bench.plugins.path().c_str(), 01777);
    CHECK(bench.host.load(file));
  }
}

TEST_CASE("the copy that is mapped is private and carries the digest", "[plugin_host][load]") {
  PluginBench bench;
  bench.load("load/good");
  const auto info = bench.host.describe().at(0);
  const auto folder = bench.state / "plugins";
  struct stat status {};
  REQUIRE(::stat(folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  const auto staged = folder / ("test.good-1.0.0-" + info.sha256.substr(0, 12) + "-1.so");
  REQUIRE(::stat(staged.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0500);
  CHECK(readAll(staged) == readAll(badPlugin("load/good")));
}

TEST_CASE("copies of former runs are removed, those of running hosts are not",
          "[plugin_host][load]") {
  TempFolder state;
  TempFolder plugins;
  FakeClock clock;
  Log log(STDERR_FILENO, LogLevel::Off, LogFormat::Text);
  plugin_host::PluginHostOptions options;
  options.stateDir = state.path();
  std::filesystem::create_directory(state / "plugins");
  writeAll(state / "plugins/leftover-1.0.0-000000000000-1.so", "old");

  plugin_host::PluginHost first(options, log, clock);
  CHECK_FALSE(std::filesystem::exists(state / "plugins/leftover-1.0.0-000000000000-1.so"));
  REQUIRE(first.load(install("load/good", plugins.path())));
  const auto count = [&] {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(state / "plugins"))
      files += entry.path().extension() == ".so" ? 1 : 0;
    return files;
  };
  CHECK(count() == 1);
  plugin_host::PluginHost second(options, log, clock);
  CHECK(count() == 1);
}

TEST_CASE("an unusable state folder stops the start with one clear line", "[plugin_host][load]") {
  TempFolder state;
  writeAll(state / "plugins", "a file where a folder belongs");
  FakeClock clock;
  Log log(STDERR_FILENO, LogLevel::Off, LogFormat::Text);
  plugin_host::PluginHostOptions options;
  options.stateDir = state.path();
  CHECK_THROWS_WITH((plugin_host::PluginHost(options, log, clock)), Catch::Contains("cannot use"));
}

TEST_CASE("two versions of one plugin each keep their own variables", "[plugin_host][load]") {
  PluginBench bench;
  bench.load("state/state_v1");
  bench.load("state/state_v2");
  CHECK(answerOf(bench, "state@1.0.0") == "1.0.0:1");
  CHECK(answerOf(bench, "state@2.0.0") == "2.0.0:1");
  CHECK(answerOf(bench, "state@1.0.0") == "1.0.0:2");
  CHECK(answerOf(bench, "state") == "2.0.0:2");  // the newest serves
  CHECK_THAT(answerOf(bench, "state@3.0.0"), Catch::Contains("no plugin offers"));

  const auto all = bench.host.describe();
  REQUIRE(all.size() == 2);
  CHECK(all[0].state == "superseded");
  CHECK(all[1].state == "active");
}

TEST_CASE("a plugin that can never be unmapped is reported as pinned", "[plugin_host][load]") {
#if defined(__GNUC__) && !defined(__clang__)
  PluginBench bench;
  bench.load("unique/unique_symbols");
  const auto warnings = bench.host.describe().at(0).warnings;
  CHECK(std::any_of(warnings.begin(), warnings.end(), [](const std::string& one) {
    return one.find("pinned: it has unique symbols") == 0;
  }));
#else
  WARN("only g++ makes unique symbols");
#endif
}

TEST_CASE("a plugin folder that is not there is reported, and the host goes on",
          "[plugin_host][load]") {
  PluginBench bench;
  std::filesystem::remove(bench.plugins.path());
  CHECK(bench.host.loadAll() == 0);
  REQUIRE(bench.host.describe().size() == 1);
  CHECK(bench.host.describe()[0].reason == "unreadable");
}

TEST_CASE("an unknown type is answered with near names", "[plugin_host]") {
  PluginBench bench;
  bench.load("load/good");
  const auto made = bench.host.makeProvider("p", "goood", "{}", {});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::NotFound);
  CHECK_THAT(made.error().message, Catch::Contains("did you mean good"));
}

TEST_CASE("providers outlive the host that made them", "[plugin_host]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  Log log(STDERR_FILENO, LogLevel::Off, LogFormat::Text);
  std::shared_ptr<Provider> provider;
  {
    TempFolder state;
    TempFolder plugins;
    plugin_host::PluginHostOptions options;
    options.stateDir = state.path();
    plugin_host::PluginHost host(options, log, clock);
    REQUIRE(host.load(install("load/good", plugins.path())));
    provider = *host.makeProvider("p", "good", "{}", {});
  }
  CHECK(runNative(*provider, runtime).sink.text == "hello");
}
