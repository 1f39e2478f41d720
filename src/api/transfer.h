#ifndef API_TRANSFER_H
#define API_TRANSFER_H

#include "api/route.h"

/* GET /v1/export and POST /v1/import: all settings of an account; see route.h. */
route_fn transfer_export;
route_fn transfer_import;

#endif
