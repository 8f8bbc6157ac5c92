/*
 * count_uses: what it costs to count the uses of a message (milter/usage.c).
 * Prints the CPU time, user and system, of usage_note() for a message with one
 * recipient and for each further one, and that of decide() for comparison. The
 * thread that writes the file does not count, since it runs at a lower rate.
 *
 * usage: count_uses
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "kit/testdecide.h"
#include "usage/uses.h"

#define ROUNDS	   20000
#define MORE	   100
#define RULES	   "in @old.example;@new.example\n"
#define NAME	   "<user%d@old.example>\n"
#define DELTA_FULL (DELTA_ENTRIES / 4)

static double cpu(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e9 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e3;
}

/* Returns nanoseconds for a message of count recipients, which change from
 * message to message: to count it, or else to decide it. */
static double measure(int count, bool note, bool same)
{
	struct delta *delta = delta_open(1);
	double spent = 0;

	for (int round = 0; round < ROUNDS / count; round++) {
		char recipients[MORE * 32] = "";
		size_t used = 0;
		struct testdecide test = { .rules = RULES,
			.sender = "<ann@far.example>",
			.recipients = recipients };
		double begin;

		for (int i = 0; i < count; i++)
			used += (size_t)snprintf(recipients + used,
				sizeof recipients - used, NAME,
				same ? i : round * count + i);
		testdecide_open(&test);
		begin = cpu();
		for (int i = 0; !note && i < 100; i++) {
			arena_reset(test.result);
			if (testdecide_decide(&test) < 0)
				abort();
		}
		spent += note ? 0 : (cpu() - begin) / 100;
		if (note) {
			if (testdecide_decide(&test) < 0)
				abort();
			begin = cpu();
			for (int i = 0; i < 100; i++)
				uses_record(delta, test.config, &test.message,
					&test.decision, 1795262400);
			spent += (cpu() - begin) / 100;
		}
		testdecide_close(&test);
		if (delta_count(delta) > DELTA_FULL) {
			delta_close(delta);
			delta = delta_open(1);
		}
	}
	delta_close(delta);
	return spent / (ROUNDS / count);
}

int main(void)
{
	for (int note = 0; note < 2; note++)
		for (int same = 0; same < 2; same++) {
			double one = measure(1, note, same);
			double more = measure(MORE, note, same);

			printf("%-6s %s: %.0f ns for one address, %.0f ns for "
			       "each further one\n",
				note ? "count" : "decide",
				same ? "the same" : "changing", one,
				(more - one) / (MORE - 1));
		}
	return 0;
}
