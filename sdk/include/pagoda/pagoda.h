/* pagoda/pagoda.h - the whole stable plugin ABI. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_H
#define PAGODA_H
#include "base.h"
#include "plugin.h"
#include "chat.h"
#include "provider.h"
#include "strategy.h"
#include "ext/host_http.h"
#include "ext/host_services.h"
#include "ext/provider_calls.h"
#endif
