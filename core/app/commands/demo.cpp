#include "core/app/commands/commands.h"
namespace pagoda::app { ExitCode demo(const Arguments&, Console&) { return ExitCode::Failure; } }
