// Every payload of the catalogue on every layer: what it must not print, and what the host is like
// afterwards.

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <iterator>
#include <set>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/sandbox/descriptor.h"
#include "tests/core/sandbox/payloads.h"
#include "tests/core/sandbox/sandbox_fixture.h"

namespace pagoda::sandbox {
namespace {

const char* const kMarkers[] = {"CONNECTED", "READ",      "OPEN",     "KILLED",
                                "SETUID",    "WROTE",     "FOUND",    "PERSISTED",
                                "RAISED",    "CLOCK SET", "RESOLVED", "planted-secret"};

/// Stands for the gateway: whoever connects is seen.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  bool wasReached() const { return ::accept(socket_.get(), nullptr, nullptr) >= 0; }
  std::uint16_t port = 0;

 private:
  Descriptor socket_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string codeOf(const std::string& id, const ServerFiles& server, std::uint16_t port) {
  const auto* payload = std::ranges::find(kPayloads, id, &Payload::id);
  REQUIRE(payload != std::end(kPayloads));
  std::string code = replaced(payload->code, "GATEWAY_PORT", std::to_string(port));
  code = replaced(code, "SERVER_CONFIG", server.config);
  code = replaced(code, "SERVER_DB", server.database);
  return replaced(code, "SERVER_BINARY", server.binary);
}

std::set<std::string> namesIn(const char* folder) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    names.insert(entry.path().filename().string());
  return names;
}

std::string mounts() {
  std::ifstream file("/proc/self/mountinfo");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs one case and checks what holds for each of them.
SandboxResult runCase(Sandbox& sandbox, const std::string& id) {
  const ServerFiles server;
  const Listener gateway;
  const std::string mountsBefore = mounts();
  const std::set<std::string> sharedBefore = namesIn("/dev/shm");
  SandboxRequest request = python(codeOf(id, server, gateway.port));
  if (id == "SB-08") request.limits.wall = Millis(700);
  const Result<SandboxResult> result = sandbox.run(request, {});
  INFO(id << ": " << (result ? result->output + result->errors : result.error().message));
  REQUIRE(result);
  for (const char* marker : kMarkers) {
    INFO(marker);
    CHECK(result->output.find(marker) == std::string::npos);
    CHECK(result->errors.find(marker) == std::string::npos);
  }
  CHECK_FALSE(gateway.wasReached());
  CHECK(mounts() == mountsBefore);
  CHECK(namesIn("/dev/shm") == sharedBefore);
  const Result<SandboxResult> canary = sandbox.run(python("print(1)"), {});
  REQUIRE(canary);
  CHECK(canary->output == "1\n");
  CHECK(canary->exitCode == 0);
  return *result;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const SandboxLeftOut* leftOut(const SandboxResult& result, const std::string& path) {
  const auto found = std::ranges::find(result.leftOut, path, &SandboxLeftOut::path);
  return found == result.leftOut.end() ? nullptr : &*found;
}

}  // namespace

/// One test a case, with a section a layer. A layer that is not to be had says so and is skipped.
#define ON_EACH_LAYER(sandbox)                \
  for (const LayerUnderTest& layer : kLayers) \
    if (Sandbox* const sandbox = sandboxOf(layer); sandbox != nullptr) DYNAMIC_SECTION(layer.name)

TEST_CASE("SB-01: no socket of any kind reaches the gateway or the net", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-01");
    CHECK(result.exitCode == 0);
    CHECK(has(result.output, "no dns"));
  }
}

TEST_CASE("SB-02: neither sockets of the host nor other families are to be had", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-02").exitCode == 0);
  }
}

TEST_CASE("SB-03: files of the system and of the server are out of sight", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-03").exitCode == 0);
  }
}

TEST_CASE("SB-03: a server's file among the programs is hidden as well", "[sandbox]") {
  const std::string own = "/usr/share/doc";
  if (!std::filesystem::exists(own)) {
    WARN("skipped: no folder to stand for the server's");
    return;
  }
  for (const LayerUnderTest& layer : kLayers) {
    if (sandboxOf(layer) == nullptr) continue;
    DYNAMIC_SECTION(layer.name) {
      SandboxOptions options = optionsOf(layer);
      options.hidden = {own};
      const auto sandbox = makeSandbox(options);
      const Result<SandboxResult> result = sandbox->run(
          python("import os\ntry: print(len(os.listdir('/usr/share/doc')))\n"
                 "except OSError: print('no')\nprint(len(os.listdir('/usr/lib')) > 0)"),
          {});
      REQUIRE(result);
      CHECK((result->output == "0\nTrue\n" || result->output == "no\nTrue\n"));
    }
  }
}

TEST_CASE("SB-04: a run sees its own processes and a fixed environment", "[sandbox]") {
  ::setenv("PLANTED_KEY", "sk-planted-secret", 1);
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-04");
    CHECK_FALSE(has(result.output, "PLANTED_KEY"));
    CHECK_FALSE(has(result.output, "pagoda_sandbox_tests"));
    CHECK(has(result.output, "'HOME': '/tmp"));
  }
  ::unsetenv("PLANTED_KEY");
}

TEST_CASE("SB-05: no descriptor is inherited", "[sandbox]") {
  // One that nobody marked to be closed, as a library might leave it.
  const Descriptor careless(::open("/dev/null", O_RDONLY));
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-05").output.empty());
  }
}

