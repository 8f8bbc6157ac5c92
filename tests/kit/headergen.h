/*
 * headergen: makes address headers by the grammar of RFC 5322, with its
 * obsolete forms and with what readers accept beyond it, at random from a seed.
 * Each header is written twice at the same time: as it arrives, and as it must
 * leave by headergen_rules. Where memory or room is short, the test fails.
 */
#ifndef READDRESS_HEADERGEN_H
#define READDRESS_HEADERGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADERGEN_ELEMENTS 4096

/* For testmap_open(). The two tables are inverse to each other: what inbound
 * changes, outbound changes back. */
extern const char headergen_rules[];

/* Where the random numbers go on; not 0. */
extern uint32_t headergen_seed;
/* If true, headers have no folds, so that their lines get long. */
extern bool headergen_flat;

struct made {
	char *in; /* as it arrives; no NUL follows in_len bytes */
	size_t in_len;
	char *out; /* as it leaves */
	size_t out_len;
	size_t element; /* where in out the current element begins */
	bool fresh;	/* the element has only white space so far */
	bool clean;	/* outbound makes in of out again, byte for byte */
	size_t bad;	/* elements that are no address */
	size_t good;	/* elements that are one */
	size_t elements[HEADERGEN_ELEMENTS]; /* where in out they begin */
};

/* Returns a number less than n. */
uint32_t headergen_pick(uint32_t n);

/* Makes room for any header; free() in and out. */
void headergen_room(struct made *made);

/* Makes a header of up to `most` elements or groups. */
void headergen_make(struct made *made, uint32_t most);

/* Makes a header of one line, about as long as a line may be (998 bytes). */
void headergen_line(struct made *made);

/* Appends a text that stays. */
void headergen_put(struct made *made, const char *text);

/* Appends an element whose name alone is nearly as long as a line may be. */
void headergen_long_name(struct made *made);

#endif
