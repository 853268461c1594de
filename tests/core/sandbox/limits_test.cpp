// What a run may use, what is left of it, and how many there may be at once.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <thread>

#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/sandbox/collector.h"
#include "core/sandbox/descriptor.h"
#include "core/sandbox/run_folders.h"
#include "core/sandbox/turns.h"
#include "tests/core/sandbox/sandbox_fixture.h"

namespace pagoda::sandbox {
namespace {

namespace fs = std::filesystem;

#define ON_EACH_LAYER(sandbox)                \
  for (const LayerUnderTest& layer : kLayers) \
    if (Sandbox* const sandbox = sandboxOf(layer); sandbox != nullptr) DYNAMIC_SECTION(layer.name)

SandboxResult runs(Sandbox& sandbox, const SandboxRequest& request) {
  const Result<SandboxResult> result = sandbox.run(request, {});
  INFO((result ? result->output + result->errors : result.error().message));
  REQUIRE(result);
  return *result;
}

/// Empty for a process that is gone; a stream would throw if it went between opening and reading.
std::string commandOf(const std::string& process) {
  const Descriptor file(::open(("/proc/" + process + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while (file && (count = ::read(file.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

/// Processes of the host whose command holds `mark`; runs carry one in an argument.
std::vector<pid_t> marked(const std::string& mark) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos &&
        commandOf(name).find(mark) != std::string::npos)
      found.push_back(std::stoi(name));
  }
  return found;
}

/// Waits for the kernel to have ended a process; false: it lives on.
bool ends(pid_t process) {
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!handle) return true;
  pollfd ended{handle.get(), POLLIN, 0};
  return ::poll(&ended, 1, 10'000) == 1;
}

/// A process of the test's own that does not outlive it.
struct Killed {
  explicit Killed(pid_t process) : id(process) {}
  Killed(const Killed&) = delete;
  Killed& operator=(const Killed&) = delete;
  ~Killed() { end(); }
  void end() {
    if (id <= 0) return;
    ::kill(id, SIGKILL);
    ::waitpid(id, nullptr, 0);
    id = -1;  // the number may be another process's from now on
  }
  pid_t id;
};

std::string uniqueMark(const char* name) {
  static std::atomic<int> number{0};
  return std::string("mark-") + name + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(number++);
}

}  // namespace

TEST_CASE("a run gets its files and input, and gives back what it made", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    SandboxRequest request = python(
        "import sys,os\nprint(open('data/in.txt').read()+sys.stdin.read())\n"
        "print('oops',file=sys.stderr)\nos.makedirs('out/deep')\n"
        "open('out/deep/result.bin','wb').write(bytes([0,255,10]))\nsys.exit(3)");
    request.files.push_back({"data/in.txt", "from a file, "});
    request.standardInput = "from input";
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.end == SandboxEnd::Exited);
    CHECK(result.exitCode == 3);
    CHECK(result.output == "from a file, from input\n");
    CHECK(result.errors == "oops\n");
    REQUIRE(result.files.size() == 1);
    CHECK(result.files[0].path == "out/deep/result.bin");
    CHECK(result.files[0].content == std::string("\0\xFF\n", 3));
    CHECK(result.leftOut.empty());
  }
}

TEST_CASE("an input that was altered is a result, one that was not is none", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    SandboxRequest request = python("open('a.txt','a').write('+')");
    request.files.push_back({"a.txt", "a"});
    request.files.push_back({"b.txt", "b"});
    const SandboxResult result = runs(*sandbox, request);
    REQUIRE(result.files.size() == 1);
    CHECK(result.files[0].path == "a.txt");
    CHECK(result.files[0].content == "a+");
  }
}

TEST_CASE("a program that takes too much memory is refused it or ended", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult one = runs(*sandbox, python("x=bytearray(600<<20)\nprint('got it')"));
    CHECK(one.output.empty());
    CHECK(one.errors.find("MemoryError") != std::string::npos);
    // Each process stays below the limit, and together they are far over it.
    const SandboxResult many = runs(*sandbox, python("import os,time\n"
                                                     "for i in range(8):\n"
                                                     "  if os.fork()==0:\n"
                                                     "    x=bytearray(b'x')*(100<<20)\n"
                                                     "    time.sleep(60)\n"
                                                     "time.sleep(60)"));
    CHECK(many.end == SandboxEnd::MemoryLimit);
  }
}

TEST_CASE("files count against a quota of bytes and of names", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult bytes = runs(*sandbox, python("import os\n"
                                                      "for i in range(200):\n"
                                                      "  with open(f'f{i}','wb') as f:\n"
                                                      "    f.write(b'x'*(1<<20))\n"
                                                      "print('all written')"));
    CHECK(bytes.output.empty());
    CHECK((bytes.end == SandboxEnd::DiskLimit ||
           bytes.errors.find("No space left") != std::string::npos));
    const SandboxResult names = runs(*sandbox, python("import time\n"
                                                      "for i in range(3000): open(f'f{i}','w')\n"
                                                      "time.sleep(60)\n"));
    CHECK((names.end == SandboxEnd::DiskLimit ||
           names.errors.find("No space left") != std::string::npos));
  }
}

