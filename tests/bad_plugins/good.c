/* Nothing is wrong here: it must load and serve beside all the others. */
#define FIXTURE_ID "test.good"
#define FIXTURE_TYPE "good"
#include "fixture.h"
