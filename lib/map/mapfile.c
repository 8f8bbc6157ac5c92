#include "map/mapfile.h"

const char *const mapfile_names[MAPFILE_DATABASES + 1] = { "inbound",
	"outbound", "routes", "domains", "meta", "roles", NULL };
