#define FIXTURE_ID "test.wrong_abi"
#define FIXTURE_NOTE_ABI "{\"major\":2,\"minor\":0}"
#include "fixture.h"
