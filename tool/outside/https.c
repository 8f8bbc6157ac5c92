#include "outside/https.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define DOCUMENT_MAX ((size_t)65536)
#define WAIT_MILLI   10000L
#define HTTPS_PORT   "443"

/* What has come of a document. */
struct received {
	char text[DOCUMENT_MAX];
	size_t len;
};

bool https_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void https_end(void)
{
	curl_global_cleanup();
}

static size_t receive(char *data, size_t size, size_t count, void *context)
{
	struct received *received = context;

	if (size * count > sizeof received->text - received->len)
		return 0;
	memcpy(received->text + received->len, data, size * count);
	received->len += size * count;
	return size * count;
}

/* Makes "host:443:192.0.2.1,[2001:db8::1]". Returns NULL when out of memory. */
static struct curl_slist *make_resolved(
	const char *host, const struct reply *addresses)
{
	struct curl_slist *list;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		return NULL;
	(void)fprintf(file, "%s:" HTTPS_PORT ":", host);
	for (size_t i = 0; i < addresses->count; i++) {
		const char *address = addresses->records[i].data.data;
		bool v6 = strchr(address, ':') != NULL;

		(void)fprintf(file, "%s%s%s%s", i ? "," : "", v6 ? "[" : "",
			address, v6 ? "]" : "");
	}
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	list = curl_slist_append(NULL, text);
	free(text);
	return list;
}

static CURLcode set_options(CURL *curl, const char *url,
	struct curl_slist *resolved, struct received *received, char *why)
{
	const char *authorities = getenv("SSL_CERT_FILE");
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);

	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_RESOLVE, resolved);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, WAIT_MILLI);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, received);
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	if (!code && authorities && *authorities)
		code = curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
	return code;
}

/* Copies what came, or the reason why nothing did. */
static int keep(struct arena *arena, const struct received *received,
	const char *failure, struct survey_document *document)
{
	*document = (struct survey_document){ .failure = NULL };
	if (failure) {
		document->failure = arena_copy(arena, failure, strlen(failure));
		return document->failure ? 0 : ERR_NOMEM;
	}
	document->text = (struct bytes){
		arena_copy(arena, received->text, received->len), received->len
	};
	return document->text.data ? 0 : ERR_NOMEM;
}

int https_fetch(void *context, struct arena *arena, const char *host,
	const char *path, const struct reply *addresses,
	struct survey_document *document)
{
	struct received *received = calloc(1, sizeof *received);
	struct curl_slist *resolved = make_resolved(host, addresses);
	CURL *curl = curl_easy_init();
	char why[CURL_ERROR_SIZE] = "";
	char status[64];
	const char *failure = NULL;
	char *url = NULL;
	long answer = 0;
	int result = ERR_NOMEM;
	CURLcode code;

	(void)context;
	if (!received || !resolved || !curl ||
		asprintf(&url, "https://%s/%s", host, path) < 0)
		goto out;
	code = set_options(curl, url, resolved, received, why);
	if (!code)
		code = curl_easy_perform(curl);
	if (!code)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
	(void)snprintf(status, sizeof status,
		"found HTTP status %ld, expected 200", answer);
	if (code == CURLE_WRITE_ERROR)
		failure = "it is longer than 64 KB";
	else if (code)
		failure = *why ? why : curl_easy_strerror(code);
	else if (answer != 200)
		failure = status;
	result = keep(arena, received, failure, document);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(resolved);
	free(received);
	free(url);
	return result;
}
