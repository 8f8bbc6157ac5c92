#include "activation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

int activation_take(void)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	int found = -1;

	for (int i = 0; i < count; i++) {
		if (found < 0 && !strcmp(names[i], ACTIVATION_NAME))
			found = SD_LISTEN_FDS_START + i;
		free(names[i]);
	}
	free(names);
	if (found >= 0)
		(void)fcntl(found, F_SETFL, O_NONBLOCK);
	return found;
}

bool activation_held(
	int fd, const struct listener *listener, struct error *error)
{
	if (fd < 0)
		return false;
	if (!listener->name) {
		(void)error_set(error, ERR_CONFIG,
			"systemd holds a socket for look-ups "
			"(readdress-lookup.socket), but lookup_socket is not "
			"set: nobody will answer there; set it, or run "
			"`systemctl disable --now readdress-lookup.socket`");
		return false;
	}
	if (listener->path
			? sd_is_socket_unix(
				  fd, SOCK_STREAM, 1, listener->path, 0) > 0
			: sd_is_socket_sockaddr(fd, SOCK_STREAM,
				  (const struct sockaddr *)&listener->address,
				  (unsigned)listener->address_len, 1) > 0)
		return true;
	(void)error_set(error, ERR_CONFIG,
		"systemd holds a socket for look-ups "
		"(readdress-lookup.socket), but not at lookup_socket \"%s\", "
		"which is opened without it: give ListenStream= of the unit "
		"the same path",
		listener->name);
	return false;
}
