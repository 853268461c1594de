/* Which of them would hold? */
#define FIXTURE_ID "test.two_manifests"
#define pagoda_manifest_note first_manifest_note
#include "fixture.h"
#undef pagoda_manifest_note
PAGODA_MANIFEST(FIXTURE_NOTE);
