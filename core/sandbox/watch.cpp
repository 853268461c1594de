#include "core/sandbox/watch.h"

#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/sandbox/descriptor.h"

namespace pagoda::sandbox {
namespace {

constexpr std::size_t kMostProcesses = 4'096;

std::string readAll(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while (file && (count = ::read(file.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

std::size_t numberAfter(const std::string& text, std::string_view name) {
  std::size_t at = text.find(name);
  if (at == std::string::npos) return 0;
  at = text.find_first_of("0123456789", at + name.size());
  std::size_t value = 0;
  if (at != std::string::npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

void addChildren(pid_t process, std::vector<pid_t>& all) {
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> threads(::opendir(tasks.c_str()), ::closedir);
  if (!threads) return;
  while (const dirent* thread = ::readdir(threads.get())) {
    if (thread->d_name[0] == '.') continue;
    const std::string list = readAll(tasks + "/" + thread->d_name + "/children");
    const char* at = list.data();
    const char* const end = at + list.size();
    while (at < end && all.size() < kMostProcesses) {
      pid_t child = 0;
      const auto [next, error] = std::from_chars(at, end, child);
      if (error == std::errc{}) all.push_back(child);
      at = next + 1;
    }
  }
}

std::vector<pid_t> familyOf(pid_t first) {
  std::vector<pid_t> all{first};
  for (std::size_t i = 0; i < all.size(); ++i) addChildren(all[i], all);
  return all;
}

/// User and system time, with that of children waited for: fields 14 to 17 of stat, where the name
/// in brackets may hold anything.
Millis cpuOf(pid_t process) {
  const std::string stat = readAll("/proc/" + std::to_string(process) + "/stat");
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos) return Millis{0};
  long ticks = 0;
  for (int field = 3; field <= 17; ++field) {
    at = stat.find(' ', at + (field == 3 ? 0 : 1));
    if (at == std::string::npos) break;
    long value = 0;
    if (field >= 14) {
      std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), value);
      ticks += value;
    }
  }
  return Millis(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
}

constexpr std::size_t kKiB = 1024;

}  // namespace

ProcessUse useOf(pid_t first) {
  ProcessUse use;
  for (const pid_t process : familyOf(first)) {
    const std::string status = readAll("/proc/" + std::to_string(process) + "/status");
    use.processes += static_cast<int>(numberAfter(status, "\nThreads:"));
    use.memory += (numberAfter(status, "\nRssAnon:") + numberAfter(status, "\nRssShmem:")) * kKiB;
    use.cpu += cpuOf(process);
  }
  return use;
}

int threadsOfUser() {
  int threads = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    const std::string status = readAll(std::string("/proc/") + entry->d_name + "/status");
    if (numberAfter(status, "\nUid:") == ::getuid())
      threads += static_cast<int>(numberAfter(status, "\nThreads:"));
  }
  return threads;
}

std::size_t exactMemoryOf(pid_t first) {
  std::size_t memory = 0;
  for (const pid_t process : familyOf(first)) {
    const std::string sums = readAll("/proc/" + std::to_string(process) + "/smaps_rollup");
    memory += (numberAfter(sums, "Pss_Anon:") + numberAfter(sums, "Pss_Shmem:")) * kKiB;
  }
  return memory;
}

}  // namespace pagoda::sandbox
