#define FIXTURE_ID "test.version_mismatch"
#define FIXTURE_CODE_VERSION "9.9.9"
#include "fixture.h"
