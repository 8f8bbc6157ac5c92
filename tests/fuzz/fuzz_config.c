/* config: a whole configuration, or an error with its place. */
#include "config/config.h"
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

static void use(const struct config *config)
{
	FUZZ_CHECK(config->timeout >= 3600);
	FUZZ_CHECK(config->socket && config->user && config->state_dir &&
		   config->runtime_dir && config->socket_group);
	for (size_t i = 0; i < config->inbound_headers.count; i++)
		FUZZ_CHECK(config_list_has_nocase(&config->inbound_headers,
			bytes_of(config->inbound_headers.items[i])));
	for (size_t i = 0; i < config->outbound_required_count; i++)
		FUZZ_CHECK(*config->outbound_required[i].name &&
			   *config->outbound_required[i].value);
	(void)network_contains(config->outbound_networks,
		config->outbound_networks_count, "192.0.2.1");
	(void)network_contains(config->outbound_networks,
		config->outbound_networks_count, "2001:db8::1");
}

static char path[] = "/tmp/readdress-fuzz-XXXXXX";

static void clean_up(void)
{
	(void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct config *config = NULL;
	struct error error = { .text = "" };
	int result;

	if (fd < 0) {
		fd = mkstemp(path);
		FUZZ_CHECK(fd >= 0 && !atexit(clean_up));
	}
	FUZZ_CHECK(!ftruncate(fd, 0));
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	result = config_open(&config, path, &error);
	if (!result) {
		use(config);
		config_close(config);
	} else {
		FUZZ_CHECK(result == ERR_CONFIG || result == ERR_NOMEM);
		FUZZ_CHECK(!strncmp(error.text, path, strlen(path)));
	}
	return 0;
}
