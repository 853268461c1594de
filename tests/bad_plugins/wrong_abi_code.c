/* The manifest says 1, the code 2. */
#define FIXTURE_ID "test.wrong_abi_code"
#define FIXTURE_CODE_ABI 2
#include "fixture.h"
