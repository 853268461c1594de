#define FIXTURE_ID "test.no_entry"
#define FIXTURE_WITHOUT_ENTRY
#include "fixture.h"