TEST_CASE("a fork bomb ends with its run", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const std::string mark = uniqueMark("bomb");
    SandboxRequest request = python(
        "import os\nwhile True:\n  try: os.fork()\n"
        "  except OSError: pass");
    request.command.push_back(mark);
    request.limits.wall = Millis(1'000);
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.end != SandboxEnd::Exited);
    CHECK(marked(mark).empty());
    CHECK(runs(*sandbox, python("print(1)")).output == "1\n");
  }
}

TEST_CASE("output over the limit is cut and ends the run", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    SandboxRequest request = python("while True: print('x'*1000)");
    request.limits.output = 10'000;
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.end == SandboxEnd::OutputLimit);
    CHECK(result.outputCut);
    CHECK(result.output.size() == 10'000);
  }
}

TEST_CASE("time of processors is limited over all processes", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    SandboxRequest request = python("import os\nfor i in range(3): os.fork()\nwhile True: pass");
    request.limits.cpu = Millis(500);
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.end == SandboxEnd::CpuLimit);
  }
}

TEST_CASE("a process in the background does not outlive its run", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const std::string mark = uniqueMark("daemon");
    SandboxRequest request = python(
        "import os,sys,time\n"
        "if os.fork()==0:\n  os.setsid()\n  if os.fork()==0: time.sleep(600)\n  os._exit(0)\n"
        "print('done')");
    request.command.push_back(mark);
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.end == SandboxEnd::Exited);
    CHECK(result.output == "done\n");
    CHECK(marked(mark).empty());
  }
}

TEST_CASE("a run that is cancelled ends at once", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const std::string mark = uniqueMark("cancel");
    SandboxRequest request = python("import time\ntime.sleep(600)");
    request.command.push_back(mark);
    request.limits.wall = Millis(60'000);
    std::stop_source stop;
    std::jthread canceller([&] {
      while (marked(mark).empty()) std::this_thread::yield();
      stop.request_stop();
    });
    const Result<SandboxResult> result = sandbox->run(request, stop.get_token());
    REQUIRE(result);
    CHECK(result->end == SandboxEnd::Cancelled);
    CHECK(marked(mark).empty());
  }
}