TEST_CASE("SB-08: a loop that ignores signals ends at the limit on time", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-08");
    CHECK(result.end == SandboxEnd::WallLimit);
    CHECK(nameOf(result.end) == "timeout");
    CHECK(result.signal == SIGKILL);
    CHECK(result.cpu <= Millis(10'000));
  }
}

TEST_CASE("SB-11: a link is no result", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-11");
    CHECK(result.files.empty());
    for (const char* name : {"out.txt", "db.txt", "dir"}) {
      REQUIRE(leftOut(result, name) != nullptr);
      CHECK(leftOut(result, name)->reason == "a symbolic link");
    }
  }
}

TEST_CASE("SB-12: pipes, sockets, sparse and setuid files are left out and named", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-12");
    REQUIRE(leftOut(result, "fifo.txt") != nullptr);
    CHECK(leftOut(result, "fifo.txt")->reason == "a pipe");
    REQUIRE(leftOut(result, "sock.txt") != nullptr);
    CHECK(leftOut(result, "sock.txt")->reason == "a socket");
    if (result.exitCode == 0) {
      REQUIRE(leftOut(result, "sparse.txt") != nullptr);
      REQUIRE(leftOut(result, "suid") != nullptr);
      CHECK(has(leftOut(result, "suid")->reason, "setuid"));
      CHECK(result.files.empty());
    } else {
      // Where files lie on the host's disk, the kernel refuses one over the quota at once.
      CHECK(has(result.errors, "File too large"));
    }
  }
}

TEST_CASE("SB-14: a run ends or traces nobody but itself", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    runCase(*sandbox, "SB-14");
  }
}

TEST_CASE("SB-14: signals to others and traces are refused", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const std::string server = "SERVER=" + std::to_string(::getpid()) + "\n";
    const Result<SandboxResult> result =
        sandbox->run(python(server + "import os,ctypes\n"
                                     "for p in (1,-1,os.getppid(),SERVER):\n"
                                     "  try: os.kill(p,9); print('KILLED',p)\n"
                                     "  except OSError as e: print(e.errno in (1,3))\n"
                                     "l=ctypes.CDLL(None,use_errno=True)\n"
                                     "print(l.ptrace(16,os.getppid(),0,0),ctypes.get_errno())\n"
                                     "print(l.process_vm_readv(1,0,0,0,0,0),ctypes.get_errno())\n"),
                     {});
    REQUIRE(result);
    CHECK(result->output == "True\nTrue\nTrue\nTrue\n-1 1\n-1 1\n");
  }
}

TEST_CASE("SB-17: setuid programs are absent or without effect", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-17").exitCode == 0);
  }
}

TEST_CASE("SB-19: what the interpreter allows changes nothing for the next run", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-19").exitCode == 0);
    CHECK(runCase(*sandbox, "SB-19").exitCode == 0);
  }
}

TEST_CASE("SB-20: a run finds nothing of the one before", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-20").exitCode == 0);
    CHECK(runCase(*sandbox, "SB-20").exitCode == 0);
  }
}

TEST_CASE("SB-20: System V memory and queues and memory files are refused", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const Result<SandboxResult> result = sandbox->run(
        python("import ctypes,os\nl=ctypes.CDLL(None,use_errno=True)\n"
               "print(l.shmget(77,4096,0o1666), l.msgget(77,0o1666), l.semget(77,1,0o1666))\n"
               "try: os.memfd_create('x'); print('made')\n"
               "except OSError as e: print(e.errno)\n"),
        {});
    REQUIRE(result);
    CHECK(result->output == "-1 -1 -1\n1\n");
  }
}

TEST_CASE("SB-24: limits cannot be raised, nor the priority", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-24").exitCode == 0);
    const Result<SandboxResult> result = sandbox->run(
        python("import os,resource\n"
               "def no(f):\n"
               "  try: f(); print('DONE')\n"
               "  except (OSError,ValueError): print('no')\n"
               "def oom():\n"
               "  with open('/proc/self/oom_score_adj','w') as f: f.write('-1000')\n"
               "no(oom)\n"
               "no(lambda: os.nice(-20))\n"
               "no(lambda: os.sched_setscheduler(0,1,os.sched_param(99)))\n"
               "no(lambda: resource.prlimit(os.getppid(),resource.RLIMIT_NOFILE,(1,1)))\n"
               "no(lambda: os.sched_setaffinity(os.getppid(),[0]))\n"),
        {});
    REQUIRE(result);
    CHECK(result->output == "no\nno\nno\nno\nno\n");
  }
}

TEST_CASE("SB-25: the clock cannot be set", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-25").output == "no 1\n");
  }
}

TEST_CASE("SB-27: the status is the kernel's, whatever the output says", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-27");
    CHECK(result.end == SandboxEnd::Exited);
    CHECK(result.exitCode == 7);
  }
}

TEST_CASE("SB-28: terminals and devices are absent", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    CHECK(runCase(*sandbox, "SB-28").output.empty());
  }
}

TEST_CASE("SB-30: a crash leaves its signal and no core", "[sandbox]") {
  ON_EACH_LAYER(sandbox) {
    const SandboxResult result = runCase(*sandbox, "SB-30");
    CHECK(result.end == SandboxEnd::Signalled);
    CHECK(nameOf(result.end) == "crashed");
    CHECK(result.signal == SIGSEGV);
    CHECK(result.exitCode == 128 + SIGSEGV);
    CHECK(result.files.empty());
  }
}

}  // namespace pagoda::sandbox
