/*
 * words: cuts the words off a value of main.cf, such as a list of domains or of
 * milters, and off a line of master.cf.
 */
#ifndef READDRESS_POSTFIX_WORDS_H
#define READDRESS_POSTFIX_WORDS_H

#include "base/bytes.h"

#define WORDS_OF_LIST                                                          \
	", \t\r\n"	    /* between the words of a list (postconf(5))       \
			     */
#define WORDS_OF_LINE " \t" /* between the fields of master.cf */

/* Removes the next word from *rest and stores it in *word. Words are separated
 * by bytes of the set separators. Braces hold a word together and nest:
 * "inline:{ a=b, c=d }" is one word. A brace that is never closed ends with the
 * text. Returns false at the end. */
bool words_next(struct bytes *rest, const char *separators, struct bytes *word);

/* True if the list has the word, whatever the case of its ASCII letters. */
bool words_have(struct bytes list, struct bytes word);

/* Strips the braces around a word, and the separators of lists within them.
 * Returns false, and changes nothing, if the word does not begin with one. */
bool words_open(struct bytes *word);

#endif