TEST_CASE("SB-22: runs die with the server, and its folders go at the next start", "[sandbox]") {
  for (const LayerUnderTest& layer : kLayers) {
    if (sandboxOf(layer) == nullptr) continue;
    DYNAMIC_SECTION(layer.name) {
      const std::string mark = uniqueMark("orphan");
      Killed server{::fork()};
      REQUIRE(server.id >= 0);
      if (server.id == 0) {
        SandboxRequest request = python("import time\ntime.sleep(600)");
        request.command.push_back(mark);
        request.limits.wall = Millis(600'000);
        const auto sandbox = makeSandbox(optionsOf(layer));
        [[maybe_unused]] const auto result = sandbox->run(request, {});
        ::_exit(0);
      }
      const auto isRun = [](pid_t process) {
        return commandOf(std::to_string(process)).find("python3") != std::string::npos;
      };
      std::vector<pid_t> processes;
      while (std::ranges::none_of(processes, isRun)) processes = marked(mark);
      server.end();
      for (const pid_t process : processes) CHECK(ends(process));
      CHECK(marked(mark).empty());
    }
  }
}

TEST_CASE("folders of a killed server are removed, those of a living one stay", "[sandbox]") {
  const ServerFiles place;
  const fs::path orphan = fs::path(place.folder) / "pagoda-sandbox-orphan";
  fs::create_directories(orphan / "run-1" / "work");
  std::ofstream(orphan / "run-1" / "work" / "left.txt") << "left";
  const RunFolders living(place.folder);
  const std::string run = living.make("run-1", ::geteuid());
  const RunFolders next(place.folder);
  CHECK_FALSE(fs::exists(orphan));
  CHECK(fs::exists(run));
}

TEST_CASE("fifty runs at once keep to the caps and mix nothing up", "[sandbox]") {
  for (const LayerUnderTest& layer : kLayers) {
    if (sandboxOf(layer) == nullptr) continue;
    DYNAMIC_SECTION(layer.name) {
      SandboxOptions options = optionsOf(layer);
      options.waiting = 50;
      const auto sandbox = makeSandbox(options);
      std::atomic<int> right{0};
      std::vector<std::jthread> callers;
      for (int i = 0; i < 50; ++i)
        callers.emplace_back([&, i] {
          const std::string mine = std::to_string(i);
          SandboxRequest request = python(
              "import sys\nn=sys.stdin.read()\nprint(n)\n"
              "open('n.txt','w').write(n)\nsys.exit(int(n))");
          request.standardInput = mine;
          const Result<SandboxResult> result = sandbox->run(request, {});
          if (result && result->output == mine + "\n" && result->exitCode == i &&
              result->files.size() == 1 && result->files[0].content == mine)
            ++right;
        });
      callers.clear();
      CHECK(right == 50);
    }
  }
}

TEST_CASE("turns are limited, and so is the line before them", "[sandbox]") {
  Turns turns(1, 1);
  const Result<std::size_t> first = turns.take({});
  REQUIRE(first);
  std::stop_source stop;
  std::jthread waiter([&] {
    const Result<std::size_t> second = turns.take(stop.get_token());
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::Cancelled);
  });
  for (;;) {
    // The waiter is in the line once a third finds it full.
    std::stop_source never;
    never.request_stop();
    const Result<std::size_t> third = turns.take(never.get_token());
    REQUIRE_FALSE(third);
    if (third.error().code == ErrorCode::Overloaded) break;
  }
  stop.request_stop();
  waiter.join();
  turns.giveBack(*first);
  CHECK(turns.take({}).has_value());
}

TEST_CASE("paths that lead out of the folder are refused before a run", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    for (const char* path : {"../x", "/etc/x", "a//b", "a/../b", ".", "", "a\\b", "a\nb"}) {
      SandboxRequest request = python("print(1)");
      request.files.push_back({path, "x"});
      const Result<SandboxResult> result = sandbox->run(request, {});
      INFO(path);
      REQUIRE_FALSE(result);
      CHECK(result.error().code == ErrorCode::InvalidRequest);
    }
  }
}

TEST_CASE("results stay within their limits of number and size", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    SandboxRequest request = python(
        "for i in range(5): open(f'f{i}','w').write('x'*100)\n"
        "open('large','w').write('x'*5000)");
    request.limits.resultFiles = 3;
    request.limits.resultBytes = 1'000;
    const SandboxResult result = runs(*sandbox, request);
    CHECK(result.files.size() == 3);
    CHECK(result.leftOut.size() == 3);
  }
}

TEST_CASE("the collector survives a folder that changes while it reads", "[sandbox]") {
  const ServerFiles place;
  const fs::path work = fs::path(place.folder) / "work";
  fs::create_directories(work / "sub");
  std::ofstream(work / "sub" / "a.txt") << "a";
  std::atomic<bool> done{false};
  std::jthread swapper([&] {
    std::error_code ignored;
    while (!done) {
      fs::rename(work / "sub", work / "was", ignored);
      fs::create_directory_symlink(place.folder, work / "sub", ignored);
      fs::remove(work / "sub", ignored);
      fs::rename(work / "was", work / "sub", ignored);
    }
  });
  const Descriptor folder(::open(work.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 2'000; ++i) {
    SandboxResult result;
    collect(folder.get(), {}, {}, result);
    for (const SandboxFile& file : result.files) REQUIRE(file.content == "a");
  }
  done = true;
}

TEST_CASE("where no layer works the sandbox is off and runs nothing", "[sandbox]") {
  SandboxOptions options;
  SECTION("the helper is not there") {
    options.helper = "/nonexistent/pagoda-sandbox";
  }
  SECTION("switched off") {
    options.layer = "off";
    options.helper = PAGODA_SANDBOX_HELPER;
  }
  SECTION("a helper that does nothing") {
    options.helper = "/bin/false";
  }
  const auto sandbox = makeSandbox(options);
  CHECK(sandbox->state().layer == "off");
  CHECK_FALSE(sandbox->state().reason.empty());
  const Result<SandboxResult> result = sandbox->run(python("print(1)"), {});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::Overloaded);
}

}  // namespace pagoda::sandbox
