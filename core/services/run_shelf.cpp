#include "core/services/run_shelf.h"

namespace pagoda::services {

void RunShelf::dropExpired() {
  while (!runs_.empty() && (runs_.front().expires <= clock_.unixNow() || bytes_ > limits_.bytes)) {
    bytes_ -= runs_.front().bytes;
    runs_.pop_front();
  }
}

UnixMillis RunShelf::put(const std::string& run, const ApiKeyId& owner,
                         std::vector<SandboxFile> files) {
  Kept kept;
  kept.run = run;
  kept.owner = owner;
  kept.expires = clock_.unixNow() + limits_.keep.count();
  for (SandboxFile& file : files) {
    kept.bytes += file.content.size();
    kept.files.emplace_back(std::move(file.path),
                            std::make_shared<const std::string>(std::move(file.content)));
  }
  const UnixMillis expires = kept.expires;
  const std::lock_guard lock(mutex_);
  bytes_ += kept.bytes;
  runs_.push_back(std::move(kept));
  dropExpired();
  return expires;
}

std::shared_ptr<const std::string> RunShelf::find(const std::string& run, const ApiKeyId& owner,
                                                  const std::string& path) {
  const std::lock_guard lock(mutex_);
  dropExpired();
  for (const Kept& kept : runs_) {
    if (kept.run != run || kept.owner != owner) continue;
    for (const auto& [name, content] : kept.files)
      if (name == path) return content;
  }
  return nullptr;
}

}  // namespace pagoda::services
