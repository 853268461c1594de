#define FIXTURE_ID "test.id_mismatch"
#define FIXTURE_CODE_ID "test.somebody_else"
#include "fixture.h"
