#include "approved.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

bool approved_stands(const struct approved *approved, char text[APPROVED_WHY])
{
	const struct approval *approval = &approved->approval;
	char when[CLOCK_TEXT_MAX];

	if (!approved->stands)
		return false;
	if (!approved->known) {
		(void)snprintf(text, APPROVED_WHY,
			"it cannot be read what is approved");
		return true;
	}
	clock_text(approval->at, when);
	(void)snprintf(text, APPROVED_WHY,
		"generation %" PRIu64 " is approved %s %s%s",
		approval->generation,
		approval->at > (int64_t)time(NULL) ? "for" : "since", when,
		approved->told[0] ? ", but cannot be served" : "");
	return true;
}
