#include "core/domain/sandbox.h"

namespace pagoda {

std::string_view nameOf(SandboxEnd end) noexcept {
  switch (end) {
    case SandboxEnd::Exited:
      return "exited";
    case SandboxEnd::Signalled:
      return "crashed";
    case SandboxEnd::WallLimit:
      return "timeout";
    case SandboxEnd::CpuLimit:
      return "cpu_limit";
    case SandboxEnd::MemoryLimit:
      return "memory_limit";
    case SandboxEnd::DiskLimit:
      return "disk_limit";
    case SandboxEnd::ProcessLimit:
      return "process_limit";
    case SandboxEnd::OutputLimit:
      return "output_limit";
    case SandboxEnd::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace pagoda
