#define FIXTURE_NOTE "id: test.manifest_not_json"
#include "fixture.h"
