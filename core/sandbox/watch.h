#pragma once
// What the processes of a run use together, from /proc. It holds where no control group may be
// written; limits of single processes (setrlimit) hold in between two looks.

#include <sys/types.h>

#include "core/base/clock.h"

namespace pagoda::sandbox {

struct ProcessUse {
  int processes = 0;
  std::size_t memory = 0;  ///< bytes that are theirs: no programs or other mapped files
  Millis cpu{0};           ///< with that of children that were waited for
};

/// Of `first` and all that came of it.
ProcessUse useOf(pid_t first);

/// The memory of the same processes with shared pages counted once; slower. 0: cannot be read.
std::size_t exactMemoryOf(pid_t first);

/// Threads of all processes of this process's user.
int threadsOfUser();

}  // namespace pagoda::sandbox
