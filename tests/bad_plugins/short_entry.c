#define FIXTURE_ID "test.short_entry"
#define FIXTURE_ENTRY_SIZE 16
#include "fixture.h"
