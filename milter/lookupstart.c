#include "lookupstart.h"

#include "activation.h"
#include "lookups.h"

int lookupstart_init(struct listener *mta, struct listener *lookup,
	const char *socket, const char *lookup_socket, struct error *error)
{
	int result = listener_init(mta, "socket", socket, error);

	*lookup = (struct listener){ .fd = -1 };
	if (result < 0 || !*lookup_socket)
		return result;
	result = listener_init(lookup, "lookup_socket", lookup_socket, error);
	mta->beside = lookup->path;
	lookup->beside = mta->path;
	return result;
}

int lookupstart_open(struct server *server,
	const struct listener_access *access, struct error *error)
{
	struct listener *listener = &server->lookup_listener;
	int fd = server->activated;
	struct error unfit = { .text = "" };
	int result = 0;

	if (activation_held(fd, listener, &unfit))
		return listener_adopt(listener, fd, access, error);
	if (listener->name)
		result = listener_open(listener, access, error);
	if (result < 0 || !unfit.text[0])
		return result;
	if (result > 0)
		error_append(error, "; %s", unfit.text);
	else
		(void)error_pass(error, ERR_CONFIG, &unfit);
	return 1;
}

int lookupstart_run(struct server *server, struct error *error)
{
	int result;

	error->text[0] = '\0';
	if (!server->lookup_listener.open)
		return 0;
	result = lookups_start(&server->lookups, server->lookup_listener.fd,
		LOOKUPS_CONNECTIONS, server->fixed.state_dir, &server->current,
		&server->metrics, error);
	return !result && error->text[0] ? 1 : result;
}
