/* The code lacks the type that the manifest promises. */
#define FIXTURE_ID "test.type_mismatch"
#define FIXTURE_TYPE "promised"
#define FIXTURE_CODE_TYPE "given"
#include "fixture.h"
