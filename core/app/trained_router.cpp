#include "core/app/trained_router.h"

#include <filesystem>
#include <fstream>
#include <sstream>

// The file as it lies in config/, in the program's read-only data.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global pagoda_router_begin\n"
    ".hidden pagoda_router_begin\n"
    "pagoda_router_begin:\n"
    ".incbin \"" PAGODA_ROUTER_FILE
    "\"\n"
    ".global pagoda_router_end\n"
    ".hidden pagoda_router_end\n"
    "pagoda_router_end:\n"
    ".previous\n");
extern "C" const char pagoda_router_begin[];
extern "C" const char pagoda_router_end[];

namespace pagoda::app {
namespace {

using services::PromptModel;

std::shared_ptr<const PromptModel> builtInRouter() {
  static const auto router = [] {
    const auto size = static_cast<std::size_t>(pagoda_router_end - pagoda_router_begin);
    auto model = PromptModel::parse({pagoda_router_begin, size});
    // The build put it there; without it keywords decide alone.
    return model ? std::make_shared<const PromptModel>(std::move(*model)) : nullptr;
  }();
  return router;
}

}  // namespace

std::shared_ptr<const PromptModel> readRouter(const std::string& directory,
                                              std::vector<Mistake>& mistakes) {
  const std::filesystem::path path = std::filesystem::path(directory) / kRouterFile;
  std::error_code ignored;
  if (directory.empty() || !std::filesystem::exists(path, ignored)) return builtInRouter();
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  auto model = file ? PromptModel::parse(bytes.view())
                    : Result<PromptModel>(fail(ErrorCode::InvalidRequest, "it cannot be read"));
  if (model) return std::make_shared<const PromptModel>(std::move(*model));
  mistakes.push_back({{path.string()},
                      "the trained router: " + model.error().message,
                      "pagoda router train, or remove the file to use the built-in router"});
  return builtInRouter();
}

}  // namespace pagoda::app
