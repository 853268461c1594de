/* Offers the type of test.good. */
#define FIXTURE_ID "test.same_type"
#define FIXTURE_TYPE "good"
#include "fixture.h"
