#include "postfix/queuefile.h"

/* Returns the queue ID in "*** ENVELOPE RECORDS deferred/7/7CC03A7AE38 ***",
 * whose front is cut off. */
static struct bytes queue_id(struct bytes text)
{
	struct bytes id = { text.data, 0 };

	text = bytes_cut(&text, ' ');
	while (text.len)
		id = bytes_cut(&text, '/');
	return id;
}

bool queuefile_next(struct queuefile *file, struct queuefile_line *line)
{
	struct bytes text;

	*line = (struct queuefile_line){ .kind = QUEUEFILE_OTHER };
	if (!file->rest.len)
		return false;
	text = bytes_cut(&file->rest, '\n');
	line->text = text;
	if (bytes_take(&text, "*** ENVELOPE RECORDS ")) {
		line->kind = QUEUEFILE_FILE;
		line->text = queue_id(text);
		file->original.len = 0;
	} else if (bytes_take(&text, "named_attribute: dsn_orig_rcpt=")) {
		struct bytes type = bytes_cut(&text, ';');

		file->original.len = 0;
		if (bytes_equal_nocase(type, bytes_of("rfc822")) ||
			bytes_equal_nocase(type, bytes_of("utf-8")))
			file->original = text;
	} else if (bytes_take(&text, "recipient: ")) {
		line->kind = QUEUEFILE_RECIPIENT;
		line->text = text;
		line->original = file->original;
		file->original.len = 0;
	} else if (bytes_take(&text, "content_filter: ")) {
		line->kind = QUEUEFILE_FILTER;
		line->text = text;
	} else if (bytes_take(&text, "canceled_recipient: ")) {
		line->kind = QUEUEFILE_CANCELED;
		line->text = text;
		line->original = file->original;
		file->original.len = 0;
	} else if (bytes_take(&text, "done_recipient: ")) {
		line->kind = QUEUEFILE_DONE;
		line->text = text;
		line->original = file->original;
		file->original.len = 0;
	}
	return true;
}
