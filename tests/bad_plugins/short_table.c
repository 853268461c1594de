#define FIXTURE_ID "test.short_table"
#define FIXTURE_TYPE "short_table"
#define FIXTURE_TABLE_SIZE 24
#include "fixture.h"
