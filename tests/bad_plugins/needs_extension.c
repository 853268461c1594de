#define FIXTURE_ID "test.needs_extension"
#define FIXTURE_NOTE_MORE ",\"requires_extensions\":[\"test.host-teleport/1\"]"
#include "fixture.h"
