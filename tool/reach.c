#include "reach.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 3

/* The program of a process that listens at our socket, as /proc/PID/comm cuts
 * it to 15 bytes. */
#define OURS "readdress-milte"

/* Finds who listens at the other end. */
static void see_peer(int fd, struct diagnosis_socket *seen)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	char path[64];
	char name[32] = "";
	FILE *file;

	seen->state = DIAGNOSIS_STATE_OURS;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return;
	(void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)peer.pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, sizeof name, file))
		name[strcspn(name, "\n")] = '\0';
	(void)fclose(file);
	/* systemd may listen for it. */
	if (peer.pid == 1 || !*name || !strcmp(name, OURS))
		return;
	seen->state = DIAGNOSIS_STATE_OTHER;
	(void)snprintf(seen->path, sizeof seen->path, "%s, process %ld", name,
		(long)peer.pid);
}

/* Finds what of the path is denied to this user. */
static void see_denied(const char *path, struct diagnosis_socket *seen)
{
	size_t len = strlen(path);

	seen->state = DIAGNOSIS_STATE_DENIED;
	for (size_t i = 1; i < len && i < sizeof seen->path; i++) {
		if (path[i] != '/')
			continue;
		(void)snprintf(
			seen->path, sizeof seen->path, "%.*s", (int)i, path);
		seen->directory = access(seen->path, X_OK) != 0;
		if (seen->directory)
			return;
	}
	(void)snprintf(seen->path, sizeof seen->path, "%s", path);
}

static void see_path(const char *path, struct diagnosis_socket *seen)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (!connect(fd, (struct sockaddr *)&address, sizeof address))
		see_peer(fd, seen);
	else if (errno == EACCES || errno == EPERM)
		see_denied(path, seen);
	else if (errno == ENOENT || errno == ENOTDIR)
		seen->state = DIAGNOSIS_STATE_MISSING;
	else
		seen->state = DIAGNOSIS_STATE_REFUSED;
}

/* text is "host:port", "[::1]:port". */
static void see_port(const char *text, struct diagnosis_socket *seen)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	const char *colon = strrchr(text, ':');
	char host[256];

	if (!colon)
		return;
	(void)snprintf(host, sizeof host, "%.*s",
		(int)strcspn(text + (*text == '['), *text == '[' ? "]" : ":"),
		text + (*text == '['));
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		return;
	seen->state = DIAGNOSIS_STATE_REFUSED;
	for (const struct addrinfo *at = list; at; at = at->ai_next) {
		int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd >= 0 && !connect(fd, at->ai_addr, at->ai_addrlen))
			seen->state = DIAGNOSIS_STATE_OURS;
	}
	freeaddrinfo(list);
}

static void look(const char *endpoint, const char *user, int output)
{
	struct diagnosis_socket seen = { .state = DIAGNOSIS_STATE_UNKNOWN };
	const struct passwd *who = geteuid() ? NULL : getpwnam(user);
	bool became = who && !initgroups(user, who->pw_gid) &&
		      !setgid(who->pw_gid) && !setuid(who->pw_uid);

	(void)alarm(SECONDS);
	if (!strncmp(endpoint, "unix:", 5))
		see_path(endpoint + 5, &seen);
	else if (!strncmp(endpoint, "inet:", 5))
		see_port(endpoint + 5, &seen);
	if (!became && seen.state == DIAGNOSIS_STATE_DENIED)
		seen.state = DIAGNOSIS_STATE_UNKNOWN;
	_exit(write(output, &seen, sizeof seen) != (ssize_t)sizeof seen);
}

void reach(
	const char *endpoint, const char *user, struct diagnosis_socket *seen)
{
	int ends[2];
	pid_t pid;

	*seen = (struct diagnosis_socket){ .state = DIAGNOSIS_STATE_UNKNOWN };
	if (pipe(ends) < 0)
		return;
	pid = fork();
	if (!pid)
		look(endpoint, user, ends[1]);
	close(ends[1]);
	if (pid > 0) {
		/* One write of less than PIPE_BUF is read at once. */
		if (read(ends[0], seen, sizeof *seen) != (ssize_t)sizeof *seen)
			*seen = (struct diagnosis_socket){
				.state = DIAGNOSIS_STATE_UNKNOWN
			};
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
}
