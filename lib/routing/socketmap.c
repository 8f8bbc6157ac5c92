#include "routing/socketmap.h"

#include <stdio.h>

/* Reads a byte of "LENGTH:". Returns 0 or ERR_BAD. */
static int read_length(struct socketmap_reader *reader, char c)
{
	if (c == ':' && reader->digits) {
		reader->state = reader->len ? SOCKETMAP_TEXT : SOCKETMAP_COMMA;
		return 0;
	}
	/* After a zero there is nothing but ":". */
	if (c < '0' || c > '9' || (reader->digits && !reader->len))
		return ERR_BAD;
	reader->digits++;
	reader->len = reader->len * 10 + (size_t)(c - '0');
	return reader->len > SOCKETMAP_REQUEST_MAX ? ERR_BAD : 0;
}

/* Takes as much of the text as there is. */
static void read_text(struct socketmap_reader *reader, struct bytes *input)
{
	size_t count = reader->len - reader->used;
	size_t room = reader->used < SOCKETMAP_KEPT
			      ? SOCKETMAP_KEPT - reader->used
			      : 0;

	if (count > input->len)
		count = input->len;
	if (room)
		memcpy(reader->text + reader->used, input->data,
			count < room ? count : room);
	reader->used += count;
	input->data += count;
	input->len -= count;
	if (reader->used == reader->len)
		reader->state = SOCKETMAP_COMMA;
}

/* Divides the text into name and key, and gets ready for the next request.
 * Returns 1 or ERR_BAD. */
static int divide(
	struct socketmap_reader *reader, struct socketmap_request *request)
{
	struct bytes text = { reader->text,
		reader->used < SOCKETMAP_KEPT ? reader->used : SOCKETMAP_KEPT };
	const char *space = text.len ? memchr(text.data, ' ', text.len) : NULL;

	if (!space)
		return ERR_BAD;
	request->name = bytes_cut(&text, ' ');
	request->key = text;
	reader->state = SOCKETMAP_LENGTH;
	reader->digits = reader->len = reader->used = 0;
	return 1;
}

int socketmap_read(struct socketmap_reader *reader, struct bytes *input,
	struct socketmap_request *request)
{
	int result = 0;

	while (!result && input->len) {
		char c = *input->data;

		if (reader->state == SOCKETMAP_TEXT) {
			read_text(reader, input);
			continue;
		}
		input->data++;
		input->len--;
		if (reader->state == SOCKETMAP_LENGTH)
			result = read_length(reader, c);
		else
			result = c == ',' ? divide(reader, request) : ERR_BAD;
	}
	return result;
}

bool socketmap_began(const struct socketmap_reader *reader)
{
	return reader->digits > 0;
}

size_t socketmap_format(
	const struct answer *answer, char reply[SOCKETMAP_REPLY_MAX])
{
	const char *word = answer->status == ANSWER_OK	   ? "OK "
			   : answer->status == ANSWER_TEMP ? "TEMP "
							   : "NOTFOUND ";
	int len = snprintf(reply, SOCKETMAP_REPLY_MAX, "%zu:%s",
		strlen(word) + answer->len, word);
	size_t used = len < 0 ? 0 : (size_t)len;

	memcpy(reply + used, answer->text, answer->len);
	used += answer->len;
	reply[used++] = ',';
	return used;
}
