#include "greeted.h"

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "signals.h"

#define PAUSE 200 /* milliseconds */

void greeted_note(struct greeted *greeted, const char *sender)
{
	struct greeting greeting;
	uint64_t now;
	uint64_t woke;
	unsigned slot;

	if (!sender || !greeting_parse(bytes_of(sender), &greeting))
		return;
	slot = (atomic_load(&greeted->next) - 1) % GREETING_SLOTS;
	/* The tool says MAIL until it finds its greeting. */
	if (atomic_load(&greeted->slots[slot][0]) != greeting.halves[0] ||
		atomic_load(&greeted->slots[slot][1]) != greeting.halves[1]) {
		slot = atomic_fetch_add(&greeted->next, 1) % GREETING_SLOTS;
		atomic_store(&greeted->slots[slot][0], greeting.halves[0]);
		atomic_store(&greeted->slots[slot][1], greeting.halves[1]);
		atomic_store(&greeted->changed, true);
	}
	if (!atomic_load(&greeted->changed))
		return;
	/* A stranger may send such senders, too. */
	now = clock_ms();
	woke = atomic_load(&greeted->woke);
	if ((!woke || now - woke >= PAUSE) &&
		atomic_compare_exchange_strong(&greeted->woke, &woke, now))
		(void)kill(getpid(), SIGNALS_WAKE);
}

void greeted_keep(struct greeted *greeted, const char *runtime_dir)
{
	struct greeting greetings[GREETING_SLOTS];

	/* Cleared first: what is noted meanwhile is written by the next call.
	 */
	if (!atomic_exchange(&greeted->changed, false))
		return;
	for (size_t i = 0; i < GREETING_SLOTS; i++)
		for (int half = 0; half < 2; half++)
			greetings[i].halves[half] =
				atomic_load(&greeted->slots[i][half]);
	(void)!greeting_write(runtime_dir, greetings, GREETING_SLOTS, NULL);
}
