#include "convert/imceaex.h"

#include <stdio.h>

size_t imceaex_write(
	struct bytes x500, struct bytes domain, char out[IMCEAEX_MAX])
{
	size_t used = (size_t)snprintf(out, IMCEAEX_MAX, "IMCEAEX-");
	int wrote;

	for (size_t i = 0; i < x500.len; i++) {
		unsigned char c = (unsigned char)x500.data[i];
		bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '=' || c == '-';

		if (IMCEAEX_MAX - used < 4)
			return 0;
		if (stays || c == '/')
			out[used++] = stays ? (char)c : '_';
		else
			used += (size_t)snprintf(
				out + used, IMCEAEX_MAX - used, "+%02X", c);
	}
	wrote = snprintf(out + used, IMCEAEX_MAX - used, "@%.*s",
		(int)domain.len, domain.data);
	used += (size_t)wrote;
	return used < IMCEAEX_MAX ? used : 0;
}
