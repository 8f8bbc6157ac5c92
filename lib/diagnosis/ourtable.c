#include "diagnosis/ourtable.h"

#include <stdio.h>
#include <stdlib.h>

#include "routing/answer.h"

bool ourtable_cut(
	struct bytes table, struct bytes *endpoint, struct bytes *name)
{
	const char *colon;

	while (bytes_take(&table, "proxy:"))
		;
	if (!bytes_take(&table, "socketmap:"))
		return false;
	colon = memrchr(table.data, ':', table.len);
	if (!colon)
		return false;
	endpoint->data = table.data;
	endpoint->len = (size_t)(colon - table.data);
	name->data = colon + 1;
	name->len = table.len - endpoint->len - 1;
	return true;
}

bool ourtable_is_ours(const struct diagnosis *diagnosis, struct bytes endpoint)
{
	char ours[ENDPOINT_MAX];

	if (!*diagnosis->config->lookup_socket)
		return false;
	endpoint_for_postfix(diagnosis->config->lookup_socket, ours);
	return milterlist_is_same(endpoint, bytes_of(ours),
		postfix_value(diagnosis->postfix, NULL, "queue_directory"));
}

/* Writes the answers to all keys. Returns 0, or ERR_IO if one is not known. */
static int write_answers(struct diagnosis *diagnosis, struct map_reader *reader,
	struct bytes name, struct bytes keys, FILE *file)
{
	struct answer *answer = malloc(sizeof *answer);
	int result = answer ? 0 : ERR_NOMEM;

	while (!result && keys.len) {
		struct bytes key = bytes_cut(&keys, '\n');

		answer_query(reader, diagnosis->config, diagnosis->autoroutes,
			name, key, answer);
		if (answer->status == ANSWER_TEMP)
			result = ERR_IO;
		if (answer->status == ANSWER_OK)
			(void)fprintf(file, "%.*s\t%.*s\n", (int)key.len,
				key.data, (int)answer->len, answer->text);
	}
	free(answer);
	return result;
}

int ourtable_answer(void *context, struct bytes table, struct bytes keys,
	struct bytes *answers)
{
	struct diagnosis *diagnosis = context;
	struct map_reader *reader = NULL;
	struct bytes endpoint;
	struct bytes name;
	char *text = NULL;
	size_t len = 0;
	FILE *file;
	int result;

	if (!ourtable_cut(table, &endpoint, &name) ||
		!ourtable_is_ours(diagnosis, endpoint))
		return 0;
	if (!diagnosis->map)
		return ERR_IO;
	file = open_memstream(&text, &len);
	if (!file)
		return ERR_NOMEM;
	result = map_reader_open(&reader, diagnosis->map);
	if (!result)
		result = write_answers(diagnosis, reader, name, keys, file);
	if (fclose(file) && !result)
		result = ERR_NOMEM;
	map_reader_close(reader);
	if (!result) {
		answers->data = arena_copy(diagnosis->arena, text, len);
		answers->len = len;
		result = answers->data ? 1 : ERR_NOMEM;
	}
	free(text);
	return result;
}
