/* A native provider without invoke. */
#define FIXTURE_ID "test.missing_function"
#define FIXTURE_TYPE "missing_function"
#define FIXTURE_WITHOUT_INVOKE
#include "fixture.h"
