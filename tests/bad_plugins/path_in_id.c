/* Ids become part of a file name. */
#define FIXTURE_ID "../../escape"
#include "fixture.h"
