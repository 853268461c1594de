#define FIXTURE_NOTE "{\"id\":\"test.manifest_without_version\",\"abi\":{\"major\":1,\"minor\":0}}"
#include "fixture.h"
