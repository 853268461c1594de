#include <initializer_list>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {

void setLimits(const Job& job) {
  constexpr rlim_t kGiB = rlim_t{1} << 30;
  // Every limit is finite: what is unlimited could be "raised" to that, and a limit above 2^62 is
  // none. Address space is generous, since runtimes reserve far more than they use; what they use
  // is held by RLIMIT_DATA, and by the server, which watches the whole run.
  const std::pair<int, rlim_t> limits[] = {
      {RLIMIT_CPU, job.cpuSeconds + 1},
      {RLIMIT_FSIZE, job.folder.empty() ? 8 * kGiB : job.disk},
      {RLIMIT_DATA, job.memory},
      {RLIMIT_STACK, 8u << 20},
      // One byte, not none: with 0 a kernel that pipes cores into a program still does so.
      {RLIMIT_CORE, 1},
      {RLIMIT_RSS, job.memory},
      {RLIMIT_NPROC, job.processes + job.othersOfUser},
      {RLIMIT_NOFILE, 256},
      {RLIMIT_MEMLOCK, 64u << 10},
      {RLIMIT_AS, 65'536 * kGiB},
      {RLIMIT_LOCKS, 256},
      {RLIMIT_SIGPENDING, 256},
      {RLIMIT_MSGQUEUE, 0},
      {RLIMIT_NICE, 0},
      {RLIMIT_RTPRIO, 0},
      {RLIMIT_RTTIME, 1},
  };
  for (const auto& [what, most] : limits) {
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource>(what), &now) != 0) raise("getrlimit");
    const rlim_t value = now.rlim_max < most ? now.rlim_max : most;
    const rlimit next{value, value};
    if (::setrlimit(static_cast<__rlimit_resource>(what), &next) != 0) raise("setrlimit");
  }
}

}  // namespace pagoda::sandbox
