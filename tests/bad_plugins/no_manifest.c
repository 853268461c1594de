#define FIXTURE_WITHOUT_NOTE
#include "fixture.h"
