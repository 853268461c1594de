#define FIXTURE_ID "test.missing_kind"
#define FIXTURE_TYPE "missing_kind"
#define FIXTURE_WITHOUT_KIND
#include "fixture.h"
