#define FIXTURE_ID "test.out_of_process"
#define FIXTURE_NOTE_MORE ",\"isolation\":\"out-of-process\""
#include "fixture.h"
